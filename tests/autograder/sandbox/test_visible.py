"""What is seen inside, where the course is a checkout and where it is an installed package."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import COURSE
from autograder.sandbox import visible


def test_an_installed_course_below_a_shown_directory_is_covered_once(tmp_path, monkeypatch):
    """A tmpfs inside a tmpfs that is read-only could not be made: the sandbox would not start."""
    libraries = tmp_path / "lib"
    site = libraries / f"python3.{sys.version_info.minor}" / "site-packages"
    data = site / "autograder" / "course" / "data"
    (data / "notebooks").mkdir(parents=True)
    (data / "keys.pack").write_bytes(b"")
    monkeypatch.setattr(visible, "ROOT", site)
    monkeypatch.setattr(visible, "binds", lambda course: {Path("/lib"): libraries})
    installed = replace(COURSE, solutions=data / "keys.pack", notebooks=data / "notebooks")
    assert visible.covered(installed) == [site]


def test_neither_key_nor_chapters_are_shown():
    shown = visible.binds(COURSE).values()
    for place in (COURSE.solutions, COURSE.notebooks, visible.ROOT / "autograder" / "course"):
        for path in (place, *place.glob("*.py")):
            held = [s for s in shown if path.is_relative_to(s)]
            assert not held or path in COURSE.visible.files.values(), (path, held)


@pytest.mark.parametrize(
    ("cell", "asked"),
    [
        ("import torch", True),
        ("from torch import nn", True),
        ("if True:\n    import numpy as np, torch", True),
        ("# import torch", False),
        ("import torchvision", False),
        ("torch = 3", False),
    ],
)
def test_a_package_on_demand_is_seen_where_a_cell_imports_it(cell, asked):
    packages = visible.packages_for(COURSE, "01_reset_gate", ["x = 1", cell])
    assert ("torch" in packages) is asked
    assert visible.packages_for(COURSE, "09_which_cell", [cell]).count("torch") == 1


def unseen(shown):
    """Return what a shown module imports of ours and is not shown itself."""
    ours = {path.parts[0] for path in shown}
    lacking = set()
    for inside, here in shown.items():
        if inside.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(here.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for name in names:
                path = Path(*name.split("."))
                if path.parts[0] in ours and not {path.with_suffix(".py"), path / "__init__.py"} & {
                    *shown
                }:
                    lacking.add((str(inside), name))
    return lacking


def test_what_a_shown_module_imports_is_shown_too():
    shown = visible.files(COURSE)
    assert not unseen(shown)
    gone = Path("autograder/core/time_limit.py")
    assert ("autograder/core/call.py", "autograder.core.time_limit") in unseen(
        {inside: here for inside, here in shown.items() if inside != gone}
    )
