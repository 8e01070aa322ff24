"""On a card: the kernels are the references, and what is captured or rounded learns the same.

`make gpu` runs these; `interpreted_kernels.py` runs the same kernels on a CPU.
"""

import pytest
import torch

from gru_ref.training.kernels.cell import FusedGRU
from gru_ref.training.kernels.plan import HOPPER, plan
from gru_ref.training.loop import fit
from tests.gru_ref.training.kernel_checks import gru_is_off_by, scan_is_off_by

pytestmark = pytest.mark.needs("gpu", "triton")

CARD = torch.device("cuda", 0)
WAYS = {  # dtype, torch's precision of float32 products, error that its digits allow
    "float32": (torch.float32, "highest", 1e-5),
    "tf32": (torch.float32, "high", 1e-2),  # 10 bits
    "float16": (torch.float16, "high", 1e-2),  # 10 bits
    "bfloat16": (torch.bfloat16, "high", 6e-2),  # 7 bits
}


@pytest.fixture
def products():
    """Return torch's setter of the precision of float32 products, which is taken back."""
    before = torch.get_float32_matmul_precision()
    yield torch.set_float32_matmul_precision
    torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize("reset", ["after", "before"])
@pytest.mark.parametrize(("T", "N", "H"), [(1, 1, 16), (37, 19, 32), (300, 64, 64), (50, 17, 128)])
@pytest.mark.parametrize("way", WAYS)
def test_states_and_gradients_are_the_references(way, T, N, H, reset, products):
    dtype, precision, tolerance = WAYS[way]
    products(precision)
    if way == "float32" and H == 128:
        pytest.skip("no plan takes 128 units in full float32")
    assert gru_is_off_by(T, N, H, reset, CARD, dtype) < tolerance


@pytest.mark.parametrize("shape", [(1, 1), (65, 2, 17), (1000, 3, 128), (20000, 33)])
def test_the_scan_is_the_loop(shape):
    assert scan_is_off_by(*shape, device=CARD) < 1e-5


def test_this_card_gives_a_block_what_the_plans_count_on():
    major, _ = torch.cuda.get_device_capability(CARD)
    there = torch.cuda.get_device_properties(CARD).shared_memory_per_block_optin
    assert there >= plan(64, torch.bfloat16).shared
    if major == 9:
        assert there == HOPPER


def test_the_cell_is_cudnns_in_value_and_gradient(products):
    products("highest")
    theirs, ours = (net(5, 64, num_layers=2).to(CARD) for net in (torch.nn.GRU, FusedGRU))
    ours.load_state_dict(theirs.state_dict())
    x, found = torch.randn(80, 19, 5, device=CARD), []
    for net in (ours, theirs):
        h, h_T = net(x)
        (h.square().sum() + h_T.sum()).backward()
        found.append([h, h_T, *(w.grad for w in net.parameters())])
    assert ours.why_not == ""
    for seen, due in zip(*found, strict=True):
        torch.testing.assert_close(seen, due, rtol=1e-3, atol=1e-3 * due.abs().max().item())


def test_more_units_than_fit_are_cudnns_and_a_sentence_says_so(capsys):
    ours, x = FusedGRU(5, 512).to(CARD), torch.randn(3, 2, 5, device=CARD)
    assert torch.equal(ours(x)[0], torch.nn.GRU.forward(ours, x)[0])
    assert "bytes of shared memory" in capsys.readouterr().err


@pytest.mark.parametrize("precision", ["32", "bf16"])
def test_the_cell_trains_as_cudnns_does(precision):
    options = {"length": 30, "hidden": 32, "batch": 32, "steps": 20, "log_every": 1}
    options |= {"device": "cuda", "precision": precision, "progress": False}
    fused, gru = (fit("adding", cell, **options) for cell in ("fused", "gru"))
    assert fused.model.rnn.why_not == ""
    assert fused.losses[1] == pytest.approx(gru.losses[1], rel=0.1)


@pytest.mark.parametrize("precision", ["32", "bf16", "64"])
@pytest.mark.parametrize("cell", ["gru", "own", "fused", "mingru"])
def test_a_captured_step_learns_what_a_plain_one_learns(cell, precision):
    options = {"length": 12, "hidden": 16, "batch": 8, "steps": 20, "log_every": 1}
    options |= {"device": "cuda", "precision": precision, "progress": False}
    plain, graph = (fit("adding", cell, graph=g, **options) for g in (False, True))
    assert graph.losses[1] == pytest.approx(plain.losses[1], rel=0.05)


@pytest.mark.parametrize("precision", ["32", "bf16", "64"])
def test_the_card_learns_what_the_cpu_learns(precision):
    # batches are drawn on the device and so differ: what is compared is where training arrives
    options = {"length": 12, "hidden": 16, "batch": 64, "steps": 300, "log_every": 100}
    losses = [
        fit("adding", "gru", device=where, precision=precision, progress=False, **options).metric
        for where in ("cpu", "cuda")
    ]
    assert max(losses) < 0.17 and abs(losses[0] - losses[1]) < 0.05
