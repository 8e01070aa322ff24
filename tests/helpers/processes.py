"""What runs: a process's descendants, those inside its sandboxes included."""

from __future__ import annotations

import os
from pathlib import Path


def descendants(ancestor: int = 0) -> dict[int, str]:
    """Return the names of all processes that descend from one (0: from this one)."""
    ancestor = ancestor or os.getpid()
    parents, names = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path("/proc", name, "stat").read_text()
            except OSError:
                continue
            fields = stat.rpartition(")")[2].split()
            parents[int(name)] = int(fields[1])
            names[int(name)] = stat[stat.index("(") + 1 : stat.rindex(")")]
    found = {ancestor}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return {p: names[p] for p in found if p != ancestor}
