"""The torch models: our GRU is torch.nn.GRU, and every cell is built and called alike."""

import numpy as np
import pytest
import torch

import gru_ref
from gru_ref.errors import UsageError
from gru_ref.training.models import CELLS, OurGRU, SequenceModel, over_time, parameters

CLOSE = {"rtol": 0, "atol": 1e-12}  # float64


@pytest.fixture
def x():
    return torch.randn(9, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("layers", [1, 3])
def test_our_gru_is_torch_gru_with_the_same_weights(x, layers):
    theirs = torch.nn.GRU(3, 5, num_layers=layers, dtype=torch.float64)
    ours = OurGRU(3, 5, num_layers=layers).double()
    ours.load_state_dict(theirs.state_dict())
    h_0 = torch.randn(layers, 4, 5, dtype=torch.float64)
    for start in (None, h_0):
        for seen, due in zip(ours(x, start), theirs(x, start), strict=True):
            torch.testing.assert_close(seen, due, **CLOSE)


def test_our_gru_has_the_gradients_of_torch_gru(x):
    theirs = torch.nn.GRU(3, 5, dtype=torch.float64)
    ours = OurGRU(3, 5).double()
    ours.load_state_dict(theirs.state_dict())
    for net in (ours, theirs):
        net(x)[0].square().sum().backward()
    for seen, due in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(seen.grad, due.grad, rtol=1e-10, atol=1e-10)


def test_our_gru_is_the_numpy_reference(x):
    ours = OurGRU(3, 5).double()
    p = gru_ref.from_pytorch(ours.state_dict())
    due = gru_ref.gru_forward(x.numpy(), p).h
    np.testing.assert_allclose(ours(x)[0].detach().numpy(), due, atol=1e-12)


def test_the_same_seed_gives_our_gru_and_torch_gru_the_same_weights():
    models = []
    for cell in ("gru", "own"):
        torch.manual_seed(7)
        models.append(SequenceModel(cell, 3, 5, 2, layers=2).state_dict())
    for seen, due in zip(*(m.values() for m in models), strict=True):
        assert torch.equal(seen, due)


@pytest.mark.parametrize("cell", CELLS)
def test_a_model_goes_on_from_the_state_it_returned(x, cell):
    model = SequenceModel(cell, 3, 5, 2).double()
    whole, _ = model(x)
    first, state = model(x[:4])
    rest, _ = model(x[4:], state)
    torch.testing.assert_close(torch.cat((first, rest)), whole, **CLOSE)


@pytest.mark.parametrize("cell", CELLS)
def test_last_gives_the_last_outputs(x, cell):
    model = SequenceModel(cell, 3, 5, 2).double()
    torch.testing.assert_close(model(x, last=2)[0], model(x)[0][-2:], **CLOSE)


@pytest.mark.parametrize("cell", CELLS)
def test_a_window_changes_no_output_and_stops_the_gradient(x, cell):
    model = SequenceModel(cell, 3, 5, 2).double()
    x.requires_grad_()
    output, _ = model(x, window=4)
    torch.testing.assert_close(output, model(x)[0], **CLOSE)
    output[-1].sum().backward()
    reached = x.grad.abs().sum((1, 2)) > 0
    assert reached.tolist() == [False] * 8 + [True]  # windows of 4, 4 and 1


def test_the_cells_have_the_sizes_of_one_two_and_four_pre_activations():
    D, H = 3, 5
    sizes = {cell: parameters(SequenceModel(cell, D, H, 1)) - (H + 1) for cell in CELLS}
    one = H * D + H * H + 2 * H
    assert sizes == {
        "tanh": one,
        "gru": 3 * one,
        "lstm": 4 * one,
        "own": 3 * one,
        "mingru": 2 * (H * D + H),
        "parallel": 3 * one,
        "fused": 3 * one,
    }


def test_the_forget_bias_is_what_the_forget_gate_adds():
    rnn = SequenceModel("lstm", 3, 5, 1, layers=2, forget_bias=3.0).rnn
    for k in range(2):
        total = getattr(rnn, f"bias_ih_l{k}") + getattr(rnn, f"bias_hh_l{k}")
        assert (total[5:10] == 3).all() and (total[:5].abs() < 1).all()


def test_a_cell_may_be_a_module_of_ones_own(x):
    class Mine(torch.nn.GRU):
        pass

    model = SequenceModel(Mine, 3, 5, 2).double()
    assert isinstance(model.rnn, Mine) and model(x)[0].shape == (9, 4, 2)


def test_a_cell_of_one_step_runs_over_time_as_torch_gru_does(x):
    theirs = torch.nn.GRU(3, 5, num_layers=2, dtype=torch.float64)
    ours = over_time(torch.nn.GRUCell)(3, 5, num_layers=2).double()
    for k, cell in enumerate(ours.cells):
        cell.load_state_dict({name: getattr(theirs, f"{name}_l{k}") for name in cell.state_dict()})
    h_0 = torch.randn(2, 4, 5, dtype=torch.float64)
    for start in (None, h_0):
        for seen, due in zip(ours(x, start), theirs(x, start), strict=True):
            torch.testing.assert_close(seen, due, **CLOSE)


def test_an_unknown_cell_is_answered_with_the_cells_there_are():
    with pytest.raises(UsageError, match="no cell 'gruu'; choose one of: tanh, gru, lstm, own"):
        SequenceModel("gruu", 1, 1, 1)
