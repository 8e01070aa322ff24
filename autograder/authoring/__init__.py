"""A course's sources -> its notebooks.

| module | what it does |
|---|---|
| `pack` | where sources lie: a folder of a checkout, or one file of a wheel |
| `percent` | the text of a source -> its cells |
| `source` | a chapter's cells, its keys, its stubs |
| `pieces` | the text of a cell -> its statements, read by tokens: it is a stranger's |
| `answers` | which cell of a notebook answers an exercise |
| `program` | of cells, the program that defines one function: an answer out of its notebook |
| `build` | a source -> the instructor's notebook -> the student's |
| `lint` | what is missing or disagrees, in sentences; what mends itself |
| `scaffold` | the skeletons of a new exercise |
| `figures` | what commands measured -> the blocks of the README |
| `commands` | `autograder dev` |
"""
