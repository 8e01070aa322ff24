"""Training: it learns, it is the same after any stop, and what cannot be done is said."""

import errno
import io
import json
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import threading
import zipfile

import pytest
import torch

from gru_ref import io as files
from gru_ref.cli import main
from gru_ref.errors import UsageError
from gru_ref.training import checkpoints, loop
from gru_ref.training.cuda_graph import captured, take_back
from gru_ref.training.devices import device_for, fabric_for
from gru_ref.training.journal import NAME as METRICS
from gru_ref.training.loop import fit
from gru_ref.training.many_models import fit_many
from gru_ref.training.models import over_time
from gru_ref.training.run import load_model
from tests.helpers.programs import running

TINY = {"length": 12, "hidden": 4, "batch": 4, "log_every": 4, "check_every": 5}
QUIET = {"progress": False, "device": "cpu"}

torch.set_num_threads(1)


def tiny(folder=None, steps=40, **more):
    return fit("adding", "gru", folder=folder, steps=steps, **TINY | QUIET | more)


def weights(folder):
    return checkpoints.load(folder)["model"]


def assert_same_run(one, other):
    for name, weight in weights(one).items():
        assert torch.equal(weight, weights(other)[name]), name
    assert (one / METRICS).read_bytes() == (other / METRICS).read_bytes()


def test_a_gru_learns_to_tell_reviews():
    result = fit("reviews", "gru", length=20, hidden=8, steps=400, until_solved=True, **QUIET)
    assert result.steps_to_solve == result.step and result.metric <= 0.01
    assert result.losses[1][-1] < result.losses[1][0]


def test_our_gru_learns_what_torch_gru_learns():
    due, seen = (fit("adding", cell, steps=20, **TINY | QUIET) for cell in ("gru", "own"))
    assert seen.losses[1] == pytest.approx(due.losses[1], rel=1e-4)


def test_a_cell_of_ones_own_is_trained():
    result = fit("adding", over_time(torch.nn.GRUCell), steps=8, **TINY | QUIET)
    assert result.settings.cell == "GRUCell" and len(result.losses[1]) == 2 + 1


def test_a_window_that_does_not_reach_the_evidence_learns_nothing():
    options = {"length": 20, "hidden": 8, "steps": 300, "until_solved": True, **QUIET}
    assert fit("latch", "lstm", window=10, **options).metric > 0.3
    assert fit("latch", "lstm", **options).metric <= 0.01


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(3)
    due = torch.rand(1)
    torch.manual_seed(3)
    tiny(steps=2)
    assert torch.equal(torch.rand(1), due)


def test_a_loss_is_the_mean_since_the_one_before():
    every = tiny(steps=8, log_every=1).losses[1]
    assert tiny(steps=8).losses[1][0] == pytest.approx(sum(every[:4]) / 4)


# Stopped, killed, and gone on


def test_a_run_in_two_parts_is_the_run_in_one(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    tiny(whole)
    tiny(parts, steps=20)
    result = tiny(parts)
    assert result.step == 40
    assert_same_run(whole, parts)


CHILD = """
import sys, torch
torch.set_num_threads(1)
from gru_ref.training.loop import fit
first = []
def announced():
    if not first: first.append(print("training", flush=True))
    return False
fit("adding", "gru", folder=sys.argv[1], steps=10**6, stop=announced, **eval(sys.argv[2]))
"""


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    options = TINY | QUIET | {"check_every": 2}
    command = [sys.executable, "-c", CHILD, str(killed), repr(options)]
    with running(command) as child:
        child.until("^training$")
        lines, due = 0, random.Random(0).randint(5, 40)
        with open(_there(killed / METRICS, child.process)) as metrics:
            while lines < due:  # a random number of records, and then wherever it stands
                assert child.process.poll() is None, "the training has ended by itself"
                lines += metrics.read().count("\n")
        child.process.kill()
    at = checkpoints.load(killed)["step"]
    steps = max(40, at + 7)
    for folder in (killed, whole):
        fit("adding", "gru", folder=folder, steps=steps, **options)
    assert_same_run(whole, killed)
    assert {file.name for file in killed.iterdir()} >= {checkpoints.NAME, METRICS}


def _there(path, child):
    while not path.exists():
        assert child.poll() is None, "the training has ended by itself"
    return path


def test_ctrl_c_ends_the_training_and_keeps_what_was_learned(tmp_path):
    whole, parts, asked = tmp_path / "whole", tmp_path / "parts", []

    def press():  # at the start of step 18
        asked.append(1)
        if len(asked) == 18:
            os.kill(os.getpid(), signal.SIGINT)
        return False

    result = tiny(parts, stop=press)
    assert result.stopped and result.step in (17, 18)
    assert weights(parts).keys() == result.model.state_dict().keys()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not tiny(parts).stopped
    tiny(whole)
    assert_same_run(whole, parts)


def test_a_stop_is_said_and_a_run_without_a_folder_returns_what_it_learned(capsys):
    result = tiny(stop=iter([False] * 3 + [True]).__next__, progress=True)
    assert result.stopped and result.step == 3 and result.metric > 0
    assert "Stopped after step 3. Nothing learned is lost; it is in what fit returns." in (
        capsys.readouterr().out
    )


def test_a_thread_that_gets_no_signals_can_train():
    done = []
    thread = threading.Thread(target=lambda: done.append(tiny(steps=3).step))
    thread.start()
    thread.join()
    assert done == [3]


def test_a_finished_run_is_not_trained_again(tmp_path):
    first = tiny(tmp_path)
    again = tiny(tmp_path, stop=lambda: pytest.fail("a step was about to be taken"))
    assert again.metric == first.metric and again.history == first.history


def test_a_run_that_diverges_ends_with_a_line_that_json_reads(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "evaluate", lambda *_: float("nan"))
    result = tiny(tmp_path, clip=1e30, lr=1e30)
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert result.step < 40 and lines[-1]["loss"] is None


# Validation, where data can be learned by heart


@pytest.fixture
def looks(monkeypatch):
    """Let looks find these metrics, and at the end the step whose weights are judged."""
    found = {5: 4.0, 10: 3.0, 15: 3.5, 20: 3.2, 25: 2.5, 30: 3.0, 35: 9.0, 40: 9.0}
    weights = {}

    def evaluate(model, to_do, batch):
        if torch.equal(batch.y, to_do.held_out(CPU).y):
            now = model.state_dict()
            same = (all(map(torch.equal, w.values(), now.values())) for w in weights.values())
            return next(float(k) for k, yes in zip(weights, same, strict=True) if yes)
        step = 5 + max(weights, default=0)
        weights[step] = {k: w.clone() for k, w in model.state_dict().items()}
        return found[step]

    monkeypatch.setattr(loop, "evaluate", evaluate)


CPU = torch.device("cpu")


def reading(folder=None, steps=40, **more):
    return fit("characters", folder=folder, steps=steps, **TINY | QUIET | more)


def test_the_best_look_at_validation_data_is_the_model_that_is_judged(looks):
    result = reading()
    assert (result.best, result.metric, result.step) == (25, 25, 40)
    assert result.metrics[1][:3] == [4.0, 3.0, 3.5] and "metric" not in result.history[-1]
    assert result.after == "at step 25, the best on validation data of 40 steps,"


def test_a_run_that_no_longer_gets_better_ends_and_goes_on_with_more_patience(looks, tmp_path):
    first = reading(tmp_path, patience=2)
    assert (first.best, first.metric, first.step, first.stopped) == (10, 10, 20, False)
    again = reading(tmp_path, patience=3)
    assert (again.best, again.metric, again.step) == (25, 25, 40)
    model, *_ = load_model(tmp_path)
    assert all(map(torch.equal, model.parameters(), again.model.parameters()))
    assert not torch.equal(weights(tmp_path)["read_out.bias"], model.read_out.bias)


# What cannot be done


def test_other_settings_do_not_overwrite_a_run(tmp_path):
    tiny(tmp_path)
    before = (tmp_path / checkpoints.NAME).read_bytes()
    with pytest.raises(UsageError, match=r"other settings \(lr 0.01 there and 0.5 here\)"):
        tiny(tmp_path, lr=0.5)
    assert (tmp_path / checkpoints.NAME).read_bytes() == before


class Evil:
    def __reduce__(self):
        return os.system, ("echo this must never run >&2; exit 1",)


def foreign(kind, whole):
    """Return the bytes of a file that is not a checkpoint of ours."""
    file = io.BytesIO()
    if kind == "empty":
        return b""
    if kind == "text":
        return b"hello"
    if kind == "cut":
        return whole[: len(whole) // 2]
    if kind == "a flipped bit":
        data = max(zipfile.ZipFile(io.BytesIO(whole)).infolist(), key=lambda i: i.file_size)
        at = data.header_offset + 200 + len(data.filename)
        return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    if kind == "a plain zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x", "y")
    elif kind == "code":
        torch.save({"format": checkpoints.FORMAT, "model": Evil()}, file, pickle_module=pickle)
    else:
        torch.save({"state_dict": {"w": torch.zeros(3)}}, file)
    return file.getvalue()


KINDS = ["empty", "text", "cut", "a flipped bit", "a plain zip", "code", "of another project"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_or_foreign_checkpoint_is_refused_and_left_alone(kind, tmp_path, capfd):
    tiny(tmp_path, steps=5)
    path = tmp_path / checkpoints.NAME
    bad = foreign(kind, path.read_bytes())
    path.write_bytes(bad)
    metrics = (tmp_path / METRICS).read_bytes()
    for call in (tiny, load_model):
        with pytest.raises(UsageError, match="is not a checkpoint of gru_ref, or it is damaged"):
            call(tmp_path)
    assert path.read_bytes() == bad and (tmp_path / METRICS).read_bytes() == metrics
    assert "never run" not in capfd.readouterr().err


@pytest.mark.parametrize("missing", ["model", "generator", "settings", "history"])
def test_a_checkpoint_that_lacks_a_part_is_refused(missing, tmp_path):
    tiny(tmp_path, steps=5)
    content = checkpoints.load(tmp_path)
    del content[missing]
    checkpoints.save(tmp_path, content)
    with pytest.raises(UsageError, match="does not fit here"):
        tiny(tmp_path)


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path, monkeypatch):
    tiny(tmp_path, steps=5)
    before = (tmp_path / checkpoints.NAME).read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UsageError, match="could not be written: No space left on device"):
        tiny(tmp_path)
    assert (tmp_path / checkpoints.NAME).read_bytes() == before
    assert sorted(f.name for f in tmp_path.iterdir()) == [checkpoints.NAME, METRICS]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_metrics_on_a_full_disk_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr("gru_ref.training.journal.NAME", "full")
    monkeypatch.setattr(
        "gru_ref.training.journal.write_whole", lambda path, _: path.symlink_to("/dev/full")
    )
    with pytest.raises(UsageError, match="full could not be written: No space left on device"):
        tiny(tmp_path)


BAD_CALLS = {
    "no task 'ading'": ["train", "ading"],
    "no cell 'grru'": ["train", "adding", "--cell", "grru"],
    "no device 'gpu'": ["train", "adding", "--device", "gpu"],
    "no precision '8'": ["train", "adding", "--precision", "8"],
    "hidden is 0": ["train", "adding", "--hidden", "0"],
    "lr is -1.0": ["train", "adding", "--lr", "-1"],
    "length is 1": ["train", "adding", "--length", "1"],
    "No such file|not a directory": ["train", "adding", "--out", "/dev/null/x"],
    "no option '--colour'": ["train", "adding", "--colour"],
    "no checkpoint at": ["sample", "/nowhere"],
    "no preset 'tiny'": ["compare", "adding", "--preset", "tiny"],
    "seeds is 0": ["compare", "adding", "--seeds", "0"],
    "no task 'lacht'": ["compare", "lacht"],
    "no cell 'gru.3'": ["compare", "adding", "--cells", "gru+3"],
}


@pytest.mark.parametrize("due", BAD_CALLS)
def test_bad_input_is_one_sentence_and_status_two(due, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(BAD_CALLS[due]) == 2
    said = capsys.readouterr().err
    assert re.search(due, said, re.IGNORECASE) and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_said():
    with pytest.raises(UsageError, match="'cuda:1' is not there: this machine has no CUDA devices"):
        tiny(device="cuda:1")
    with pytest.raises(UsageError, match="A CUDA graph needs a CUDA device"):
        tiny(graph=True)
    assert device_for("auto") == torch.device("cpu")


def test_the_command_trains_says_what_came_of_it_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["train", "adding", "--length", "8", "--hidden", "3", "--device", "cpu", "--steps"]
    for steps in ("2", "4"):
        assert main([*command, steps]) == 0
        assert f"after {steps} steps in" in capsys.readouterr().out
    assert checkpoints.load("runs/adding-gru-0")["step"] == 4


def test_tensorboard_gets_the_losses_where_it_is_asked_for(tmp_path):
    pytest.importorskip("tensorboardX")
    tiny(tmp_path, steps=5, tensorboard=True)
    (events,) = (tmp_path / "tensorboard").iterdir()
    assert b"loss" in events.read_bytes() and b"metric" in events.read_bytes()


def test_tensorboard_that_is_not_installed_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(UsageError, match=r"needs the package tensorboardX: `pip install"):
        tiny(tmp_path, tensorboard=True)


def test_gru_ref_is_imported_without_torch_and_lightning():
    code = "import sys, gru_ref, gru_ref.cli; print({'torch', 'lightning'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_training_needs_no_more_than_the_projects_dependencies():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['music21', 'tensorboardX', 'jaxtyping', "
        "'beartype', 'ipywidgets', 'IPython']))\n"
        "from gru_ref.training.loop import fit\nimport gru_ref.experiments.report\n"
        "import gru_ref.experiments.sampling\n"
        "print(fit('adding', length=8, hidden=2, steps=2, progress=False).step)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "2\n", done.stderr


# Many models at once


@pytest.mark.parametrize("name", ["adding", "copy"])
def test_many_models_at_once_are_the_models_one_by_one(name):
    options = {"length": 8, "hidden": 4, "batch": 4, "steps": 12, "clip": 0.1, "log_every": 1}
    many = fit_many(name, [0, 5], [0.01, 0.1], **options, **QUIET)
    assert many.models == [(0, 0.01), (0, 0.1), (5, 0.01), (5, 0.1)]
    for i, (seed, lr) in enumerate(many.models):
        one = fit(name, "own", seed=seed, lr=lr, **options, **QUIET)
        assert many.losses[:, i] == pytest.approx(one.losses[1], rel=1e-4)  # float32
        assert many.metrics[i] == pytest.approx(one.metric, rel=1e-4)
        for key, weight in one.model.state_dict().items():
            torch.testing.assert_close(many.weights[key][i], weight, rtol=1e-3, atol=1e-4)


# On a GPU, and what of it can be tested without

needs_cuda = pytest.mark.needs("gpu")


def test_steps_of_warming_up_are_taken_back():
    net = torch.nn.Linear(2, 2)
    adam = torch.optim.AdamW(net.parameters(), fused=True)

    def step():
        net(torch.ones(1, 2)).sum().backward()
        adam.step()

    def tensors():
        return [t for of in adam.state.values() for t in of.values()]

    start = [w.detach().clone() for w in net.parameters()]
    step()
    take_back(net, adam, start, {})
    assert all(map(torch.equal, net.parameters(), start)) and not any(t.any() for t in tensors())
    step()
    before = [w.detach().clone() for w in net.parameters()], {id(t): t.clone() for t in tensors()}
    step()
    take_back(net, adam, *before)
    assert all(map(torch.equal, net.parameters(), before[0]))
    assert all(torch.equal(t, before[1][id(t)]) for t in tensors())


@needs_cuda
@pytest.mark.parametrize("cell", ["gru", "own"])
def test_a_captured_step_learns_what_a_plain_one_learns(cell):
    options = TINY | {"device": "cuda", "precision": "32", "progress": False, "steps": 20}
    plain, graph = (fit("adding", cell, graph=g, **options) for g in (False, True))
    assert graph.losses[1] == pytest.approx(plain.losses[1], rel=1e-2)


@needs_cuda
def test_no_step_between_two_records_waits_for_the_device():
    from gru_ref.training.run import Run
    from gru_ref.training.settings import Settings
    from gru_ref.training.tasks import task

    s, to_do = Settings("adding", **TINY), task("adding", 12)
    run = Run(s, fabric_for("cuda"), to_do, "gru")
    advance = loop.step_of(run, to_do)
    advance(*to_do.batch(run.generator, 4))
    torch.cuda.set_sync_debug_mode("error")
    try:
        for step in range(4):
            run.losses[step] = advance(*to_do.batch(run.generator, 4))
    finally:
        torch.cuda.set_sync_debug_mode("default")


@needs_cuda
@pytest.mark.parametrize("name", ["sine", "copy", "temporal_order", "latch", "reviews_changed"])
def test_a_batch_is_made_on_the_gpu(name):
    from gru_ref.training.tasks import task

    x, y = task(name).batch(torch.Generator("cuda").manual_seed(0), 4)
    assert x.is_cuda and y.is_cuda


def test_a_capture_without_a_gpu_is_refused():
    net, adam = torch.nn.Linear(1, 1), torch.optim.AdamW([torch.zeros(1)])
    with pytest.raises(UsageError, match="leave --graph out on a CPU"):
        captured(lambda x, y: x, torch.zeros(1), torch.zeros(1), net, adam)
