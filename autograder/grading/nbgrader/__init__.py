"""Inside nbgrader: our grading as preprocessors of `nbgrader autograde`, and formgrader served.

| module | what it does |
|---|---|
| `plugin` | `Rebuild` and `Judge`, which stand in nbgrader's lists of preprocessors |
| `formgrader` | formgrader on one class, in a server of its own |
"""
