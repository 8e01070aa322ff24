"""Who is in the class, and which directory of SUBMITTED is whom.

| module | what it does |
|---|---|
| `person` | a person of a class, and names in the order of either kind of list |
| `columns` | which column of a class list is what, in the languages that were at hand |
| `class_list` | a class list, Moodle's worksheet or Canvas's gradebook -> persons |
| `links` | what `collect` has noted: which directory is which number in an LMS |
| `matching` | persons and directories -> who is who, who is asked about, which team is whose |
| `enrolment` | all that for one run of the grader, and the file people.csv |
"""
