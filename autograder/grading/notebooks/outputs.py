"""A cell's outputs, made without nbformat's own validation, which takes longer than all else."""

from __future__ import annotations

from typing import Any

import nbformat


def stream(text: str, name: str = "stdout") -> Any:
    """Return what a cell printed."""
    return nbformat.from_dict({"output_type": "stream", "name": name, "text": text})


def error(name: str, says: str, traceback: list[str]) -> Any:
    """Return an exception."""
    return nbformat.from_dict(
        {"output_type": "error", "ename": name, "evalue": says, "traceback": traceback}
    )


def shown(data: dict[str, Any]) -> Any:
    """Return what a cell displays, by MIME type."""
    return nbformat.from_dict({"output_type": "display_data", "data": data, "metadata": {}})


def result(data: dict[str, Any], count: int | None = None) -> Any:
    """Return what a cell's last line gives, by MIME type."""
    fields = {"output_type": "execute_result", "data": data, "metadata": {}}
    return nbformat.from_dict({**fields, "execution_count": count})
