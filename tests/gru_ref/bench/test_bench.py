"""`python -m gru_ref bench` prints its table; what stands in it is measured, not tested."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from gru_ref.bench import machine, sequence
from gru_ref.cli import main
from gru_ref.errors import UsageError


def bench(*options, **more):
    command = [sys.executable, "-W", "error", "-m", "gru_ref", "bench", *options]
    return subprocess.run(command, capture_output=True, text=True, **more)


def test_bench_prints_a_line_for_every_case_and_the_memory_against_T():
    done = bench("--seconds", "0", "--cases", "D", "--dtypes", "float32")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    (case,) = (line for line in lines if line[:1] == ["D"])
    assert case[1:6] == ["200", "32", "32", "64", "float32"]
    assert float(case[6]) > 0 and float(case[11]) > 0
    assert [line[0] for line in lines[-5:]] == ["100", "200", "400", "800", "1600"]


def test_bench_needs_no_clone_of_the_course(tmp_path):
    done = bench("--cases", "Z", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "There is no case 'Z'; choose one of: A, B, C, D, E.\n"


def test_a_dtype_that_is_not_there_is_said():
    with pytest.raises(UsageError, match="no dtype 'float16'; choose one of: float32, float64"):
        sequence.measure(["A"], ["float16"])


def test_a_contender_that_computes_something_else_is_not_timed():
    functions = {"fast": lambda: torch.ones(2).numpy(), "torch": lambda: torch.zeros(2).numpy()}
    with pytest.raises(AssertionError, match="torch computes something else"):
        sequence.in_turns(functions, 0.0)


@pytest.mark.parametrize(
    ("options", "due"),
    [
        (["--gpu", "--cases", "A"], "--cases goes without --gpu.\n"),
        (["--length", "5"], "--length goes with --gpu.\n"),
        (["--cpu"], "--cpu goes with --gpu.\n"),
        (["--kernels", "--cpu"], "--cpu goes with --gpu.\n"),
        (["--kernels", "--dtypes", "float32"], "--dtypes goes without --kernels.\n"),
        (["--kernels", "--gpu"], "--gpu and --kernels are two benchmarks: take one.\n"),
        (
            ["--gpu", "--batch", "1,x"],
            "--batch takes whole numbers above 0, as in 1,1024, and not '1,x'.\n",
        ),
    ],
)
def test_an_option_of_the_other_benchmark_is_refused(options, due, capsys):
    assert main(["bench", *options]) == 2
    assert capsys.readouterr().err == due


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_the_gpu_benchmark_says_that_there_is_no_gpu(capsys):
    assert main(["bench", "--gpu"]) == 0
    assert capsys.readouterr().out.startswith("There is no CUDA device here")


def test_what_it_ran_on_is_named(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    cpu, kernels = machine.machine().splitlines()
    assert f"NumPy {np.__version__}, torch {torch.__version__}; one thread" in cpu
    assert re.match(r"products: NumPy by \w+ .*, kernel .* and OPENBLAS_CORETYPE=Haswell", kernels)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert "`pip install 'gru-course[bench]'` brings what names it" in machine.machine()
