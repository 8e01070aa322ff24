"""Started by root, become nobody and run a command: limits on processes do not bind root.

Nobody may not enter /root, where a Python can lie. So what is to be seen is first laid out below
/mnt in a mount namespace of this process's own, which ends with it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from autograder.sandbox import namespaces as ns

NOBODY = 65534
STAGE = Path("/mnt")


def stage(sources: list[str]) -> dict[str, str]:
    """Return where each source will lie."""
    return {source: str(STAGE / str(i)) for i, source in enumerate(sources)}


def main() -> None:
    """Lay out the sources (first argument, JSON) and become the command (the others)."""
    sources = json.loads(sys.argv[1])
    ns.unshare(ns.NEW_MOUNTS)
    ns.mount("none", "/", "", ns.RECURSIVE | ns.PRIVATE)
    ns.mount("tmpfs", str(STAGE), "tmpfs", ns.NO_SUID | ns.NO_DEV, "size=1m,mode=755")
    for source, place in stage(sources).items():
        if Path(source).is_dir():
            Path(place).mkdir()
        else:
            Path(place).touch()
        ns.mount(source, place, "", ns.BIND | ns.RECURSIVE)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.chdir("/")
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
