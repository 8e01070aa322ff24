"""A class's directory, laid out as an nbgrader course.

| in the directory | what it is |
|---|---|
| `source/`, `release/` | the chapters with the key; as students got them |
| `submitted/<student>/<chapter>/` | the notebook as it was handed in, and only it |
| `autograded/`, `feedback/` | with a verdict in every check cell; the student's page |
| `gradebook.db`, `grades.csv` | nbgrader's database, unless --db; one row an exercise |
| `people.csv` | everyone: enrolled, not on the list; by what name the gradebook has them |
| `collected.csv` | what `collect` noted: which directory is whom in the LMS |
| `run.json` | seed, time limit, level, database; whether the last run came to its end |
| `grading.log`, `nbgrader.log` | one line a submission; what nbgrader said |
| `nbgrader_config.py` | makes plain nbgrader work here; yours to add to, it is written once |
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.authoring import build
from autograder.core.course import Course
from autograder.errors import GradingError, brief
from autograder.grading.store import database, records
from autograder.grading.store.class_terms import agreed
from autograder.io import write_file

FIRST = "autograder.course:COURSE"  # of a directory that version 0.1 made
SETTINGS = {
    "seed": 0,
    "timeout": 10.0,
    "level": "required",
    "db": "",
    "finished": True,
    "course": FIRST,
    "shown": "",  # a digest of the names and terms that pages show
    "due": [],  # the chapters whose due date in the gradebook comes from its settings
}
CONFIG = '''"""Written by `autograder grade`, so that plain nbgrader and formgrader work here.

What you add below is kept, and `autograder grade` heeds it (c.AssignLatePenalties, for one).
"""

from pathlib import Path

from autograder.grading.store.class_directory import configure

c = get_config()  # noqa: F821
configure(c, Path(__file__).parent)
'''
SANITIZE = [
    "autograder.grading.nbgrader.plugin.Rebuild",
    *Autograde.sanitize_preprocessors.default(),
]
JUDGE = [
    "autograder.grading.nbgrader.plugin.Judge",  # in the place of nbgrader's Execute
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
PAGE = ["nbgrader.preprocessors.GetGrades", "autograder.grading.reports.page.Page"]


def configure(c: Config, root: Path) -> Config:
    """Put into nbgrader's configuration what this course needs."""
    settings = settings_of(root)
    c.CourseDirectory.root = str(root)
    if settings["db"]:
        c.CourseDirectory.db_url = settings["db"]
    c.Autograde.sanitize_preprocessors = SANITIZE
    c.Autograde.autograde_preprocessors = JUDGE
    c.Rebuild.course = c.Judge.course = c.Page.course = settings["course"]
    c.Page.root = str(root)
    c.Judge.seed, c.Judge.level = settings["seed"], settings["level"]
    c.Judge.timeout = float(settings["timeout"])
    c.GenerateFeedback.preprocessors = PAGE
    c.CsvExportPlugin.to = "nbgrader_grades.csv"  # its usual name is that of our own table
    # below GenerateFeedback, since formgrader's own HTMLExporter must keep its template
    c.GenerateFeedback.HTMLExporter.template_name = "feedback_page"
    c.GenerateFeedback.HTMLExporter.extra_template_basedirs = [
        str(Path(__file__).parents[1] / "reports" / "templates")
    ]
    return c


def settings_of(root: Path) -> dict[str, Any]:
    """Return the settings of the last run in a directory, or the usual ones."""
    try:
        found: dict[str, Any] = json.loads((root / "run.json").read_text(encoding="utf-8"))
        return SETTINGS | found
    except (OSError, ValueError, TypeError):
        return dict(SETTINGS)


class ClassDirectory:
    """One directory as an nbgrader course, for a class that takes `course`."""

    def __init__(self, course: Course, root: Path, log: logging.Logger, db: str = "") -> None:
        self.course, self.root = course, root.resolve()
        self.log = log
        self.db = db
        self.agreed = agreed(course, self.root)
        self._configure()

    def _configure(self) -> None:
        self.config = configure(Config(), self.root)
        if (self.root / "nbgrader_config.py").is_file():
            with config_failures(self.root):
                self.config = PyFileConfigLoader("nbgrader_config.py", str(self.root)).load_config()
        if self.db:
            self.config.CourseDirectory.db_url = self.db
        self.nbgrader = CourseDirectory(config=self.config, log=self.log)

    def save(self, **settings: Any) -> None:
        """Write settings over those of the last run."""
        made = {k: v for k, v in (settings_of(self.root) | settings).items() if k in SETTINGS}
        write_file(self.root / "run.json", json.dumps(made, indent=1) + "\n")

    def lay_out(self, chapters: list[str], **settings: Any) -> None:
        """Write the course's files and register the chapters in the gradebook."""
        self.save(**settings, db=database.without_password(self.db), course=self.course.where)
        if not (self.root / "nbgrader_config.py").exists():
            write_file(self.root / "nbgrader_config.py", CONFIG)
        self._configure()
        with self.gradebook():
            pass  # made, and whole, before nbgrader's converters use it
        for chapter in chapters:
            source = self.root / "source" / chapter / f"{chapter}.ipynb"
            key = build.text(build.instructor_notebook(self.course, chapter))
            same = source.is_file() and source.read_text(encoding="utf-8") == key
            if not (same and self._registered(chapter)):
                write_file(source, key)
                self._register(chapter)

    def _registered(self, chapter: str) -> bool:
        """Return whether the gradebook and release/ hold all of a chapter's cells."""
        if not self.path("release", ".", chapter).is_file():
            return False
        cells = json.loads(self.released(chapter))["cells"]
        names = {c["metadata"].get("nbgrader", {}).get("grade_id") for c in cells} - {None}
        with self.gradebook() as gb:
            found = [a for a in gb.assignments if a.name == chapter]
            there = {c.name for a in found for nb in a.notebooks for c in nb.source_cells}
        return names == there

    def _register(self, chapter: str) -> None:
        self.nbgrader.student_id, self.nbgrader.assignment_id = ".", chapter
        run = GenerateAssignment(coursedir=self.nbgrader, config=self.config, log=self.log)
        run.force = True
        try:
            with environment_as_found():
                run.start()
        except NbGraderException as error:
            raise GradingError(
                f"{chapter} could not be registered in the gradebook. If its cells have changed "
                "since students were graded there, grade into a new directory. nbgrader's own "
                f"words are in {self.root / 'nbgrader.log'}."
            ) from error

    def path(self, step: str, student: str, chapter: str, ending: str = ".ipynb") -> Path:
        """Return where a student's notebook is at a step: submitted, autograded, feedback."""
        return self.root / step / student / chapter / (chapter + ending)

    def released(self, chapter: str) -> str:
        """Return a chapter as students got it, as the text of its file."""
        return self.path("release", ".", chapter).read_text(encoding="utf-8")

    def gradebook(self) -> Gradebook:
        """Return nbgrader's gradebook with our table; to be closed, or used in a `with`."""
        try:
            database.prepare(self.nbgrader.db_url)
            gb = Gradebook(self.nbgrader.db_url, self.nbgrader.course_id)
            records.make_table(gb)
        except (SQLAlchemyError, ImportError) as error:
            where = database.without_password(self.nbgrader.db_url)
            why = f"({brief(getattr(error, 'orig', None) or error)})"
            if isinstance(error, ModuleNotFoundError):
                why = f"without its driver: pip install the package that has {error.name}"
            raise GradingError(f"The gradebook {where} cannot be opened {why}.") from error
        return gb


@contextlib.contextmanager
def config_failures(root: Path) -> Iterator[None]:
    """Turn whatever a person's lines in nbgrader_config.py raise into one sentence."""
    try:
        yield
    except Exception as error:
        raise GradingError(
            f"{root / 'nbgrader_config.py'} cannot be used ({brief(error)}). Mend the line that "
            "you added there, or take it out."
        ) from error


@contextlib.contextmanager
def environment_as_found() -> Iterator[None]:
    """Put nbgrader's own programs first on PATH; afterwards restore the environment.

    nbgrader calls `alembic` by name. It also leaves NBGRADER_EXECUTION set after an error.
    """
    found = dict(os.environ)
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), found.get("PATH", "")))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(found)


@contextlib.contextmanager
def log_to(path: Path, name: str = "nbgrader", mode: str = "w") -> Iterator[logging.Logger]:
    """Log to a file alone: nbgrader says much, all of it for experts."""
    log = logging.Logger(name, logging.INFO)
    handler = logging.FileHandler(path, mode=mode, encoding="utf-8", errors="replace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    try:
        yield log
    finally:
        handler.close()
