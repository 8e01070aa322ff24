"""What commands measured -> the blocks of a text that are marked as theirs.

A block stands between `<!-- figures: python -m benchmarks.NAME -->` and `<!-- end of figures -->`.
The command prints it, with `--markdown`; what it printed is saved in `benchmarks/figures/NAME.md`
and copied from there, so that a text is renewed without measuring again.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from autograder.errors import Exit, SourceError
from autograder.io import write_file

BLOCK = re.compile(
    r"(?P<begin><!-- figures: (?P<command>[^>]*?) -->\n?)(?P<text>.*?)"
    r"(?P<end>(?<![^\n])[ ]*<!-- end of figures -->)",
    re.S,
)


def refresh(file: Path, measure: bool = False, only: str = "") -> int:
    """Write the saved figures into a text, measured before where that is asked for."""
    old = file.read_text(encoding="utf-8")
    commands = [m["command"] for m in BLOCK.finditer(old) if only in m["command"]]
    if not commands:
        raise SourceError(f"{file} has no block of figures{f' of {only}' if only else ''}.")
    for command in commands if measure else ():
        write_file(saved(file, command), measured(command, file.parent))
    new = refreshed(old, file, only)
    if new != old:
        write_file(file, new)
    print(f"{file.name}: {len(commands)} blocks, {'changed' if new != old else 'as they were'}.")
    return Exit.DONE


def refreshed(text: str, file: Path, only: str = "") -> str:
    """Return a text with the saved figures in its blocks."""

    def put(block: re.Match[str]) -> str:
        if only not in block["command"]:
            return block[0]
        path = saved(file, block["command"])
        if not path.exists():
            raise SourceError(f"{path} is not there: autograder dev figures --measure writes it.")
        return block["begin"] + path.read_text(encoding="utf-8") + block["end"]

    return BLOCK.sub(put, text)


def saved(file: Path, command: str) -> Path:
    """Return where the figures of a command are kept: by the module's name, or the last word."""
    name = shlex.split(command)[-1].rpartition(".")[2]
    return file.resolve().parent / "benchmarks" / "figures" / f"{name}.md"


def measured(command: str, folder: Path) -> str:
    """Return the block that a command prints."""
    words = shlex.split(command)
    run = [sys.executable if words[0] == "python" else words[0], *words[1:], "--markdown"]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SourceError(f"{command} --markdown failed: {last}")
    return done.stdout
