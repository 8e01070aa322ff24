"""The kernels: what fits, what a compiler says of it, and what runs where they cannot."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from gru_ref.cli import main
from gru_ref.errors import UsageError
from gru_ref.training.kernels import cell
from gru_ref.training.kernels.plan import HOPPER, plan, plan_for
from gru_ref.training.loop import fit

ROOT = Path(__file__).resolve().parents[3]
INTERPRETED = "tests/gru_ref/training/interpreted_kernels.py"


@pytest.mark.needs("triton")
@pytest.mark.timeout(600)
def test_under_the_interpreter_the_kernels_are_the_reference():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", INTERPRETED]
    kept = {name: value for name, value in os.environ.items() if name[:7] != "PYTEST_"}
    environ = kept | {"TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout) and "skipped" not in done.stdout


@pytest.mark.needs("triton")
def test_a_compiler_for_sm_90_finds_room_and_spills_nothing(tmp_path):
    words = ["-m", "gru_ref", "bench", "--kernels", "--hidden", "64", "--precision", "bf16"]
    environ = os.environ | {"TRITON_CACHE_DIR": str(tmp_path), "TRITON_INTERPRET": "0"}
    done = subprocess.run(
        [sys.executable, *words], env=environ, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr + done.stdout
    rows = re.findall(r"^bf16 +64 (\w+)(, before)? +(\S+) +(\S+) +\d+ +(\d+)$", done.stdout, re.M)
    kernels = [(name, bool(before)) for name, before, *_ in rows]
    both = ("gru_forward", "gru_backward")
    assert kernels == [(name, before) for before in (False, True) for name in both]
    for *_, planned, shared, spilled in rows:
        assert 3 * 64 * 64 * 2 <= int(shared.replace(",", "")) <= int(planned.replace(",", ""))
        assert spilled == "0"
    assert done.stdout.splitlines()[-1] == "Every planned kernel fits, none spills."


@pytest.mark.parametrize(
    ("H", "dtype", "tf32", "warps", "dot"),
    [
        (64, torch.bfloat16, False, 4, "tf32"),
        (128, torch.float16, False, 8, "tf32"),
        (128, torch.float32, True, 8, "tf32"),
        (64, torch.float32, False, 8, "ieee"),
    ],
)
def test_what_fits_has_a_plan(H, dtype, tf32, warps, dot):
    to_do = plan(H, dtype, tf32=tf32)
    assert (to_do.warps, to_do.dot) == (warps, dot) and to_do.shared <= HOPPER


@pytest.mark.parametrize(
    ("H", "dtype", "limit", "why"),
    [
        (256, torch.bfloat16, HOPPER, "256 units in bfloat16 need 425,984 bytes .* has 232,448"),
        (128, torch.bfloat16, 101376, "need 114,688 bytes of shared memory, and a block has 101,3"),
        (256, torch.float32, HOPPER, "need 851,968 bytes"),
        (128, torch.float32, HOPPER, "up to 64 units, not 128: beyond, they run out of registers"),
        (8, torch.float32, HOPPER, "a power of two, not 8"),
        (100, torch.bfloat16, HOPPER, "a power of two, not 100"),
        (64, torch.float64, HOPPER, "in bfloat16, float16, float32, not in float64"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_number(H, dtype, limit, why):
    with pytest.raises(UsageError, match=why):
        plan(H, dtype, limit, tf32=False)


def test_the_room_is_that_of_the_card(monkeypatch):
    card = SimpleNamespace(shared_memory_per_block=49152, shared_memory_per_block_optin=101376)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: card)
    assert plan_for(torch.device("cuda"), 64, torch.bfloat16).shared == 32768
    with pytest.raises(UsageError, match="a block has 101,376"):
        plan_for(torch.device("cuda"), 128, torch.bfloat16)


def test_torch_decides_whether_products_are_rounded():
    before = torch.get_float32_matmul_precision()
    try:
        for word, dot in (("highest", "ieee"), ("high", "tf32")):
            torch.set_float32_matmul_precision(word)
            assert plan(32, torch.float32).dot == dot
    finally:
        torch.set_float32_matmul_precision(before)


def test_where_no_kernel_runs_torch_gru_does_and_one_sentence_says_so(capsys):
    options = {"length": 6, "hidden": 16, "batch": 4, "steps": 4, "log_every": 1, "device": "cpu"}
    fused, gru = (fit("adding", c, progress=False, **options) for c in ("fused", "gru"))
    assert fused.losses == gru.losses and fused.metric == gru.metric
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("The kernels need ")
    assert said.endswith(" So torch.nn.GRU runs in its place.\n")


def without(monkeypatch, *programs):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: "triton" not in programs or None)
    monkeypatch.setattr("shutil.which", lambda name: None if name in programs else f"/bin/{name}")
    monkeypatch.delenv("CC", raising=False)
    cell.lacking.cache_clear()


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        (["triton"], "needs? triton, which is not installed: pip install 'gru-course.kernels.'"),
        (["gcc", "clang"], "needs a C compiler to start kernels, and there is none: install gcc"),
    ],
)
def test_what_triton_needs_on_a_card_is_said_before_it_fails(monkeypatch, programs, why):
    without(monkeypatch, *programs)
    try:
        assert re.search(why, cell.lacking(torch.device("cuda")))
    finally:
        cell.lacking.cache_clear()


def test_the_command_without_triton_names_the_extra(monkeypatch, capsys):
    without(monkeypatch, "triton")
    cell.lacking.cache_clear()
    assert main(["bench", "--kernels"]) == 2
    assert "pip install 'gru-course[kernels]'" in capsys.readouterr().err
