"""A student's own copy of the chapters, and JupyterLab on it."""
