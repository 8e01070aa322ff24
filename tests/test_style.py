"""ruff reads every file, import-linter every import and mypy every type; see pyproject.toml."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def says(*command):
    """Return what a tool has to say of the repository, or "" where it is content."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"{' '.join(command)}:\n{done.stdout}{done.stderr}" if done.returncode else ""


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_nothing_to_say(command):
    assert not says("-m", "ruff", *command, ".")


def test_imports_run_one_way():
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    assert not says("-c", lint, "--no-cache")


def test_the_autograder_has_the_types_that_it_says():
    assert not says("-m", "mypy", "--follow-imports=silent", "-p", "autograder")
