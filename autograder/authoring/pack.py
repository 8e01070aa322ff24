"""Where the sources of chapters lie: a folder of NN_name.py, or one packed file in a wheel.

Answers that are written another way stand in `other_ways/` of the folder, by chapter too.

A pack is a JSON object, chapter -> text, compressed. Nobody reads a key there by accident; whoever
looks for it finds it. This module needs the standard library alone, since setup.py imports it.
"""

from __future__ import annotations

import functools
import json
import zlib
from pathlib import Path

from autograder.errors import SourceError

OTHER_WAYS = "other_ways"


def names(place: Path) -> list[str]:
    """Return the names of the chapters in a folder or a pack, in order."""
    if place.is_file():
        return sorted(name for name in _unpacked(place) if "/" not in name)
    return sorted(path.stem for path in place.glob("[0-9][0-9]_*.py"))


def has(place: Path, chapter: str) -> bool:
    """Return whether a folder or a pack has a source of this name."""
    return chapter in _unpacked(place) if place.is_file() else (place / f"{chapter}.py").is_file()


def read(place: Path, chapter: str) -> str:
    """Return the source of a chapter; SourceError where it cannot be read."""
    if place.is_file():
        try:
            return _unpacked(place)[chapter]
        except KeyError:
            raise SourceError(f"There is no chapter {chapter} in {place}.") from None
    path = place / f"{chapter}.py"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error


def packed(folder: Path) -> bytes:
    """Return the sources of a folder as a pack, the same bytes for the same texts."""
    others = (f"{OTHER_WAYS}/{name}" for name in names(folder))
    every = [*names(folder), *(name for name in others if has(folder, name))]
    texts = {name: read(folder, name) for name in every}
    return zlib.compress(json.dumps(texts).encode("utf-8"), 9)


@functools.cache
def _unpacked(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(zlib.decompress(path.read_bytes())))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    except (zlib.error, ValueError, TypeError) as error:
        raise SourceError(f"{path} is damaged. Install the course again.") from error
