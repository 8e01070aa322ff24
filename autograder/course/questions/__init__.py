"""Spaced questions: five or more on each chapter, which later chapters open with.

A wrong answer brings its question back. To add one, write it into its chapter's module.
"""

from __future__ import annotations

from autograder.core.question import Question
from autograder.course.questions.q00_start_here import QUESTIONS as Q00
from autograder.course.questions.q01_reset_gate import QUESTIONS as Q01
from autograder.course.questions.q02_update_gate import QUESTIONS as Q02
from autograder.course.questions.q03_candidate_state import QUESTIONS as Q03
from autograder.course.questions.q04_hidden_state import QUESTIONS as Q04
from autograder.course.questions.q05_sequences import QUESTIONS as Q05
from autograder.course.questions.q06_bptt import QUESTIONS as Q06
from autograder.course.questions.q07_vanishing_gradients import QUESTIONS as Q07
from autograder.course.questions.q08_training import QUESTIONS as Q08
from autograder.course.questions.q09_which_cell import QUESTIONS as Q09

QUESTIONS: dict[str, tuple[Question, ...]] = {
    "00_start_here": Q00,
    "01_reset_gate": Q01,
    "02_update_gate": Q02,
    "03_candidate_state": Q03,
    "04_hidden_state": Q04,
    "05_sequences": Q05,
    "06_bptt": Q06,
    "07_vanishing_gradients": Q07,
    "08_training": Q08,
    "09_which_cell": Q09,
}
