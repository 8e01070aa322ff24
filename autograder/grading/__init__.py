"""Grading a class: submissions -> nbgrader's gradebook, feedback pages, grades.csv, class report.

    submissions -> todo -> batch -> (executors: grade_one) -> writer -> gradebook and files

In reading order, each module importing only from those above it:

| module | what it does |
|---|---|
| `submissions`, `graded` | what was handed in; what goes into grading one and what comes out |
| `normalise` | the released notebook + a student's file -> the notebook to run; pure |
| `plain`, `panel`, `results` | text, a verdict's panel, the verdict in a check cell |
| `harmless` | the notebook as formgrader may show it: nothing in it runs |
| `grade_one` | answers in the sandbox, the judge here: one submission, in any executor |
| `dropin` | the same inside plain `nbgrader autograde` |
| `key` | the key is graded first: without full marks the grader is broken |
| `database`, `lock`, `course` | where the gradebook is; one grader at a time; nbgrader's course |
| `records`, `scores`, `gradebook` | our table, nbgrader's scores, the rows of grades.csv |
| `formulas`, `written`, `pages` | a student's page |
| `writer` | the one writer: scores and record in one transaction, then files |
| `worker`, `executors`, `batch` | processes or Dask; what is under way; what died with a worker |
| `similarity`, `report_facts`, `report` | the class report |
| `todo`, `telling`, `grade` | the command: what is left to do, what is said, all of the above |
| `refresh`, `formgrader` | the other two commands |

Where code runs (`autograder.sandbox`), who judges it (`autograder.core.judge`) and who writes (`writer`)
are apart, so that each can be replaced alone. A submission is recorded in the transaction of its
scores: a grader that is killed leaves the old state or the new one, and the next run goes on.
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
