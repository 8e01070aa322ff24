"""Between a learning management system and the grader: a download in, a table of grades out.

In reading order, each module importing only from those above it:

| module | what it does |
|---|---|
| `archive` | a zip from outside, member by member, within bounds; nothing is unpacked to disk |
| `names` | what Moodle and Canvas write into a member's name; a student's directory name |
| `roster` | SUBMITTED/.roster.csv: which directory is which student of the LMS |
| `chapters` | which chapter a notebook is of: by its name, `--chapter`, its cells |
| `select` | which members are collected, which passed over, which refused |
| `collect` | the command: an archive -> SUBMITTED/<student>/<chapter>/<chapter>.ipynb |
| `totals` | DIR/grades.csv -> one total a student and chapter |
| `export` | the command: totals -> csv, Canvas's gradebook import, Moodle's grading worksheet |
"""
