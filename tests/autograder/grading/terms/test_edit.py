"""One line of gru-course.toml is changed, and all others stay."""

from __future__ import annotations

import tomllib

import pytest

from autograder.errors import GradingError
from autograder.grading.terms.edit import set_dropped

TEXTS = [
    "",
    "# mine\ntimezone = 'UTC'  # here\n",
    "[chapters.01_a]\n",
    "[chapters.01_a]",
    "[chapters.01_a]  # first\ndue = 2026-01-01\n\n[late]\nper_day = 3\n",
    '[chapters."01_a"]\ndrop = [\n  "x",  # why\n  "y",\n]\npoints = {z = 1}\n[extensions]\n',
    "[chapters.02_b]\ndrop = ['q']\n[chapters.01_a]\r\ndrop = ['x']\r\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_only_the_list_of_dropped_ones_changes_and_undo_takes_it_back(tmp_path, text):
    path = tmp_path / "gru-course.toml"
    path.write_bytes(text.encode())
    before = tomllib.loads(text.replace("\r\n", "\n"))
    assert set_dropped(path, "01_a", "new", True)
    found = tomllib.loads(path.read_text())
    dropped = found["chapters"]["01_a"].pop("drop")
    old = before.get("chapters", {}).get("01_a", {}).pop("drop", [])
    assert dropped == sorted([*old, "new"])
    assert "# mine" not in text or "# mine" in path.read_text()
    found["chapters"]["01_a"] or found["chapters"].pop("01_a")
    before.get("chapters", {}).get("01_a", True) or before["chapters"].pop("01_a")
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in before.items() if v}
    assert set_dropped(path, "01_a", "new", False) and not set_dropped(path, "01_a", "new", False)
    assert tomllib.loads(path.read_text())["chapters"]["01_a"]["drop"] == sorted(old)


def test_a_file_in_another_style_is_left_alone_and_the_line_is_told(tmp_path):
    path = tmp_path / "gru-course.toml"
    path.write_text("chapters = {01_a = {drop = []}}\n")
    with pytest.raises(GradingError, match=r"Write drop = \[\"x\"\] below \[chapters.01_a\]"):
        set_dropped(path, "01_a", "x", True)
    assert path.read_text() == "chapters = {01_a = {drop = []}}\n"
