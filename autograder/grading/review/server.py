"""The page and what it asks for, over HTTP on 127.0.0.1.

| request | answer |
|---|---|
| GET `` | the page; `review.css`, `page.css`, `review.js` beside it |
| GET `questions` | every question, and its answers without their text |
| GET `question?chapter=C&name=N` | the question, the model answer, the rubric |
| GET `answer?id=G` | one answer and its mark |
| POST `mark` | `{id, score, comment, version}` is written; the mark as it stands comes back |
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import GradingError, brief
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.reports.page import TEMPLATES
from autograder.grading.review import shown
from autograder.grading.review.guard import HEADERS, Guard, Refused
from autograder.grading.review.marks import Changed, mark_of, set_mark
from autograder.grading.review.questions import Answer, Question, one, questions
from autograder.grading.store.class_directory import ClassDirectory

HERE = Path(__file__).parent / "page"
FILES = {
    "": (HERE / "review.html", "text/html; charset=utf-8"),
    "review.css": (HERE / "review.css", "text/css; charset=utf-8"),
    "review.js": (HERE / "review.js", "text/javascript; charset=utf-8"),
    "page.css": (TEMPLATES / "feedback_page" / "page.css", "text/css; charset=utf-8"),
}
PATIENCE = 30.0  # seconds that a request may take to arrive
UNKNOWN = Refused(404, "There is nothing here.")
NO_ANSWER = Refused(404, "This answer is not in the gradebook. Load the page again.")


class Review:
    """What the page asks for, from one class's directory; one request at a time."""

    def __init__(self, directory: ClassDirectory, gb: Gradebook) -> None:
        self.directory, self.gb = directory, gb
        self.saved = 0
        self._one_at_a_time = threading.Lock()

    def get(self, what: str, query: dict[str, str]) -> Any:
        """Return what is asked for, to be sent as JSON, or why it is refused."""
        wanted = {"questions": self._questions, "question": self._question, "answer": self._answer}
        return self._asked(lambda: wanted[what](query)) if what in wanted else UNKNOWN

    def mark(self, body: bytes) -> Any:
        """Write a mark; return it as it stands, or why it is refused."""
        try:
            sent = json.loads(body)
            given = (str(sent["id"]), sent["score"], sent["comment"], str(sent["version"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return Refused(400, "A mark has an id, a score, a comment and a version.")
        made = self._asked(lambda: set_mark(self.directory, self.gb, *given)._asdict())
        self.saved += not isinstance(made, Refused)
        return made

    def _asked(self, does: Callable[[], Any]) -> Any:
        with self._one_at_a_time:
            try:
                return does()
            except Changed as error:
                return Refused(409, str(error))
            except GradingError as error:
                return Refused(422, str(error))
            except SQLAlchemyError as error:
                why = brief(getattr(error, "orig", None) or error)
                return Refused(503, f"The gradebook failed, and nothing was saved ({why}).")
            except OSError as error:
                return Refused(503, f"A file cannot be read ({brief(error)}).")
            finally:
                self.gb.db.remove()  # no transaction of ours keeps a grader waiting

    def _questions(self, query: dict[str, str]) -> Any:
        titles = {c.name: c.title for c in self.directory.course.chapters}
        made = [self._about(q, titles) for q in questions(self.directory, self.gb)]
        return {"questions": made}

    def _about(self, q: Question, titles: dict[str, str]) -> dict[str, Any]:
        return {
            "chapter": q.chapter,
            "title": titles[q.chapter],
            "name": q.cell.exercise,
            "written": q.cell.written,
            "empty": q.empty,
            "counts": self._counts(q),
            "answers": [self._brief(a) for a in q.answers],
        }

    def _brief(self, a: Answer) -> dict[str, Any]:
        who = plaintext(self.directory.agreed.shown(a.student), 200)
        return {"id": a.grade, "who": who, "score": a.manual, "unmarked": a.unmarked}

    def _counts(self, q: Question) -> str:
        """Return a sentence where the class counts the question otherwise than the chapter."""
        terms = self.directory.agreed.terms.of(q.chapter)
        if q.cell.exercise in terms.drop:
            return "This class has dropped the question: it counts for nothing."
        points = dict(terms.points).get(q.cell.exercise)
        most = q.answers[0].most if q.answers else points
        if points is None or points == most:
            return ""
        return f"Marks are out of {most:g}; this class counts them as a share of {points:g}."

    def _question(self, query: dict[str, str]) -> Any:
        wanted = (query.get("chapter"), query.get("name"))
        for q in questions(self.directory, self.gb):
            if (q.chapter, q.cell.exercise) == wanted:
                return shown.key(self.directory, q.chapter, q.cell)._asdict()
        return UNKNOWN

    def _answer(self, query: dict[str, str]) -> Any:
        answer = one(self.directory, self.gb, query.get("id", ""))
        if answer is None:
            return NO_ANSWER
        html = shown.answer_html(self.directory, answer)
        about = {"html": html, "why": shown.why(self.gb, answer), "most": answer.most}
        automatic = None if answer.cell.written else answer.auto
        return about | {"automatic": automatic, "mark": mark_of(self.gb, answer)._asdict()}


class Server(ThreadingHTTPServer):
    """One review, served to whoever has the token."""

    daemon_threads = True

    def __init__(self, review: Review, token: str, port: int = 0) -> None:
        self.review = review
        super().__init__(("127.0.0.1", port), Handler)
        self.guard = Guard(token, self.server_address[1])
        here = f"http://127.0.0.1:{self.server_address[1]}"
        self.url, self.once = f"{here}/{token}/", f"{here}/{self.guard.once}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note what went wrong; a browser that hangs up is no reason to print."""
        self.review.directory.log.exception("review")


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    timeout = PATIENCE
    server: Server
    server_version, sys_version = "review", ""

    def do_GET(self) -> None:
        """Send a file of the page, or what the page asks for."""
        guard = self.server.guard
        if guard.enters(self.path, self.headers):  # type: ignore[arg-type]
            self._send(303, b"", "text/plain", Location=f"/{guard.token}/")
            return
        place = guard.place(self.path, self.headers)  # type: ignore[arg-type]
        if isinstance(place, str) and place in FILES:
            path, kind = FILES[place]
            self._send(200, path.read_bytes(), kind)
        elif isinstance(place, str):
            query = parse_qs(urlsplit(self.path).query, max_num_fields=4)
            self._json(self.server.review.get(place, {k: v[0] for k, v in query.items()}))
        else:
            self._json(place)

    def do_POST(self) -> None:
        """Write a mark."""
        guard = self.server.guard
        place = guard.place(self.path, self.headers)  # type: ignore[arg-type]
        if place != "mark":
            self._json(place if isinstance(place, Refused) else UNKNOWN)
            return
        length = guard.body_length(self.headers)  # type: ignore[arg-type]
        if isinstance(length, Refused):
            self._json(length)
            return
        self._json(self.server.review.mark(self.rfile.read(length)))

    def _json(self, made: Any) -> None:
        refused = isinstance(made, Refused)
        data = json.dumps({"says": made.says} if refused else made).encode()
        self._send(made.status if refused else 200, data, "application/json")

    def _send(self, status: int, data: bytes, kind: str, **others: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": kind} | others).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def end_headers(self) -> None:
        """Put what guards the page into every reply, also into those of http.server itself."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a line of each request holds the token."""
