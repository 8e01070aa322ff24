"""A student's file and the release -> the notebook that is graded. Pure: nothing is run or stored.

| module | what it does |
|---|---|
| `normalise` | rebuilds the notebook from the release, with the student's answers in it |
| `plaintext`, `panel_html` | a student's text as text; a verdict's panel with nothing else in it |
| `check_cells` | the verdict that stands in a check cell |
| `sanitize` | the notebook as formgrader may show it: nothing in it runs |
"""
