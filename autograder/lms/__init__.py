"""Between a learning management system and the grader: a download in, a table of grades out.

In reading order, each module importing only from those above it:

| module | what it does |
|---|---|
| `archive` | a zip from outside, member by member, within bounds; nothing is unpacked to disk |
| `names` | what Moodle and Canvas write into a member's name; a student's directory name |
| `systems` | the same of ILIAS, Brightspace, Blackboard and nbgrader's exchange |
| `roster` | SUBMITTED/.roster.csv: which directory is which student of the LMS |
| `chapters` | which chapter a notebook is of: by its name, `--chapter`, its cells |
| `exchange` | nbgrader's `inbound` directory, read like an archive |
| `times` | when something was handed in: by its name, Moodle's worksheet, the archive |
| `select` | which members are collected, which passed over, which refused |
| `collect` | the command: an archive -> SUBMITTED/<student>/<chapter>/<chapter>.ipynb |
| `totals` | DIR/grades.csv -> one total a student and chapter |
| `whose`, `export_into` | grades into the file that Moodle or Canvas gave out |
| `feedback_zip` | pages as the zip that Moodle or Canvas takes back |
| `export` | the command: totals -> csv, Canvas's gradebook import, Moodle's grading worksheet |
"""
