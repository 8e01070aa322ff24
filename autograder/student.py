"""What a notebook of the course imports: start, check, hint, predict, yours and their kin."""

from __future__ import annotations

from autograder.course import COURSE
from autograder.notebook import Notebook

_notebook = Notebook(COURSE)
start = _notebook.start
check = _notebook.check
hint = _notebook.hint
ready = _notebook.ready
predict = _notebook.predict
settle = _notebook.settle
progress = _notebook.progress
course_map = _notebook.course_map
recall = _notebook.recall
reset = _notebook.reset
yours = _notebook.yours
