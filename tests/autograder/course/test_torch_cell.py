"""Exercise 9.1 grades the gradient too: what leaves PyTorch on the way has the right values."""

import numpy as np
import pytest

from autograder.authoring import source
from autograder.core.judge import judge
from autograder.core.verdict import PASSED
from autograder.course import COURSE, EXERCISES
from benchmarks.mutants import scopes

KEY = source.all_keys(COURSE)["run_gru_cell"]
R, Z = "r_t = torch.sigmoid(i_r + h_r)", "z_t = torch.sigmoid(i_z + h_z)"
N = "n_t = torch.tanh(i_n + r_t * h_n)"


def of(old, new):
    assert old in KEY
    scope = dict(scopes("09_which_cell")["run_gru_cell"])
    exec(KEY.replace(old, new), scope)
    return judge(EXERCISES["run_gru_cell"], scope["run_gru_cell"])


def test_the_key_passes_and_so_does_a_product_in_another_order():
    assert of(R, R).status == PASSED
    assert of(R, "r_t = 0.5 + 0.5 * torch.tanh((h_r + i_r) / 2)").status == PASSED


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        (R, f"{R}.detach()", "reset_gate_detached"),
        (Z, f"{Z}.detach()", "update_gate_detached"),
        (
            "return (1 - z_t) * n_t",
            "x = torch.no_grad(); x.__enter__()\n        return (1 - z_t) * n_t",
            "no_gradient",
        ),
        (N, "n_t = torch.from_numpy(np.tanh((i_n + r_t * h_n).detach().numpy()))", ""),
        ("@ self.weight_ih.T", "@ self.weight_ih.detach().T", ""),
        (N, "n_t = torch.tanh(i_n + r_t * h_n.numpy())", "raises_RuntimeError"),
    ],
)
def test_what_leaves_pytorch_on_the_way_earns_nothing(old, new, mistake):
    import torch

    try:
        verdict = of(old, new)
    finally:
        torch.set_grad_enabled(True)
    assert (verdict.score, verdict.mistake) == (0, mistake)


def test_the_gradients_of_the_reference_are_those_of_differences():
    exercise = EXERCISES["run_gru_cell"]
    from autograder.course.chapters.ch09_cell import _run, with_gradients

    for case in exercise.cases(np.random.default_rng(3)):
        ours = exercise.reference(**case.inputs)
        theirs = with_gradients(_run)(*case.inputs.values())
        assert all(
            np.allclose(a, b, rtol=1e-6, atol=1e-7) for a, b in zip(ours, theirs, strict=True)
        )
