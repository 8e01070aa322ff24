"""One submission's rows in nbgrader's gradebook, set as nbgrader's own preprocessors set them.

nbgrader commits after every cell, and for each of its objects asks again which submission it is
of. Here whoever calls commits, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
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

from autograder.grading.records import Record
from autograder.grading.results import CHECK

NO_RESPONSE = "No response."  # nbgrader's own words


class Scores:
    """What nbgrader holds of one submission; made where it is not there."""

    def __init__(self, gb: Gradebook, student: str, chapter: str) -> None:
        self.gb = gb
        query = select(SubmittedAssignment).join(Assignment).where(Assignment.name == chapter)
        query = query.where(SubmittedAssignment.student_id == student)
        self.submission = gb.db.scalars(query).one_or_none() or self._make(student, chapter)
        self.grades: dict[str, Grade] = self._by_cell(Grade)
        self.comments: dict[str, Comment] = self._by_cell(Comment)

    def _make(self, student: str, chapter: str) -> SubmittedAssignment:
        """Do what Gradebook.add_submission does."""
        db, assignment = self.gb.db, self.gb.find_assignment(chapter)
        if db.get(Student, student) is None:
            db.add(Student(id=student))
            db.flush()
        made = SubmittedAssignment(assignment_id=assignment.id, student_id=student)
        db.add(made)
        db.flush()
        for notebook in assignment.notebooks:
            part = SubmittedNotebook(notebook_id=notebook.id, assignment_id=made.id)
            db.add(part)
            db.flush()
            db.add_all(Grade(cell_id=c.id, notebook_id=part.id) for c in notebook.grade_cells)
            db.add_all(Comment(cell_id=c.id, notebook_id=part.id) for c in notebook.solution_cells)
        db.flush()
        return made

    def _by_cell(self, kind: Any) -> dict[str, Any]:
        cell = BaseCell.__table__.c
        query = select(cell.name, kind).join(kind, kind.cell_id == cell.id)
        query = query.join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
        query = query.where(SubmittedNotebook.assignment_id == self.submission.id)
        return {name: found for name, found in self.gb.db.execute(query)}

    def asked(self) -> dict[str, bool]:
        """Return whether a person is asked to look at each cell that has a person's score."""
        scored = {n: g for n, g in self.grades.items() if g.manual_score is not None}
        return {name: grade.needs_manual_grade for name, grade in scored.items()}

    def clear(self) -> None:
        """Set every automatic score to 0; a person's score stays, and is to be looked at."""
        for grade in self.grades.values():
            grade.auto_score = 0.0
            grade.needs_manual_grade = grade.manual_score is not None
        for notebook in self.submission.notebooks:
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
                    grade.manual_score is not None or grade.auto_score is None
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

    def penalize(self, plugin: AssignLatePenalties) -> None:
        """Do what AssignLatePenalties does."""
        late = self.submission.total_seconds_late
        for notebook in self.submission.notebooks if late > 0 else []:
            self.gb.db.flush()
            self.gb.db.refresh(notebook)
            student = self.submission.student_id
            found = plugin.plugin_inst.late_submission_penalty(student, notebook.score, late)
            if found is not None:
                found = plugin._check_late_penalty(notebook, found)
            notebook.late_submission_penalty = found

    def remarks(self) -> dict[str, str]:
        """Return the comment on each answer: a person's, or else nbgrader's."""
        chosen = {
            name: c.auto_comment if c.manual_comment is None else c.manual_comment
            for name, c in self.comments.items()
        }
        return {name: said for name, said in chosen.items() if said}
