"""A student's own folder, and what a student does in a terminal.

| module | what it does |
|---|---|
| `folder` | copies of the chapters, made once and never overwritten, set aside on request |
| `lab` | opens them in JupyterLab |
| `release` | makes such a folder to hand out |
| `terminal` | colour, widths and signs that a terminal can show |
| `notebook_file` | a notebook file as what has to run, in order |
| `walk` | runs its actions and judges each exercise; `in_sandbox` and `in_child` are where |
| `check` | `autograder check` |
| `watch` | `autograder watch`: on every save the next thing to do |
"""
