"""Grading a class: submissions -> nbgrader's gradebook, feedback pages, grades.csv, class report.

    submissions -> pending -> batch -> (pools: grade_one) -> writer -> gradebook and files

In reading order, each room importing only from those above it:

| room | what lives there |
|---|---|
| `people` | the class list; which directory is whom; teams, namesakes, who is not on the list |
| `terms` | the settings of a class: due dates, penalty, extensions, points, dropped exercises |
| `notebooks` | a student's file and the release -> the notebook to grade; the verdict in it; pure |
| `store` | nbgrader's gradebook, our records beside it, a class's directory on disk |
| `reports` | a student's page, the class report, answers that are alike |
| `run` | one submission in the sandbox; a batch over processes or Dask; the command |
| `review` | the page on which a person marks written answers |
| `nbgrader` | the same inside plain `nbgrader autograde`; formgrader |

Where code runs (`autograder.sandbox`), who judges it (`autograder.core.judge`) and who writes
(`store.writer`) are apart, so that each can be replaced alone. A submission is recorded in the
transaction of its scores: a grader that is killed leaves the old state or the new one, and the next
run goes on.
"""

import sys

# nbformat imports jsonschema, which would compile 38 grammars of web addresses, a second of every
# start, for a check of formats that notebooks do not use; without this package it leaves it out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
