"""One submission's rows in nbgrader's gradebook, set as nbgrader's own preprocessors set them.

nbgrader commits after every cell, and for each of its objects asks again which submission it is
of. Here whoever calls commits, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution
from sqlalchemy import select

from autograder.grading.notebooks.check_cells import CHECK, disagrees
from autograder.grading.store.records import Record
from autograder.grading.terms.lateness import Standing

NO_RESPONSE = "No response."  # nbgrader's own words


def find(gb: Gradebook, chapter: ChapterCells, student: str) -> SubmittedAssignment | None:
    """Return nbgrader's submission, or None."""
    query = select(SubmittedAssignment).where(
        SubmittedAssignment.assignment_id == chapter.id, SubmittedAssignment.student_id == student
    )
    return gb.db.scalars(query).one_or_none()


class ChapterCells:
    """The rows that all submissions of a chapter share: they are the same for a whole batch.

    nbgrader's tables have an index for (cell, notebook), none for the notebook alone. Whoever asks
    for a submission's grades by the cells' ids too need not wait longer in a larger class.
    """

    def __init__(self, gb: Gradebook, chapter: str) -> None:
        assignment = gb.find_assignment(chapter)
        self.id = assignment.id
        self.notebooks = [notebook.id for notebook in assignment.notebooks]
        self.graded = {c.id: c.name for nb in assignment.notebooks for c in nb.grade_cells}
        self.most = sum(c.max_score for nb in assignment.notebooks for c in nb.grade_cells)
        self.answers = {c.id: c.name for nb in assignment.notebooks for c in nb.solution_cells}


class Scores:
    """What nbgrader holds of one submission; made where it is not there."""

    def __init__(self, gb: Gradebook, chapter: ChapterCells, student: str) -> None:
        self.gb, self.chapter = gb, chapter
        found = find(gb, chapter, student)
        self.submission = found or self._make(student)
        query = select(SubmittedNotebook).where(
            SubmittedNotebook.notebook_id.in_(chapter.notebooks),
            SubmittedNotebook.assignment_id == self.submission.id,
        )
        self.notebooks = list(gb.db.scalars(query))
        self.grades: dict[str, Grade] = self._by_name(Grade, chapter.graded)
        self.comments: dict[str, Comment] = self._by_name(Comment, chapter.answers)

    def _make(self, student: str) -> SubmittedAssignment:
        """Do what Gradebook.add_submission does."""
        db = self.gb.db
        if db.get(Student, student) is None:
            db.add(Student(id=student))
            db.flush()
        made = SubmittedAssignment(assignment_id=self.chapter.id, student_id=student)
        db.add(made)
        db.flush()
        for notebook in self.chapter.notebooks:
            part = SubmittedNotebook(notebook_id=notebook, assignment_id=made.id)
            db.add(part)
            db.flush()
            db.add_all(Grade(cell_id=cell, notebook_id=part.id) for cell in self.chapter.graded)
            db.add_all(Comment(cell_id=cell, notebook_id=part.id) for cell in self.chapter.answers)
        db.flush()
        return made

    def _by_name(self, kind: Any, names: dict[str, str]) -> dict[str, Any]:
        parts = [notebook.id for notebook in self.notebooks]
        query = select(kind).where(kind.cell_id.in_(names), kind.notebook_id.in_(parts))
        return {names[found.cell_id]: found for found in self.gb.db.scalars(query)}

    def asked(self) -> dict[str, bool]:
        """Return whether a person is asked to look at each cell that has a person's score."""
        scored = {n: g for n, g in self.grades.items() if g.manual_score is not None}
        return {name: grade.needs_manual_grade for name, grade in scored.items()}

    def clear(self) -> None:
        """Set every automatic score to 0; a person's score stays, and is to be looked at."""
        for grade in self.grades.values():
            grade.auto_score = 0.0
            grade.needs_manual_grade = grade.manual_score is not None
        for notebook in self.notebooks:
            notebook.late_submission_penalty = None

    def hand_in(self, time: datetime | None) -> None:
        """Set when it was handed in."""
        self.submission.timestamp = time

    def save(self, nb: Any, log: Any) -> None:
        """Do what SaveAutoGrades does."""
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if is_grade(cell):
                grade = self.grades[name]
                grade.auto_score, _ = determine_grade(cell, log)
                grade.needs_manual_grade = (
                    grade.manual_score is not None or grade.auto_score is None or disagrees(cell)
                )
            if is_solution(cell):
                same = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
                self.comments[name].auto_comment = NO_RESPONSE if same else None

    def keep(self, before: Record, answers: dict[str, str], looked: dict[str, bool]) -> list[str]:
        """Keep a person's scores of answers that are as they were; return those that are not.

        nbgrader asks for a second look at every cell that a person has scored. `looked` says where
        a person has looked since the grading began.
        """
        changed = []
        for name, grade in self.grades.items():
            if grade.manual_score is None:
                continue
            answer = name.removeprefix(CHECK)
            if answers.get(answer, "") == before.answers.get(answer, ""):
                grade.needs_manual_grade = looked[name] and before.asked.get(name, True)
            else:
                changed.append(answer)
        return changed

    def penalize(self, plugin: AssignLatePenalties, standing: Standing | None = None) -> None:
        """Do what AssignLatePenalties does, or what the class's own due date asks for."""
        if standing is not None and standing.due is not None:
            taken = standing.penalty(self._reached(), self.chapter.most)
            for notebook in self.notebooks[:1]:
                notebook.late_submission_penalty = taken or None
            return
        late = self.submission.total_seconds_late
        for notebook in self.notebooks if late > 0 else []:
            self.gb.db.flush()
            self.gb.db.refresh(notebook)
            student = self.submission.student_id
            found = plugin.plugin_inst.late_submission_penalty(student, notebook.score, late)
            if found is not None:
                found = plugin._check_late_penalty(notebook, found)
            notebook.late_submission_penalty = found

    def _reached(self) -> float:
        """Return the score as nbgrader would add it up, which takes longer in a larger class."""
        grades = self.grades.values()
        given = (g.auto_score if g.manual_score is None else g.manual_score for g in grades)
        extra = (g.extra_credit or 0.0 for g in grades)
        return sum(x or 0.0 for x in given) + sum(extra)

    def taken(self) -> float:
        """Return the points that a penalty takes, as nbgrader keeps it."""
        return sum(notebook.late_submission_penalty or 0.0 for notebook in self.notebooks)

    def remarks(self) -> dict[str, str]:
        """Return the comment on each answer: a person's, or else nbgrader's."""
        chosen = {
            name: c.auto_comment if c.manual_comment is None else c.manual_comment
            for name, c in self.comments.items()
        }
        return {name: said for name, said in chosen.items() if said}
