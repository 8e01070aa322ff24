"""Grading a class: submissions -> nbgrader's gradebook, feedback pages, grades.csv.

In reading order, each module importing only from those above it:

| module | what it does |
|---|---|
| `submissions` | finds what was handed in: SUBMITTED/<student>/<chapter>/<chapter>.ipynb |
| `normalise` | the released notebook + a student's file -> the notebook to run; pure |
| `running` | runs a notebook's cells; outlives a kernel that hangs or dies |
| `results` | reads the verdicts out of a notebook that has run |
| `course` | lays a directory out as an nbgrader course, and calls nbgrader's converters |
| `gradebook` | clears old scores, keeps a person's, and makes the rows of grades.csv |
| `pages` | what stands on a student's feedback page |
| `key` | grades the key first: a key without full marks means that the grader is broken |
| `grade` | the command: all of the above over one batch |
| `formgrader` | opens nbgrader's formgrader on the result |

Where code runs (`running`), who judges it (the check cells' `autograder.student.check`) and who
writes (`gradebook`) are apart, so that each can be replaced alone.
"""

import sys

# nbformat imports jsonschema, which would compile 38 grammars of web addresses, a second of every
# start, for a check of formats that notebooks do not use; without this package it leaves it out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


class GradingError(Exception):
    """Nothing can be graded, for a reason that one sentence to the instructor tells."""


def brief(error: BaseException) -> str:
    """Return an exception as part of one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
