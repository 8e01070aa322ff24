"""Our grading inside plain `nbgrader autograde`: two preprocessors, named in nbgrader's lists.

`Rebuild` comes first of those that sanitize: it makes the notebook anew from the release and the
student's answers. `Judge` stands in Execute's place. Both use what `autograder grade` uses, and
give the same scores; nbgrader does the rest.
"""

from __future__ import annotations

from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Unicode

from autograder.authoring.build import student_notebook
from autograder.core.course import load
from autograder.grading.notebooks.normalise import OURS, Unreadable, normalise
from autograder.grading.notebooks.sanitize import sanitize
from autograder.grading.run.grade_one import annotate, judge_notebook
from autograder.sandbox.bubblewrap import choose
from autograder.sandbox.limits import Limits


class Rebuild(NbGraderPreprocessor):
    """The release with the student's answers and own cells in it."""

    course = Unicode(help="module:NAME of the course").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook to run; the release, marked as refused, for an unreadable file."""
        release = student_notebook(load(self.course), resources["nbgrader"]["assignment"])
        made = normalise(release, nbformat.writes(nb).encode())
        if isinstance(made, Unreadable):
            release.metadata[OURS] = {"refused": {"mistake": "unreadable", "says": made.says}}
            return release, resources
        made.notebook.metadata[OURS] = {"notes": list(made.notes), "said": made.said}
        return made.notebook, resources


class Judge(NbGraderPreprocessor):
    """A verdict in every check cell, from answers that ran in the sandbox."""

    course = Unicode(help="module:NAME of the course").tag(config=True)
    seed = Integer(0, help="the seed of the hidden cases").tag(config=True)
    timeout = Float(Limits().call, help="seconds for one call").tag(config=True)
    level = Unicode("required", help="required, auto or off").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with its verdicts; SandboxError where answers cannot be run."""
        about = nb.metadata.get(OURS, {})
        refused = about.get("refused")
        refused = (refused["mistake"], refused["says"]) if refused else None
        isolation = choose(self.level)
        limits = Limits(call=self.timeout)
        course, chapter = load(self.course), resources["nbgrader"]["assignment"]
        said = about.get("said", {})
        judge_notebook(nb, course, chapter, self.seed, limits, isolation, refused, said)
        annotate(nb, tuple(about.get("notes", ())), refused, isolation)
        return sanitize(nb), resources
