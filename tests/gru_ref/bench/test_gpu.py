"""The table of `bench --gpu`, drawn on a CPU: every line of it, and what stands where none can."""

import pytest
import torch

from gru_ref.bench import contenders, gpu
from gru_ref.bench.ceilings import Work, median_seconds, needed
from gru_ref.cli import main

CPU = torch.device("cpu")


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_on_a_cpu_each_way_is_timed_or_says_why_not(monkeypatch, capsys, one_thread):
    monkeypatch.setattr(torch, "compile", lambda step: step)  # compiling takes half a minute
    sizes = ["--length", "7,60000", "--batch", "3", "--hidden", "4"]
    monkeypatch.setattr(gpu, "SMALL", (7, 3, 4))
    assert main(["bench", "--gpu", "--cpu", "--seconds", "0", *sizes]) == 0
    said = capsys.readouterr()
    assert not said.err
    lines = said.out.splitlines()
    assert lines.count("T=7 N=3 H=4") == 1  # both lengths are cut to one
    rows = {way.name: next(x for x in lines if x.startswith(f"{way.name} ")) for way in gpu.WAYS}
    for name, row in rows.items():
        figures = row.removeprefix(name).split()
        if "captured" in name:
            assert row.endswith("does not run here: A CUDA graph needs a CUDA device.")
        elif name in ("our kernel", "minGRU, our scan"):
            assert "does not run here: The kernels need" in row
        else:
            assert len(figures) >= 8 and all(float(x.strip("%")) >= 0 for x in figures[:8])
    assert rows["torch.nn.GRU"].split()[2] == rows["torch.nn.GRU"].split()[6] == "1.00"
    assert rows["Newton rounds"].endswith(" rounds")
    assert lines[-1].split()[:2] == ["4", "models:"]


@pytest.mark.parametrize(
    ("error", "due"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried ..."), "needs more memory than is here"),
        (RuntimeError("first\nsecond"), "does not run here: first"),
        (AssertionError(), "does not run here: AssertionError()"),
    ],
)
def test_a_way_that_ends_in_an_error_is_a_sentence_in_its_row(monkeypatch, error, due):
    def made(*_):
        raise error

    monkeypatch.setattr(gpu, "made", made)
    at = contenders.Point(1, 1, 1, "32")
    assert gpu.line(gpu.WAYS[0], at, CPU, Work(1, 1), 0.0, {}) == due


def test_ratios_are_to_the_way_that_comes_first(monkeypatch):
    monkeypatch.setattr(gpu, "made", lambda way, *_: contenders.Timed(way.name, way.name, ""))
    monkeypatch.setattr(
        gpu, "median_seconds", lambda name, *_: {"slow": 0.004, "fast": 0.001}[name]
    )
    due, at = {}, contenders.Point(1, 1, 1, "32")
    rows = [
        gpu.line(contenders.Way(name, "gru"), at, CPU, Work(1e9, 1e9), 0.0, due).split()
        for name in ("slow", "fast")
    ]
    assert [row[:2] for row in rows] == [["4.000", "1.00"], ["1.000", "4.00"]]


def test_what_a_pass_needs_at_least():
    T, N, D, H = 5, 3, 2, 4
    assert needed("gru", T, N, D, H, "32", False) == (15 * 4 * 6, 15 * 2 * 12 * 6)
    assert needed("fused", T, N, D, H, "bf16", True) == (15 * 2 * (4 + 8 + 24), 15 * 6 * 12 * 6)
    assert needed("mingru", T, N, D, H, "32", True) == (15 * 4 * (4 + 8 + 16), 15 * 6 * 8 * 2)


def test_a_slow_way_is_timed_less_often(monkeypatch):
    monkeypatch.setattr("gru_ref.bench.ceilings.PATIENCE", -1.0)
    runs = []
    median_seconds(lambda: runs.append(1), CPU, 0.0)
    assert len(runs) == 2  # one to warm up
    monkeypatch.undo()
    median_seconds(lambda: runs.append(1), CPU, 0.0)
    assert len(runs) == 2 + 4
