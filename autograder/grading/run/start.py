"""`autograder grade`, as far as it needs no nbgrader: what is handed in, and the workers' start.

nbgrader takes a second to import. The workers begin, and their sandboxes with them, meanwhile.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

from autograder.authoring.source import chapter_names
from autograder.core.course import Course
from autograder.errors import GradingError
from autograder.grading.job import Beginning
from autograder.grading.run import pools
from autograder.grading.run.case_seeds import BITS, new_secret
from autograder.grading.run.lock import locked
from autograder.grading.run.pools import FROM_CONFIGURATION, Tls, cores
from autograder.grading.submissions import STEPS, find
from autograder.importing import importing, placeholders
from autograder.sandbox import bubblewrap, cgroup
from autograder.sandbox.bubblewrap import REQUIRED
from autograder.sandbox.limits import Limits

SERVERS = (  # nbgrader imports these first, and this command serves nothing
    "nbgrader.server_extensions",
    ("assignment_list", "course_list", "validate_assignment", "formgrader"),
    "load_jupyter_server_extension",
)


class Options(NamedTuple):
    """What the command line says; None and "" stand for what is usual."""

    seed: int | None = None
    chapters: tuple[str, ...] = ()
    workers: int | None = None
    dask: str = ""
    tls: Tls = FROM_CONFIGURATION
    db: str = ""
    level: str = REQUIRED
    timeout: float = Limits().call
    force: bool = False
    roster: Path | None = None

    @property
    def limits(self) -> Limits:
        """The bounds on a student's process."""
        return Limits(call=self.timeout)


def grade(course: Course, submitted: Path, out: Path, options: Options) -> int:
    """Grade every submission that is not graded yet; return the exit status."""
    known = [name for name in chapter_names(course) if name in course.names]
    for name in options.chapters:
        if name not in known:
            raise GradingError(f"There is no chapter {name}. The chapters: {', '.join(known)}.")
    found = find(submitted, known, list(options.chapters) or known)
    check_place(submitted, out)
    first = min(s.chapter for s in found.submissions)
    ready = Beginning(course, first, options.limits, bubblewrap.hoped(options.level))
    workers = min(options.workers or cores(), len(found.submissions))
    cgroup.prepare()  # workers and sandboxes begin below it
    with (
        locked(out),
        contextlib.ExitStack() as after,
        bubblewrap.trying(bubblewrap.OFF if options.dask else options.level),
        pools.opened(course, workers, options.dask, options.tls, ready) as executor,
    ):
        after.callback(cgroup.leave)  # once the workers have ended
        with importing(), placeholders(*SERVERS):
            from autograder.grading.run.grade import grade_found
        return grade_found(course, submitted, out, found, options, executor)


def seed_of(seed: int | None, file: Path | None) -> int | None:
    """Return the seed: the one given, or the one in a file, which is drawn where there is none.

    Two graders who share the file grade on the same hidden cases.
    """
    if file is None:
        return seed
    if seed is not None:
        raise GradingError("--seed and --seed-file name two seeds. Leave one of them out.")
    try:
        with file.open("x", encoding="ascii") as new:
            new.write(f"{new_secret()}\n")
        file.chmod(0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise GradingError(f"--seed-file {file} cannot be written: {error.strerror}.") from error
    try:
        text = file.read_bytes()[:100].decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text.isdecimal() or int(text) >= 2**BITS:
        raise GradingError(f"--seed-file {file} holds no seed: a whole number below 2^{BITS}.")
    return int(text)


def check_place(submitted: Path, out: Path) -> None:
    """Make `out`; raise GradingError where it cannot be where it is."""
    here, there = submitted.resolve(), out.resolve()
    for step in STEPS:
        if (there / step) == here or (there / step) in here.parents:
            raise GradingError(
                f"{submitted} is where `grade` keeps its own copies, which it makes anew. Name the "
                "directory that they came from."
            )
    if there == here or here in there.parents:
        raise GradingError(f"--out {out} lies inside {submitted}; choose a directory outside it.")
    if out.exists() and not out.is_dir():
        raise GradingError(f"--out {out} is a file, not a directory.")
    check_path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradingError(f"--out {out} cannot be made: {error.strerror}.") from error


def check_path(root: Path) -> None:
    """Raise GradingError for a path that nbgrader would take for a pattern or a format."""
    odd = set(str(root.resolve())) & set("*?[]{}%#")
    if odd:
        raise GradingError(f"nbgrader cannot work in {root}: there is a {min(odd)} in its name.")
