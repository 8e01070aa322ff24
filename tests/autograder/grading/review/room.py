"""A class with written answers in its gradebook, and the review page served on it."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from autograder.core.verdict import PASSED
from autograder.course import COURSE
from autograder.grading.reports import page
from autograder.grading.review.command import opened
from autograder.grading.review.server import Server
from tests.autograder.grading.store.classroom import WRITTEN, Classroom, came

TOKEN = "known-to-this-test"
ANSWERS = {"ada": "Since $h_t$ mixes", "bo": "I do not know", "cyd": "It has the same shape"}


class Room(Classroom):
    """A class whose students have answered the written question."""

    def answer(self, student: str, text: str, **about: Any) -> None:
        """Hand in and grade, with pages as students see them."""
        made = came(answers={WRITTEN: text, "sigmoid": "s", "affine": "a"}, **about)
        self.record(student, made, text)

    def record(self, student: str, made: Any, text: str | None = None) -> None:
        """Grade a submission once more, with what came of it."""
        writer = self.writer(page)
        answers = {} if text is None else {WRITTEN: text}
        submission = self.hand_in(student, **answers)
        writer.begin(submission, submission.read()[0])
        writer.record(submission, made, f"digest of {text}")


class Client:
    """What the page's script does, and what others may try."""

    def __init__(self, server: Server) -> None:
        self.url, self.once = server.url, server.once
        self.parts = urlsplit(server.url)
        self.origin = f"http://{self.parts.netloc}"

    def ask(
        self,
        what: str,
        sent: Any = None,
        headers: dict[str, str] | None = None,
        path: str | None = None,
    ) -> tuple[int, Any]:
        """Return the status and what came, read as JSON where it is."""
        connection = http.client.HTTPConnection(self.parts.netloc, timeout=60)
        with contextlib.closing(connection):
            about = {"Origin": self.origin, "Content-Type": "application/json"} if sent else {}
            body = None if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent)
            where = self.parts.path + what if path is None else path
            method = "POST" if sent is not None else "GET"
            connection.request(method, where, body, about | (headers or {}))
            reply = connection.getresponse()
            data = reply.read()
            self.headers = reply.headers
        is_json = reply.headers.get("Content-Type") == "application/json"
        return reply.status, json.loads(data) if is_json else data.decode()

    def questions(self) -> dict[str, Any]:
        """Return the questions by name."""
        return {q["name"]: q for q in self.ask("questions")[1]["questions"]}

    def answer(self, student: str, question: str = WRITTEN) -> dict[str, Any]:
        """Return a student's answer, with its id."""
        (found,) = [a for a in self.questions()[question]["answers"] if a["who"] == student]
        return {"id": found["id"], **self.ask(f"answer?id={found['id']}")[1]}

    def mark(
        self, student: str, score: Any, comment: Any = "", question: str = WRITTEN
    ) -> tuple[int, Any]:
        """Mark an answer as it stands; return the status and what came."""
        seen = self.answer(student, question)
        sent = {"id": seen["id"], "score": score, "comment": comment}
        return self.ask("mark", {**sent, "version": seen["mark"]["version"]})


@contextlib.contextmanager
def reviewed(root: Path, disputed: bool = False) -> Iterator[tuple[Room, Client]]:
    """Yield a class of three and a client of its page; `disputed` adds a check to look at."""
    room = Room(root)
    for student, text in ANSWERS.items():
        room.answer(student, text)
    if disputed:
        room.answer("dan", "no", affine=1.0, said=PASSED)
    room.record("eve", came())
    with contextlib.closing(room.gb), opened(COURSE, room.root) as review:
        server = Server(review, TOKEN)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield room, Client(server)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
