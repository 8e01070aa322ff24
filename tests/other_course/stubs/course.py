"""The course while a notebook is graded: no declaration is here, and no reference."""

COURSE = None
