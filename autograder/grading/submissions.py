"""What was handed in: SUBMITTED/<student>/<chapter>/<chapter>.ipynb, and what else lies there."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from autograder.grading import GradingError

LAYOUT = "SUBMITTED/<student>/<chapter>/<chapter>.ipynb"
LARGEST = 50_000_000  # bytes; a chapter with all its figures and widgets has about one million


class Submission(NamedTuple):
    """One student's notebook of one chapter. `problem` is (name, sentence) when there is none."""

    student: str
    chapter: str
    path: Path
    problem: tuple[str, str] | None = None

    def read(self) -> bytes:
        """Return the file's bytes; OSError where it cannot be read."""
        return self.path.read_bytes()


def find(
    submitted: Path, known: list[str], wanted: list[str]
) -> tuple[list[Submission], list[str]]:
    """Return the submissions of the wanted chapters, sorted, and a line for each stray thing."""
    if not submitted.is_dir():
        what = "is a file, not a directory" if submitted.exists() else "does not exist"
        raise GradingError(f"{submitted} {what}. Wanted is a directory with {LAYOUT}.")
    found, stray = [], []
    for student in sorted(_visible(submitted)):
        if not student.is_dir():
            stray.append(f"{student.name}: passed over, a student is a directory ({LAYOUT})")
            continue
        for chapter in sorted(_visible(student)):
            where = f"{student.name}/{chapter.name}"
            if chapter.is_dir() and chapter.name in known:
                if chapter.name in wanted:
                    found.append(_look(student.name, chapter))
            elif chapter.is_dir():
                stray.append(f"{where}: passed over, the course has no chapter of this name")
            else:
                stray.append(f"{where}: passed over, a chapter is a directory ({LAYOUT})")
    if not found:
        seen = "; ".join(stray[:3]) or "no directory of a chapter to be graded"
        raise GradingError(f"{submitted} holds no submission. Wanted: {LAYOUT}. Seen: {seen}.")
    return found, stray


def _visible(directory: Path) -> list[Path]:
    return [p for p in directory.iterdir() if not p.name.startswith(".")]


def _look(student: str, directory: Path) -> Submission:
    chapter = directory.name
    path = directory / f"{chapter}.ipynb"
    problem = None
    if not path.is_file():
        others = sorted(p.name for p in _visible(directory))
        seen = f"there is {', '.join(others[:3])}" if others else "the directory is empty"
        says = f"The file {path.name} is missing; {seen}. Hand in the notebook under its own name."
        problem = ("no_notebook", says)
    elif path.stat().st_size > LARGEST:
        size = f"{path.stat().st_size / 1e6:.0f} MB"
        says = f"The file has {size}, the limit is {LARGEST / 1e6:.0f} MB. Clear its outputs first."
        problem = ("too_large", says)
    return Submission(student, chapter, path, problem)
