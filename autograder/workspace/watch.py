"""`autograder watch`: on every save of a notebook, the next thing to do.

It writes line after line and moves no cursor: any terminal shows it, a file too.
"""

from __future__ import annotations

from pathlib import Path

from autograder.core.course import Course
from autograder.core.verdict import BROKEN, NOT_ATTEMPTED, PASSED
from autograder.errors import UserError
from autograder.notebook import progress_file
from autograder.workspace.check import NO_SANDBOX, Checker, shown, which
from autograder.workspace.keys import END, Keys
from autograder.workspace.terminal import Terminal
from autograder.workspace.walk import Found

LOOK = 0.3  # seconds between two looks at the files
KEYS = "h hint · n next · l list · b beside the course's · q quit"
SAVE = "Waiting for a save. Ctrl-C stops."


def watch(course: Course, name: str | None, work: Path, sandbox: bool = True) -> int:
    """Check a chapter now and whichever is saved from then on, until q or Ctrl-C."""
    chapter = which(course, name, work)
    checker = Checker(course, work, sandbox)
    board = Board(course, work, checker, Terminal())
    try:
        with Keys() as keys:
            board.start(chapter, keys.there)
            while board.go_on(keys.get(LOOK)):
                pass
    except KeyboardInterrupt:
        pass
    finally:
        checker.close()
    return 0


class Board:
    """What is on the screen: one chapter, and which of its exercises is the next thing to do."""

    def __init__(self, course: Course, work: Path, checker: Checker, terminal: Terminal) -> None:
        self.course, self.work, self.checker, self.terminal = course, work, checker, terminal
        self.chapter = ""
        self.results: list[Found] = []
        self.at = ""  # the exercise that is shown
        self.passed = ""  # the exercise that came to pass last
        self.seen: dict[str, tuple[int, int]] = {}
        self.keys = ""

    def start(self, chapter: str, there: bool) -> None:
        """Show a chapter for the first time; `there` is whether keys can be pressed."""
        self.keys = KEYS if there else SAVE
        self.terminal.say(f"Watching the notebooks in {self.work}.")
        if self.checker.why:
            self.terminal.say(NO_SANDBOX.format(why=self.checker.why))
        self.seen = self._stamps()
        self._check(chapter)

    def go_on(self, key: str) -> bool:
        """Do what a key or a save asks for; return False where it was to quit."""
        if key in ("q", END):
            return False
        if key == "h":
            self._hint()
        elif key == "n":
            self._next()
        elif key == "l":
            self._list()
        elif key == "b":
            self._beside()
        stamps = self._stamps()
        changed = [c for c in stamps if stamps[c] != self.seen.get(c)]
        self.seen = stamps
        if changed:
            self._check(max(changed, key=lambda c: stamps[c][0]))
        return True

    def _stamps(self) -> dict[str, tuple[int, int]]:
        found = {}
        for chapter in self.course.names:
            try:
                about = (self.work / f"{chapter}.ipynb").stat()
            except OSError:
                continue
            found[chapter] = (about.st_mtime_ns, about.st_size)
        return found

    def _check(self, chapter: str) -> None:
        self.terminal.say("", f"── {self.course.chapter(chapter).title}")
        try:
            results = self.checker.check(chapter)
        except UserError as error:  # the next save may be whole
            self.terminal.say(str(error), self.keys)
            return
        same = self.chapter == chapter and self._unsolved(results, self.at)
        before = {one.exercise for one in self.results if one.status == PASSED}
        passed = [one.exercise for one in results if one.status == PASSED]
        new = [name for name in passed if name not in before]
        if new or self.passed not in passed:
            self.passed = (new or passed or [""])[-1]
        self.chapter, self.results = chapter, results
        waiting = [one.exercise for one in results if one.status != PASSED]
        tried = [o.exercise for o in results if o.status not in (PASSED, NOT_ATTEMPTED, BROKEN)]
        if tried and not (same and self.at in tried):
            self.at = tried[0]
        elif not same:
            self.at = waiting[0] if waiting else ""
        self._show()

    @staticmethod
    def _unsolved(results: list[Found], name: str) -> bool:
        return any(one.exercise == name and one.status != PASSED for one in results)

    def _show(self) -> None:
        """Show the next thing to do, the progress line and the keys."""
        one = self._one()
        if one is not None:
            self.terminal.say("", *shown(self.terminal, one))
            if one.status == NOT_ATTEMPTED:
                self.terminal.say(f"Next: write {one.exercise} and save the notebook.")
        elif self.results:
            self.terminal.say("", self.terminal.coloured(self._all_done(), PASSED))
        self.terminal.say("", self._progress(), self.keys)

    def _one(self) -> Found | None:
        return next((one for one in self.results if one.exercise == self.at), None)

    def _all_done(self) -> str:
        place = self.course.names.index(self.chapter) + 1
        rest = self.course.names[place:]
        go_on = f" Next: open {rest[0]}.ipynb." if rest else " It was the last chapter."
        return f"✓ All exercises of this chapter pass.{go_on}"

    def _progress(self) -> str:
        passed = sum(one.status == PASSED for one in self.results)
        points = sum(one.points for one in self.results)
        score = sum(one.score for one in self.results)
        bar = self.terminal.bar(passed, len(self.results))
        return f"{bar} {passed} of {len(self.results)} exercises · {score:g} of {points:g} points"

    def _hint(self) -> None:
        one = self._one()
        if one is None:
            self.terminal.say(
                "", "All exercises of this chapter pass: there is nothing to hint at."
            )
            return
        hints = self.course.exercises[one.exercise].hints
        count = progress_file.next_hint(one.exercise, len(hints), self.work)
        rows = [f"{i}. {hint}" for i, hint in enumerate(hints[:count], 1)]
        left = len(hints) - count
        more = f"{left} more: press h again." if left else "This was the last hint."
        self.terminal.say("", f"Hints for {one.exercise}", *rows, more)

    def _beside(self) -> None:
        """Show the answer that came to pass last beside the course's."""
        if not self.passed:
            self.terminal.say("", "An answer is set beside the course's once it passes.")
            return
        try:
            results = self.checker.check(self.chapter, compare=True)
        except UserError as error:
            self.terminal.say(str(error), self.keys)
            return
        one = next(one for one in results if one.exercise == self.passed)
        self.terminal.say("", *shown(self.terminal, one))

    def _next(self) -> None:
        waiting = [one.exercise for one in self.results if one.status != PASSED]
        if waiting:
            after = waiting.index(self.at) + 1 if self.at in waiting else 0
            self.at = waiting[after % len(waiting)]
        self._show()

    def _list(self) -> None:
        self.terminal.say("", self.course.chapter(self.chapter or self.course.names[0]).title)
        for one in self.results:
            first = one.text.split("\n")[0]
            here = "→ " if one.exercise == self.at else "  "
            self.terminal.say(here + self.terminal.coloured(first, one.status))
