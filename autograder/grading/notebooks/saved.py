"""What `check` said in a notebook: the verdicts that stand in the saved outputs.

They are a student's text and decide nothing. They tell where grading says otherwise than the
notebook did, so that a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from autograder.core.verdict import ERROR, FAILED, NOT_ATTEMPTED, PASSED

STATUS = "|".join(map(re.escape, (PASSED, FAILED, NOT_ATTEMPTED, ERROR)))
LINE = re.compile(rf"[✓✗○] ?(\w{{1,80}}): ({STATUS})\b")
LOOKED_AT = 20_000  # characters of an output; the verdict stands in its first line


def verdicts(cells: list[dict], names: Collection[str]) -> dict[str, str]:
    """Return the last status that the outputs show, by exercise."""
    found: dict[str, str] = {}
    for cell in cells:
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            for text in _texts(output):
                for name, status in LINE.findall(text[:LOOKED_AT]):
                    if name in names:
                        found[name] = status
    return found


def _texts(output: Any) -> list[str]:
    if not isinstance(output, dict):
        return []
    data = output.get("data")
    kinds = data if isinstance(data, dict) else output  # format 3 has them in the output itself
    values = [kinds.get(k) for k in ("text/plain", "text/html", "text", "html")]
    values += [output.get("text")]
    joined = ("".join(v) if isinstance(v, list) and all(isinstance(x, str) for x in v) else v
              for v in values)
    return [v for v in joined if isinstance(v, str)]
