"""The kernels on a CPU, under Triton's interpreter; `test_kernels.py` runs this file.

TRITON_INTERPRET=1 python -m pytest tests/gru_ref/training/interpreted_kernels.py
"""

import lightning.fabric  # noqa: F401 — before gru_ref, or the tests' hook compiles it anew
import pytest
import torch

from gru_ref.errors import UsageError
from gru_ref.training.kernels import gru
from gru_ref.training.kernels.cell import FusedGRU
from gru_ref.training.kernels.gru import states
from gru_ref.training.kernels.scan import linear_scan
from gru_ref.training.parallel import MinGRU
from tests.gru_ref.training.kernel_checks import gru_is_off_by, scan_is_off_by

FLOAT32 = 2e-6  # of sums over 32 units and, in the weights' gradients, 126 steps and rows


@pytest.mark.parametrize("reset", ["after", "before"])
@pytest.mark.parametrize(("T", "N", "H"), [(1, 1, 16), (5, 3, 16), (7, 18, 32)])
def test_states_and_gradients_are_the_references(T, N, H, reset):
    assert gru_is_off_by(T, N, H, reset) < FLOAT32


def test_in_float16_they_are_as_near_as_its_digits_allow():
    # i itself is rounded to 11 bits; sums are in float32
    assert gru_is_off_by(3, 17, 16, dtype=torch.float16) < 3 * torch.finfo(torch.float16).eps


@pytest.mark.parametrize("shape", [(1, 1), (65, 3, 11)])
def test_the_scan_is_the_loop_whatever_blocks_divide(shape):
    assert scan_is_off_by(*shape) < FLOAT32


def test_without_gradients_nothing_is_kept_and_the_states_are_the_same(monkeypatch):
    given = torch.randn(5, 3, 48), torch.zeros(3, 16), torch.randn(48, 16), torch.randn(48)
    with_gradients = states(*(a.requires_grad_() for a in given))
    launched, kernel = [], gru.gru_forward

    class Recorded:
        def __getitem__(self, grid):
            def launch(*arguments, **options):
                launched.append(arguments)
                kernel[grid](*arguments, **options)

            return launch

    monkeypatch.setattr(gru, "gru_forward", Recorded())
    with torch.no_grad():
        assert torch.equal(states(*given), with_gradients)
    ((_, _, _, _, kept, *_),) = launched
    assert kept.numel() == 1


@pytest.mark.parametrize("batch_of_states", [True, False])
def test_the_cell_is_torch_gru_layer_after_layer(batch_of_states, capsys):
    theirs, ours = torch.nn.GRU(3, 16, num_layers=2), FusedGRU(3, 16, num_layers=2)
    ours.load_state_dict(theirs.state_dict())
    x, h_0 = torch.randn(4, 5, 3), torch.randn(2, 5, 16) if batch_of_states else None
    found = []
    for net in (ours, theirs):
        h, h_T = net(x, h_0)
        (h.square().sum() + h_T.sum()).backward()
        found.append([h, h_T, *(w.grad for w in net.parameters())])
    for seen, due in zip(*found, strict=True):
        torch.testing.assert_close(seen, due, rtol=1e-5, atol=1e-5)
    assert ours.why_not == "" and not capsys.readouterr().err


def test_autocast_runs_the_kernels_in_its_type():
    net, x = FusedGRU(3, 16), torch.randn(6, 5, 3)
    exact = net(x)[0]
    with torch.autocast("cpu", dtype=torch.float16):
        mixed = net(x)[0]
    assert mixed.dtype == torch.float16 and net.why_not == ""
    torch.testing.assert_close(mixed.float(), exact, rtol=0, atol=0.005)


@pytest.mark.parametrize(
    ("H", "dtype", "why"),
    [
        (24, torch.float32, "not 24"),
        (16, torch.float64, "not in float64"),
        (16, torch.bfloat16, "interpreter takes the bits"),
    ],
)
def test_what_no_plan_takes_is_told_once_and_torch_gru_runs(H, dtype, why, capsys):
    ours = FusedGRU(3, H).to(dtype)
    x = torch.randn(4, 2, 3, dtype=dtype)
    for _ in range(2):
        due = torch.nn.GRU.forward(ours, x)[0]
        assert torch.equal(ours(x)[0], due)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and why in said and "So torch.nn.GRU runs in its place." in said


def test_mingru_takes_the_kernel_for_its_scan():
    net, x = MinGRU(3, 5), torch.randn(5, 4, 3)
    due = net(x)[0]
    net.scan = linear_scan
    torch.testing.assert_close(net(x)[0], due, rtol=0, atol=1e-6)


def test_a_scan_of_matrices_or_of_float64_is_refused():
    with pytest.raises(ValueError, match="the scan takes diagonals"):
        linear_scan(torch.ones(3, 2, 2), torch.ones(3, 2), torch.ones(1, 2))
    with pytest.raises(UsageError, match="sums in float32"):
        linear_scan(*(torch.ones(n, 2).double() for n in (3, 3, 1)))
