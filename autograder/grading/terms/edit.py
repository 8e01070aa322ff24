"""One setting of a class's file, changed with all other lines as they were."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from autograder.errors import GradingError
from autograder.io import write_file


def set_dropped(path: Path, chapter: str, exercise: str, dropped: bool) -> bool:
    """Put an exercise on a chapter's list of dropped ones, or take it off; return if that changed.

    GradingError where the file is written so that a person has to do it.
    """
    text = path.read_bytes().decode("utf-8-sig") if path.is_file() else ""
    try:
        settings = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise GradingError(f"{path} is no TOML: {error}.") from error
    before = settings.get("chapters", {}).get(chapter, {}).get("drop", [])
    wanted = sorted({*before, exercise}) if dropped else [e for e in before if e != exercise]
    if sorted(before) == sorted(wanted):
        return False
    changed = _changed(text, chapter, f"drop = {json.dumps(wanted, ensure_ascii=False)}")
    expected = settings | {"chapters": dict(settings.get("chapters", {}))}
    expected["chapters"][chapter] = {**expected["chapters"].get(chapter, {}), "drop": wanted}
    try:
        done = tomllib.loads(changed.replace("\r\n", "\n")) == expected
    except tomllib.TOMLDecodeError:
        done = False
    if not done:
        raise GradingError(
            f"{path} is written in a way that this command does not change. Write "
            f"drop = {json.dumps(wanted)} below [chapters.{chapter}] yourself."
        )
    write_file(path, changed)
    return True


def _changed(text: str, chapter: str, line: str) -> str:
    head = re.compile(
        rf"""(?m)^[ \t]*\[\s*chapters\s*\.\s*["']?{re.escape(chapter)}["']?\s*\].*$"""
    )
    found = head.search(text)
    if found is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[chapters.{chapter}]\n{line}\n"
    rest = text[found.end() :]
    end = re.search(r"(?m)^[ \t]*\[", rest)
    section, after = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    old = re.search(r"(?ms)^[ \t]*drop[ \t]*=[ \t]*\[[^\]]*\]", section)
    if old:
        section = section[: old.start()] + line + section[old.end() :]
    else:
        section = f"\n{line}{section}" if section else f"\n{line}\n"
    return text[: found.end()] + section + after
