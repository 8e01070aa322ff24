"""Grading inside nbgrader: `plugin` for `nbgrader autograde`, `formgrader` for written answers."""
