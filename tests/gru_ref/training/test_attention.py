"""The Transformer: it sees what came before, and where; it is made and called as a cell is."""

import pytest
import torch

from gru_ref.errors import UsageError
from gru_ref.training.attention import Transformer, code
from gru_ref.training.loop import fit


@pytest.fixture(params=[1, 2])
def net(request):
    torch.manual_seed(0)
    return Transformer(3, 8, num_layers=request.param)


@torch.no_grad()
def test_a_step_sees_itself_and_what_came_before(net):
    x = torch.randn(7, 2, 3)
    h, last = net(x)
    assert torch.equal(last, h[-1:])
    for t in range(7):
        other = x.clone()
        other[t] += 1
        moved = (net(other)[0] - h).abs().amax((1, 2)) > 1e-6
        assert moved.tolist() == [s >= t for s in range(7)]


@torch.no_grad()
def test_it_is_attention_written_out(net):
    x = torch.randn(5, 2, 3)
    h = net.into(x) + code(5, 8)[:, None]
    for layer in net.layers:
        q, k, v = (a.unflatten(-1, (2, 4)) for a in layer.qkv(layer.norm_1(h)).chunk(3, -1))
        weight = torch.einsum("tnhe,snhe->tsnh", q, k) / 2  # sqrt(e), e = 4
        weight[torch.ones(5, 5).triu(1).bool()] = -torch.inf
        a = torch.einsum("tsnh,snhe->tnhe", weight.softmax(1), v).flatten(2)
        y = h + layer.out(a)
        h = y + layer.narrow(torch.relu(layer.wide(layer.norm_2(y))))
    torch.testing.assert_close(net(x)[0], h)


def test_the_code_tells_all_steps_apart():
    rows = code(200, 8)
    apart = torch.cdist(rows, rows) + 9 * torch.eye(200)
    assert apart.min() > 1e-3


def test_fit_takes_it_and_it_learns_the_latch_by_looking_back():
    found = fit("latch", Transformer, hidden=8, steps=100, progress=False, until_solved=True)
    assert found.metric <= found.task.solved


def test_what_it_cannot_do_is_a_sentence():
    with pytest.raises(UsageError, match="carries no state from one stretch to the next"):
        fit("latch", Transformer, hidden=8, steps=1, window=10, progress=False)
    with pytest.raises(UsageError, match="hidden is 7: 2 heads share it"):
        fit("latch", Transformer, hidden=7, steps=1, progress=False)
