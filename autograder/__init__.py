"""An autograder for courses in notebooks, and the course on the GRU that it is made for.

| room | what lives there |
|---|---|
| `core` | Exercise, Case, Mistake, Verdict; the judge; why an answer is wrong |
| `authoring` | a course's sources -> its notebooks |
| `notebook`, `student` | what a student's notebook talks to; the GRU course's names for it |
| `workspace` | a student's own folder |
| `sandbox` | where strangers' code runs |
| `grading` | submissions -> gradebook, pages, grades.csv, class report |
| `lms` | downloads of Moodle and Canvas in, grades out |
| `course` | the GRU course: all that the engine is handed |

Imports run one way: cli -> lms -> grading -> sandbox -> core, and notebook -> core. The course
imports core and `gru_ref`; nothing else imports the course but `student` and `cli`.
"""
