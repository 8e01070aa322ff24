"""A directory laid out as an nbgrader course, and nbgrader's own converters run in it.

| in the directory | what it is |
|---|---|
| `source/`, `release/` | the chapters with the key; as students got them |
| `received/<student>/<chapter>/` | the notebook as it was handed in |
| `submitted/<student>/<chapter>/` | the normalised notebook, which is what is run |
| `autograded/`, `feedback/` | what ran; the student's page |
| `gradebook.db`, `grades.csv` | nbgrader's database; one row an exercise |
| `run.json` | the seed and the time limit of the last run |
| `nbgrader_config.py`, `nbgrader.log` | makes plain nbgrader work here; what nbgrader said |
"""

from __future__ import annotations

import contextlib
import glob
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.build import instructor_notebook, text
from autograder.grading import GradingError
from autograder.grading.normalise import OURS

SETTINGS = {"seed": 0, "timeout": 30.0}
CONFIG = '''"""Written by `autograder grade`, so that plain nbgrader and formgrader work here."""

from pathlib import Path

from autograder.grading.course import configure

configure(get_config(), Path(__file__).parent)  # noqa: F821
'''
RUN = [
    "autograder.grading.running.Run",  # in the place of nbgrader's Execute
    "nbgrader.preprocessors.LimitOutput",
    "autograder.grading.results.Settle",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
PAGE = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.grading.pages.Page",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]


def configure(c: Config, root: Path) -> Config:
    """Put into nbgrader's configuration what this course needs."""
    settings = settings_of(root)
    c.CourseDirectory.root = str(root)
    c.Autograde.autograde_preprocessors = RUN
    c.Run.seed = settings["seed"]
    c.Run.limit = float(settings["timeout"])
    c.GenerateFeedback.preprocessors = PAGE
    # below GenerateFeedback, since formgrader's own HTMLExporter must keep its template
    c.GenerateFeedback.HTMLExporter.template_name = "gru_feedback"
    c.GenerateFeedback.HTMLExporter.extra_template_basedirs = [
        str(Path(__file__).parent / "templates")
    ]
    c.GenerateFeedback.HTMLExporter.filters = {"markdown": "autograder.grading.pages.markdown"}
    return c


def settings_of(root: Path) -> dict[str, Any]:
    """Return the settings of the last run in a directory, or the usual ones."""
    try:
        return SETTINGS | json.loads((root / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return dict(SETTINGS)


def check_path(root: Path) -> None:
    """Raise GradingError for a path that nbgrader would take for a pattern or a format."""
    odd = set(str(root.resolve())) & set("*?[]{}%#")
    if odd:
        raise GradingError(f"nbgrader cannot work in {root}: there is a {min(odd)} in its name.")


class Course:
    """One directory as an nbgrader course."""

    def __init__(self, root: Path, log: logging.Logger) -> None:
        self.root = root.resolve()
        self.log = log
        self.config = configure(Config(), self.root)
        self.directory = CourseDirectory(config=self.config, log=log)

    def lay_out(self, chapters: list[str], **settings: Any) -> None:
        """Write the course's files and register the chapters in the gradebook."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "run.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
        (self.root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
        configure(self.config, self.root)
        for chapter in chapters:
            source = self.root / "source" / chapter / f"{chapter}.ipynb"
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(text(instructor_notebook(chapter)), encoding="utf-8")
            try:
                self._convert(GenerateAssignment, ".", chapter)
            except NbGraderException as error:
                raise GradingError(
                    f"{chapter} could not be registered in {self.root / 'gradebook.db'}. If its "
                    "cells have changed since students were graded there, grade into a new "
                    f"directory. nbgrader's own words are in {self.root / 'nbgrader.log'}."
                ) from error

    def path(self, step: str, student: str, chapter: str, ending: str = ".ipynb") -> Path:
        """Return where a student's notebook is at a step: received, submitted, autograded, …"""
        return self.root / step / student / chapter / (chapter + ending)

    def released(self, chapter: str) -> nbformat.NotebookNode:
        """Return a chapter as students got it."""
        return nbformat.read(self.root / "release" / chapter / f"{chapter}.ipynb", as_version=4)

    def gradebook(self) -> Gradebook:
        """Return nbgrader's gradebook; to be closed, or used in a `with`."""
        return Gradebook(self.directory.db_url, self.directory.course_id)

    def submit(
        self,
        student: str,
        chapter: str,
        nb: nbformat.NotebookNode,
        notes: tuple[str, ...] = (),
        refused: dict[str, str] | None = None,
    ) -> None:
        """Put a normalised notebook where nbgrader looks for it."""
        nb.metadata[OURS] = {"notes": list(notes), "refused": refused}
        if notes:
            items = "\n".join(f"- {note}" for note in notes)
            cell = nbformat.v4.new_markdown_cell(f"**Noticed in this file**\n\n{items}", id="notes")
            cell.metadata[OURS] = {"notes": True}
            nb.cells.insert(0, cell)
        path = self.path("submitted", student, chapter)
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(parents=True)
        path.write_text(text(nb), encoding="utf-8")

    def autograde(self, student: str, chapter: str) -> None:
        """Run, judge and record one submission; NbGraderException where that fails."""
        self._convert(Autograde, student, chapter)

    def feedback(self, student: str, chapter: str) -> None:
        """Write one student's page of one chapter."""
        self._convert(GenerateFeedback, student, chapter)

    def _convert(self, converter: type, student: str, chapter: str) -> None:
        self.directory.student_id = glob.escape(student)
        self.directory.assignment_id = chapter
        run = converter(coursedir=self.directory, config=self.config, log=self.log)
        run.force = True
        with environment_as_found():
            run.start()


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
def log_to(path: Path) -> Iterator[logging.Logger]:
    """Log to a file alone: nbgrader says much, all of it for experts."""
    log = logging.Logger("nbgrader", logging.INFO)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    try:
        yield log
    finally:
        handler.close()
