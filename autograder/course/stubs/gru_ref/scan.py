"""The reference is not here while a notebook is graded."""

from gru_ref import absent as __getattr__  # noqa: F401
