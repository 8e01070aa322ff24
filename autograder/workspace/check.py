"""`autograder check`: a chapter's notebook file, judged in a terminal as its check cells judge it.

Its cells run in the sandbox; where there is none, in a process of their own, and a sentence says
so. Neither needs what grading needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.program import given
from autograder.core.course import Course
from autograder.core.verdict import NOT_ATTEMPTED, PASSED
from autograder.errors import Exit, UserError
from autograder.notebook import progress_file
from autograder.workspace import folder
from autograder.workspace.notebook_file import Action, read
from autograder.workspace.terminal import Terminal
from autograder.workspace.walk import Found, error, found, walk

WHOLE = 120.0  # seconds for all cells and checks of a notebook, where no sandbox holds them
NO_SANDBOX = (
    "Your cells run in a process of their own, without a sandbox ({why}). They are your own code: "
    "check no stranger's notebook this way."
)
ENDED = (
    "Python ended or did not finish within {:g} seconds while this notebook ran, and this exercise "
    "was not reached or not done. Is there a loop that does not end, or an exit?"
)


class Checker:
    """Checks notebooks of one folder; a warm sandbox is kept between two checks of a chapter."""

    def __init__(self, course: Course, work: Path, sandbox: bool = True) -> None:
        self.course, self.work = course, work
        self.why = "it was switched off" if not sandbox else ""
        if sandbox:
            from autograder.sandbox.bubblewrap import lacking

            self.why = lacking().rstrip(".")
        self.hosts: dict[tuple[str, ...], object] = {}

    def close(self) -> None:
        """End what was started."""
        for host in self.hosts.values():
            host.close()  # type: ignore[attr-defined]
        self.hosts.clear()

    def check(self, chapter: str, compare: bool = False) -> list[Found]:
        """Return what came of each exercise of a chapter, and keep it as the student's progress.

        With `compare` what passes stands beside the course's answer. UserError where the notebook
        cannot be read.
        """
        path = self.work / f"{chapter}.ipynb"
        if not path.is_file():
            raise UserError(
                f"There is no {path.name} in {folder.short(self.work)}. "
                f"`autograder reset {chapter}` puts a fresh copy there."
            )
        actions = read(self.course, chapter, path)
        run = self._in_a_child if self.why else self._in_the_sandbox
        by_name = {one.exercise: one for one in run(chapter, actions, compare)}
        names = [e.name for e in self.course.chapter(chapter).exercises]
        all_of_them = [by_name.get(n) or self._not_reached(n) for n in names]
        for one in all_of_them:
            tried = one.status != NOT_ATTEMPTED
            progress_file.checked(one.exercise, one.status, one.score, tried, self.work)
        return all_of_them

    def _in_the_sandbox(
        self, chapter: str, actions: list[Action], compare: bool
    ) -> Iterator[Found]:
        from autograder.sandbox.host import Host
        from autograder.sandbox.session import Session
        from autograder.sandbox.visible import packages_for
        from autograder.workspace.in_sandbox import InSandbox

        texts = (s.text for s in actions if not s.first)
        packages = packages_for(self.course, chapter, texts)
        host = self.hosts.setdefault(packages, Host(self.course, packages=packages))
        assert isinstance(host, Host)
        names = [e.name for e in self.course.chapter(chapter).exercises]
        session = Session(host, names, seed=0, given=given(self.course, chapter))
        try:
            yield from walk(self.course, actions, InSandbox(session), compare)
        finally:
            host.end()

    def _in_a_child(self, chapter: str, actions: list[Action], compare: bool) -> Iterator[Found]:
        path = self.work / f"{chapter}.ipynb"
        with tempfile.TemporaryDirectory(prefix="autograder-") as place:
            results = Path(place, "results")
            module = "autograder.workspace.in_child"
            command = [sys.executable, "-m", module, self.course.where, chapter, str(path)]
            with subprocess.Popen(
                [*command, str(results), *(["compare"] if compare else [])],
                cwd=self.work,
                env=os.environ
                | {"MPLBACKEND": "agg", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as child:
                try:
                    child.wait(WHOLE)
                except subprocess.TimeoutExpired:
                    child.kill()
                except BaseException:
                    child.kill()
                    raise
            if results.is_file():
                for line in results.read_text(encoding="utf-8").splitlines():
                    yield Found(*json.loads(line))

    def _not_reached(self, name: str) -> Found:
        return found(error(self.course.exercises[name], ENDED.format(WHOLE)))


def check(
    course: Course, name: str | None, work: Path, sandbox: bool = True, compare: bool = False
) -> int:
    """Print what came of each exercise of a chapter; return 0 where all pass, 1 where not."""
    chapter = which(course, name, work)
    terminal = Terminal()
    checker = Checker(course, work, sandbox)
    if checker.why:
        terminal.say(NO_SANDBOX.format(why=checker.why), "")
    try:
        results = checker.check(chapter, compare)
    finally:
        checker.close()
    terminal.say(course.chapter(chapter).title)
    for one in results:
        terminal.say("", *shown(terminal, one))
    terminal.say("", summary(results))
    passed = all(one.status == PASSED for one in results)
    return Exit.DONE if passed else Exit.SOME_FAILED


def shown(terminal: Terminal, one: Found) -> list[str]:
    """Return one result as lines, the first in the colour of its status."""
    first, *rest = one.text.split("\n")
    return [terminal.coloured(first, one.status), *rest]


def summary(results: list[Found]) -> str:
    """Return how many exercises pass, in a sentence."""
    passed = sum(one.status == PASSED for one in results)
    score = sum(one.score for one in results)
    points = sum(one.points for one in results)
    failed = sum(one.status not in (PASSED, NOT_ATTEMPTED) for one in results)
    return (
        f"{passed} of {len(results)} exercises pass, {failed} fail, "
        f"{len(results) - passed - failed} wait. {score:g} of {points:g} points."
    )


def which(course: Course, name: str | None, work: Path) -> str:
    """Return the chapter that is meant: by its name, its number, or the notebook saved last.

    UserError where there is none.
    """
    names = folder.chapters(course)
    if name:
        name = Path(name).name.removesuffix(".ipynb")
        same = [c for c in names if name.isdecimal() and int(c.split("_")[0]) == int(name)]
        if not same:
            folder.need_chapter(course, name)
        return (same or [name])[0]
    changed = [c for c in names if _changed(course, work, c)]
    if not changed:
        return next((c for c in names if (work / f"{c}.ipynb").is_file()), names[0])
    return max(changed, key=lambda c: (work / f"{c}.ipynb").stat().st_mtime)


def _changed(course: Course, work: Path, chapter: str) -> bool:
    mine, original = (place / f"{chapter}.ipynb" for place in (work, course.notebooks))
    try:
        return mine.read_bytes() != original.read_bytes()
    except OSError:
        return False
