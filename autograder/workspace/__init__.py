"""A student's own folder: copies of the chapters, made once and never overwritten.

| module | what it does |
|---|---|
| `lab` | copies the chapters, opens them in JupyterLab, sets one aside for a fresh one |
"""
