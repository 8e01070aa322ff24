"""The GRU without its loop, in torch: equal to torch.nn.GRU in value and in gradient."""

import numpy as np
import pytest
import torch

from gru_ref.errors import UsageError
from gru_ref.minimal import MinGRUParams, mingru
from gru_ref.training import parallel
from gru_ref.training.loop import fit
from gru_ref.training.models import SequenceModel
from gru_ref.training.parallel import MinGRU, ParallelGRU, linear_scan, states
from gru_ref.training.presets import settings_for

CLOSE = {"rtol": 0, "atol": 1e-10}  # float64; the rounds end at 1e-12 a step


def pair(layers=1, scale=1.0, D=3, H=5):
    """Return torch's GRU and ours, with the same weights."""
    torch.manual_seed(3)
    theirs = torch.nn.GRU(D, H, num_layers=layers, dtype=torch.float64)
    with torch.no_grad():
        for w in theirs.parameters():
            w *= scale
    ours = ParallelGRU(D, H, num_layers=layers).double()
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def randn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("T", [1, 2, 3, 50, 333])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_rounds_give_the_values_and_gradients_of_torch_gru(T, layers, scale):
    nets, x, h_0 = pair(layers, scale), randn(T, 4, 3), 0.5 * randn(layers, 4, 5, seed=1)
    weights, found = randn(T, 4, 5, seed=2), []
    for net in nets:
        x_, h_ = x.clone().requires_grad_(), h_0.clone().requires_grad_()
        h, h_T = net(x_, h_)
        ((h * weights).sum() + h_T.square().sum()).backward()
        found.append(
            [h.detach(), h_T.detach(), x_.grad, h_.grad, *(p.grad for p in net.parameters())]
        )
    for due, seen in zip(*found, strict=True):
        torch.testing.assert_close(seen, due, rtol=1e-9, atol=1e-9)


def test_the_gradient_of_the_rounds_is_that_of_central_differences():
    _, net = pair(scale=2.0)
    leaves = [randn(4, 2, 3).requires_grad_(), (0.5 * randn(1, 2, 5, seed=1)).requires_grad_()]
    assert torch.autograd.gradcheck(lambda x, h: net(x, h)[0], leaves, atol=1e-6)


def test_without_h_0_it_starts_from_zeros():
    theirs, ours = pair(2)
    torch.testing.assert_close(ours(randn(7, 2, 3))[0], theirs(randn(7, 2, 3))[0], **CLOSE)


def test_few_rounds_do_however_long_the_sequence():
    _, net = pair(H=8)
    counted = []
    for T in (50, 500, 2000):
        net(randn(T, 1, 3))
        counted += net.rounds
    assert max(counted) <= 8


def test_where_the_rounds_do_not_arrive_the_loop_runs(monkeypatch):
    monkeypatch.setattr(parallel, "MAX_ROUNDS", 2)
    theirs, ours = pair(scale=3.0)
    x = randn(60, 2, 3)
    torch.testing.assert_close(ours(x)[0], theirs(x)[0], **CLOSE)
    assert ours.rounds == [2]


def test_a_warm_start_on_the_same_x_takes_fewer_rounds():
    _, net = pair(scale=2.0)
    net.warm_start, x = True, randn(200, 2, 3)
    net(x)
    first = net.rounds
    with torch.no_grad():
        for w in net.parameters():
            w += 1e-4
    h = net(x)[0]
    assert net.rounds[0] < first[0]
    net.warm_start = False
    torch.testing.assert_close(net(x)[0], h, **CLOSE)


def test_a_warm_start_is_not_taken_for_another_x():
    theirs, net = pair(scale=2.0)
    net.warm_start = True
    net(randn(50, 2, 3))
    x = randn(50, 2, 3, seed=9)
    torch.testing.assert_close(net(x)[0], theirs(x)[0], **CLOSE)


def test_float32_ends_and_is_torch_gru():
    theirs, ours = (net.float() for net in pair(scale=2.0))
    x = randn(300, 2, 3).float()
    torch.testing.assert_close(ours(x)[0], theirs(x)[0], rtol=0, atol=1e-4)
    assert ours.rounds[0] < parallel.MAX_ROUNDS


def test_a_guess_that_is_the_trajectory_takes_no_round():
    theirs, _ = pair()
    x = randn(20, 2, 3)
    h = theirs(x)[0].detach()
    w_i, w_h, b_i, b_h = (w.detach() for w in theirs.parameters())
    seen, rounds = states(x @ w_i.T + b_i, torch.zeros(2, 5).double(), w_h, b_h, guess=h)
    assert rounds == 0 and seen is h


@pytest.mark.parametrize("T", [1, 2, 3, 8, 13])
@pytest.mark.parametrize("diagonal", [True, False])
def test_the_scan_and_its_gradient_are_those_of_the_loop(T, diagonal):
    A = randn(T, 2, 3) if diagonal else randn(T, 2, 3, 3)
    b, start = randn(T, 2, 3, seed=1), randn(1, 2, 3, seed=2)

    def loop(A, b, h):
        out = []
        for A_t, b_t in zip(A, b, strict=True):
            h = (A_t * h if diagonal else torch.einsum("nij,nj->ni", A_t, h)) + b_t
            out.append(h)
        return torch.stack(out)

    found = []
    for run in (lambda *a: linear_scan(*a), lambda A, b, s: loop(A, b, s[0])):
        leaves = [a.clone().requires_grad_() for a in (A, b, start)]
        h = run(*leaves)
        h.square().sum().backward()
        found.append([h.detach(), *(a.grad for a in leaves)])
    for seen, due in zip(*found, strict=True):
        torch.testing.assert_close(seen, due, rtol=1e-10, atol=1e-10)


def test_mingru_is_the_numpy_one():
    torch.manual_seed(0)
    net, x, h_0 = MinGRU(3, 5).double(), randn(40, 2, 3), randn(1, 2, 5, seed=1)
    W, b = (w.detach().numpy() for w in net.parameters())
    p = MinGRUParams(W[:5], W[5:], b[:5], b[5:])
    due = mingru(x.numpy(), p, h_0[0].numpy())
    np.testing.assert_allclose(net(x, h_0)[0].detach().numpy(), due, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", ["mingru", "parallel"])
def test_it_is_trained_as_every_cell_is(cell):
    result = fit(
        "adding", cell, length=12, hidden=8, steps=30, lr=0.02, device="cpu", progress=False
    )
    losses = result.losses[1]
    assert losses[-1] < losses[0]


def test_half_precision_does_its_rounds_in_float32():
    theirs, ours = (net.float() for net in pair())
    x = randn(30, 2, 3).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = ours(x)[0]
    torch.testing.assert_close(mixed, theirs(x)[0], rtol=0, atol=1e-5)
    half = ours.bfloat16()(x.bfloat16())[0]
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), theirs(x)[0], rtol=0, atol=0.05)


def test_a_cuda_graph_of_the_rounds_is_refused():
    with pytest.raises(UsageError, match="take the cell gru"):
        fit("adding", "parallel", length=5, hidden=2, steps=1, graph=True, progress=False)


@pytest.mark.parametrize("cell", ["mingru", "parallel"])
def test_a_grid_takes_it(cell):
    assert settings_for("small", "adding@400", cell, 0).cell == cell


def test_a_model_with_the_parallel_cell_has_the_weights_of_one_with_torch_gru():
    models = []
    for cell in ("gru", "parallel"):
        torch.manual_seed(7)
        models.append(SequenceModel(cell, 3, 5, 2, layers=2).state_dict())
    for seen, due in zip(*(m.values() for m in models), strict=True):
        assert torch.equal(seen, due)
