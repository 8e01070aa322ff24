"""What is kept of a grading: nbgrader's gradebook, a table of ours in it, files of a class.

| module | what it does |
|---|---|
| `database` | where the gradebook is, and that it is whole before nbgrader uses it |
| `records` | our table: what grading knows beyond nbgrader's scores |
| `class_directory` | a class's directory, laid out and configured as an nbgrader course |
| `class_terms` | who is in the class and what it has agreed on, read once |
| `scores` | one submission's rows in nbgrader's tables |
| `gradebook` | the rows of grades.csv |
| `penalties` | due dates, extensions and penalties in nbgrader's tables, as agreed now |
| `writer` | the one writer: scores and record in one transaction, then files |
"""
