"""What a person can mend is one sentence and an exit status, never a traceback."""

import os
import subprocess
import sys

import pytest

from autograder.cli import main
from tests.helpers.submissions import CHAPTER, hand_in, solved


@pytest.fixture
def class_directory(tmp_path):
    """Return (submitted, out): a class of one that is graded."""
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    hand_in(submitted, "ada", solved("sigmoid"))
    args = ["grade", str(submitted), "--out", str(out), "--sandbox", "auto", "--workers", "1"]
    assert main(args) == 0
    return args, out


@pytest.mark.parametrize(
    "line",
    [
        'c.AssignLatePenalties.plugin_class = "no_such.Plugin"',
        "this is not python",
        "import no_such_package",
        "c.AssignLatePenalties.plugin_class = 7",
        "1 / 0",
    ],
)
def test_a_line_in_the_configuration_that_cannot_be_used_is_named(class_directory, capsys, line):
    args, out = class_directory
    config = out / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\n{line}\n")
    before = (out / "grades.csv").read_bytes()
    capsys.readouterr()
    assert main([*args, "--force"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("autograder: ") and "nbgrader_config.py" in said
    assert (out / "grades.csv").read_bytes() == before


def test_a_database_without_its_driver_says_what_to_install(tmp_path, capsys):
    hand_in(tmp_path / "submitted", "ada", solved("sigmoid"))
    address = "mysql://user@host/name"
    args = ["grade", str(tmp_path / "submitted"), "--out", str(tmp_path / "out"), "--db", address]
    assert main([*args, "--sandbox", "auto", "--workers", "1"]) == 2
    assert "driver: pip install" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["export", "--help"]])
def test_a_pipe_that_is_closed_ends_in_silence(words):
    program = f"import sys; from autograder.cli import main; sys.exit(main({words!r}))"
    command = f"'{sys.executable}' -c \"{program}\" | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr and "Broken" not in done.stderr


def test_a_command_that_is_not_known_or_not_complete_is_one_sentence(capsys):
    for words in (["bogus"], ["grade"], ["grade", "x", "--out", "y", "--seed", "-3"], ["reset"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert said.startswith("autograder: ") and said.count("\n") == 1


def test_no_command_lists_the_commands(capsys):
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_a_chapter_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["reset", "99_nowhere"]) == 2
    said = capsys.readouterr().err
    assert "99_nowhere" in said and CHAPTER in said


@pytest.mark.parametrize("line", ["1 / 0", "raise SystemExit(3)", "this is not python"])
def test_a_course_that_cannot_be_imported_is_one_sentence_and_no_workers_traceback(tmp_path, line):
    (tmp_path / "broken_course.py").write_text(line)
    hand_in(tmp_path / "submitted", "ada", solved("sigmoid"))
    args = ["grade", str(tmp_path / "submitted"), "--out", str(tmp_path / "out")]
    program = (
        "import sys; from autograder import cli\n"
        f"cli.DEFAULT = 'broken_course:COURSE'; sys.exit(cli.main({args!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
