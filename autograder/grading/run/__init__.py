"""Grading: one submission, a batch of them, the commands.

| module | what it does |
|---|---|
| `grade_one` | answers in the sandbox, the judge here: one submission, in any executor |
| `needed_cells` | what an answer that is judged alone needs of its notebook |
| `case_seeds` | the class's secret, and the seed of each answer's cases |
| `key` | the key is graded first: without full marks the grader is broken |
| `preload`, `worker`, `pools` | how a worker begins; processes on this machine, or Dask's workers |
| `version`, `batch`, `pending` | what decides a grading; what is under way; what is left to do |
| `lock`, `progress_report` | one grader in a directory at a time; what a batch says while it runs |
| `start` | `grade`, as far as it needs no nbgrader: the workers begin |
| `grade`, `feedback` | the commands `grade`, `feedback`, `report` and `drop` |
| `merge` | what sections or assistants have graded, in one directory |
"""
