"""The command line: a user's mistake is a sentence, a stop is quiet, and nothing is a traceback."""

import os
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version

import pytest

from gru_ref import cli
from gru_ref.cli import main
from gru_ref.errors import UsageError
from gru_ref.training import devices, models, presets, tasks
from gru_ref.training.settings import Settings


def run(code, *words):
    """Run code in a process of its own, with gru_ref's arguments."""
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True)


def without(*modules):
    """Return code that runs the command line where these modules are not installed."""
    return (
        f"import sys; sys.modules.update(dict.fromkeys({modules!r}))\n"
        "from gru_ref.cli import main\nsys.exit(main())"
    )


def test_names_that_the_command_line_offers_are_those_that_training_knows():
    assert tuple(tasks.TASKS) == cli.TASKS
    assert tuple(models.CELLS) == cli.CELLS
    assert tuple(presets.PRESETS) == cli.PRESETS
    assert ("auto", *devices.PRECISIONS) == cli.PRECISIONS


def test_defaults_of_train_are_those_of_settings(monkeypatch):
    seen = {}

    def fit(*names, **options):
        seen.update(options)
        raise UsageError(str(names))

    monkeypatch.setattr("gru_ref.training.loop.fit", fit)
    assert main(["train", "adding"]) == 2
    due = asdict(Settings("adding"))
    assert due.items() - {("task", "adding"), ("cell", "gru")} <= seen.items()


def test_the_version_is_the_projects(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"gru-course {version('gru-course')}\n"


@pytest.mark.parametrize("command", cli.commands.commands)
def test_every_command_tells_its_options_without_torch(command):
    done = run(without("torch", "lightning", "tqdm"), command, "--help")
    assert done.returncode == 0 and "--verbose" in done.stdout, done.stderr


@pytest.mark.parametrize("missing", ["torch", "lightning", "tqdm"])
def test_training_without_its_packages_names_the_extra(missing):
    done = run(without(missing), "train", "adding")
    assert done.returncode == 2
    assert done.stderr == (
        f"`python -m gru_ref train` needs {missing}, which is not installed: "
        f"`pip install 'gru-course[train]'`.\n"
    )


def test_bench_without_torch_names_the_extra(monkeypatch):
    for name in cli.THREADS:
        monkeypatch.setenv(name, "1")
    done = run(without("torch"), "bench")
    assert done.returncode == 2 and "needs torch, which is not installed" in done.stderr


@pytest.mark.parametrize("missing", ["numpy", "click"])
def test_a_python_outside_of_any_environment_is_told_so(missing, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{missing!r}] = None\n")
    done = subprocess.run(
        [sys.executable, "-m", "gru_ref", "train", "adding"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert f"needs {missing}, which this Python does not have" in done.stderr
    assert done.stderr.count("\n") == 1


MISTAKES = {
    "Missing argument 'TASK'.": ["train"],
    "Invalid value for '--hidden': 'x' is not a valid integer.": ["train", "adding", "--hidden=x"],
    "There is no option '--colour' of train; see --help.": ["train", "adding", "--colour"],
    "There is no option '--colour' of python -m gru_ref; see --help.": ["--colour", "train"],
    "No such command 'trian'": ["trian"],
    "Option '--cells' requires an argument.": ["compare", "adding", "--cells"],
    "There is no precision '8'; choose one of: auto, 32, bf16.": ["bench", "--precision", "8"],
}


@pytest.mark.parametrize("due", MISTAKES)
def test_a_mistake_is_one_sentence(due, capsys):
    assert main(MISTAKES[due]) == 2
    said = capsys.readouterr().err
    assert due in said and said.count("\n") == 1


def test_no_command_shows_the_help(capsys):
    assert main([]) == 2
    assert "train" in capsys.readouterr().err


def test_verbose_shows_where_it_comes_from(capsys):
    for words in (["-v", "sample", "/nowhere"], ["sample", "/nowhere", "-v"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "Traceback" in said and said.endswith("There is no checkpoint at /nowhere.\n")


@pytest.mark.parametrize(
    ("words", "due"),
    [
        (["--cells", "gru", "lstm+1", "--seeds", "2", "adding"], ("gru", "lstm+1")),
        (["adding", "--cells", "gru", "--seeds", "2", "--cells", "own"], ("gru", "own")),
        (["adding", "--cells=gru", "--seeds", "2"], ("gru",)),
        (["adding", "--seeds", "2"], ("tanh", "gru", "lstm")),
    ],
)
def test_cells_are_all_words_up_to_the_next_option(words, due, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "gru_ref.experiments.grid.compare",
        lambda *a, **k: (seen.append((*a, k["seeds"])), [], 1)[1:],
    )
    assert main(["compare", *words]) == 0
    assert seen == [(("adding",), due, 2)]


def test_ctrl_c_is_said_and_no_traceback(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gru_ref.training.loop.fit", interrupted)
    assert main(["train", "adding"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def into(stdout):
    return subprocess.run(
        [sys.executable, "-m", "gru_ref", "--help"],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_reader_that_has_gone_is_no_mistake():
    read, write = os.pipe()
    os.close(read)
    done = into(write)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_is_said():
    with open("/dev/full", "w") as full:
        done = into(full)
    assert done.returncode == 2
    assert done.stderr == "The output could not be read or written: No space left on device.\n"
