"""Chapter 9, a GRU cell as a module of PyTorch: its value, and the gradients that come back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import STRONG, grid, tidy
from autograder.course.chapters.ch04_cell import GRU_CELL
from autograder.course.chapters.ch04_torch_weights import order_n_r_z, order_z_r_n, unpacked
from gru_ref.cell import StepValues, step, step_backward, step_values

EPS = 1e-6


def _run(x_t, h_prev, *packed):
    return step(x_t, h_prev, unpacked(*packed))


def with_gradients(f: Callable) -> Callable:
    """Return the answer whose h_t is `f` of the first six arguments, with the gradients of that.

    They are central differences of sum(dh_t ⊙ h_t): what `backward` sends back if nothing in `f`
    leaves PyTorch.
    """

    def answer(*inputs):
        return (f(*inputs[:-1]), *_differences(f, inputs))

    return answer


def _differences(f: Callable, inputs: tuple) -> list[np.ndarray]:
    *args, dh_t = inputs
    grads = []
    for k, a in enumerate(args):
        grad = np.zeros_like(a)
        for place in np.ndindex(a.shape):
            values = []
            for sign in (1, -1):
                moved = [np.array(b) for b in args]
                moved[k][place] += sign * EPS
                values.append(np.sum(dh_t * f(*moved)))
            grad[place] = (values[0] - values[1]) / (2 * EPS)
        grads.append(grad)
    return grads


def _run_both_ways(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, dh_t):
    """Return h_t, and dh_t sent back to the six arguments (chapter 6's backward pass, packed)."""
    p = unpacked(weight_ih, weight_hh, bias_ih, bias_hh)
    shape = h_prev.shape
    x, h, dh = (np.atleast_2d(a) for a in (x_t, h_prev, dh_t))
    v = step_values(x, h, p)
    dx_t, dh_prev, g = step_backward(dh, x, h, StepValues(*v), p)
    packed = [np.concatenate(g[i : i + 3]) for i in (0, 3, 6, 9)]
    return v.h_t.reshape(shape), dx_t.reshape(x_t.shape), dh_prev.reshape(shape), *packed


def _held(gate: str) -> Callable:
    """Return the right answer but for one gate, through which no gradient comes back."""

    def answer(*inputs):
        x_t, h_prev, *packed = inputs[:-1]
        held = getattr(step_values(x_t, h_prev, unpacked(*packed)), f"{gate}_t")

        def f(x, h, *packed):
            p = unpacked(*packed)
            v = step_values(x, h, p)._replace(**{f"{gate}_t": held})
            n_t = np.tanh(x @ p.W_in.T + p.b_in + v.r_t * (h @ p.W_hn.T + p.b_hn))
            return (1 - v.z_t) * n_t + v.z_t * h

        return (f(*inputs[:-1]), *_differences(f, inputs))

    return answer


def _no_gradient(*inputs):
    return (_run(*inputs[:-1]), *(np.zeros_like(a) for a in inputs[:-1]))


def _with_candidate(candidate):
    """Return the answer whose n_t is candidate(r_t, the input's side, the state's side)."""

    def answer(x_t, h_prev, *packed):
        p = unpacked(*packed)
        r_t, z_t, _, _ = step_values(x_t, h_prev, p)
        n_t = candidate(r_t, x_t @ p.W_in.T + p.b_in, h_prev @ p.W_hn.T + p.b_hn)
        return (1 - z_t) * n_t + z_t * h_prev

    return answer


def _fails_for_a_batch(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    if x_t.ndim == 2:
        raise ValueError("not enough values to unpack")
    return _run(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh)


def _packed_inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D),
        "h_prev": tidy(rng, *lead, H, low=-0.9, high=0.9),
        "weight_ih": tidy(rng, 3 * H, D),
        "weight_hh": tidy(rng, 3 * H, H),
        "bias_ih": tidy(rng, 3 * H),
        "bias_hh": tidy(rng, 3 * H),
        "dh_t": tidy(rng, *lead, H),
    }


def _cases(rng: np.random.Generator) -> list[Case]:
    """Return the small cases of the grid: gradients by differences take a call for each number."""
    cases = [c for c in grid(_packed_inputs)(rng) if c.inputs["weight_ih"].size <= 3 * 4]
    for lead in ((), (2,)):
        inputs = _packed_inputs(rng, 2, 2, lead)
        cases.append(Case("batch" if lead else "values", inputs | {"x_t": STRONG * inputs["x_t"]}))
    return cases


def _in_equations(names: set[str]) -> tuple[Mistake, ...]:
    """Return mistakes of chapter 4's cell, on packed weights."""

    def on_packed(wrong):
        return with_gradients(lambda x, h, *packed: wrong(x, h, unpacked(*packed)))

    return tuple(
        Mistake(m.name, on_packed(m.wrong), m.says) for m in GRU_CELL.mistakes if m.name in names
    )


PACKED = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
RUN_GRU_CELL = Exercise(
    name="run_gru_cell",
    points=4,
    reference=_run_both_ways,
    cases=_cases,
    outputs=("h_t", "dx_t", "dh_prev", *(f"d{k}" for k in PACKED)),
    writes="GRUCell",
    advice={
        "name 'sigmoid'": "In a module write `torch.sigmoid`: NumPy's functions send no gradient "
        "back",
        "name 'tanh'": "In a module write `torch.tanh`",
        "Mismatch in shape: grad_output": "`forward` returns an h_t of another shape than h_prev. "
        "Look at what is cut, and along which axis: `chunk(3, dim=-1)`; and at the products, "
        "`x_t @ self.weight_ih.T`, where a batch x_t is (N, D)",
        "in loading state_dict": "`__init__` registers four arrays, weight_ih, weight_hh, bias_ih "
        "and bias_hh, each as `self.weight_ih = nn.Parameter(...)`; the stub has them",
        "has no attribute 'requires_grad'": "`forward` returns no tensor: one h_t is due, made by "
        "PyTorch's functions alone",
        "before super": "`super().__init__()` comes first in `__init__`",
        "before Module.__init__() call": "`super().__init__()` comes first in `__init__`",
    },
    rtol=1e-6,  # the mistakes' gradients are differences
    atol=1e-7,
    mistakes=(
        Mistake(
            "no_gradient",
            _no_gradient,
            "h_t is right, and no gradient comes back to anything: somewhere `forward` leaves "
            "PyTorch. `.detach()`, `.numpy()` and `torch.no_grad()` cut the way back.",
        ),
        Mistake(
            "reset_gate_detached",
            _held("r"),
            "h_t is right, and no gradient comes back through r_t: it is cut off from the graph, "
            "by `.detach()` or by a detour through NumPy.",
        ),
        Mistake(
            "update_gate_detached",
            _held("z"),
            "h_t is right, and no gradient comes back through z_t: it is cut off from the graph, "
            "by `.detach()` or by a detour through NumPy.",
        ),
        Mistake(
            "order_z_r_n",
            with_gradients(lambda x, h, *packed: step(x, h, order_z_r_n(*packed))),
            "You take the first block for z and the second for r. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_n_r_z",
            with_gradients(lambda x, h, *packed: step(x, h, order_n_r_z(*packed))),
            "You take the blocks as n, r, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "one_bias_forgotten",
            with_gradients(lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, bi, 0 * bh)),
            "bias_hh never enters. W_hh h_{t-1} has a bias of its own.",
        ),
        Mistake(
            "input_bias_forgotten",
            with_gradients(lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, 0 * bi, bh)),
            "bias_ih never enters. W_ih x_t has a bias of its own.",
        ),
        Mistake(
            "biases_swapped",
            with_gradients(lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, bh, bi)),
            "bias_ih and bias_hh are swapped. In the gates it makes no difference; in the "
            "candidate bias_hh stands inside the reset.",
        ),
        Mistake(
            "biases_summed",
            with_gradients(lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, bi + bh, 0 * bh)),
            "Both biases stand on the input's side. In the candidate bias_hh is multiplied by r_t: "
            "n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t-1} + b_hn)).",
        ),
        Mistake(
            "sides_added_before_the_cut",
            with_gradients(_with_candidate(lambda r, i, a: np.tanh(r * (i + a)))),
            "r_t multiplies the input's side too: you add both products before you cut them. Cut "
            "each by itself; in the candidate r_t multiplies the state's part alone.",
        ),
        Mistake(
            "reset_on_the_inputs_side",
            with_gradients(_with_candidate(lambda r, i, a: np.tanh(r * i + a))),
            "r_t multiplies the input's part of the candidate. It multiplies the state's part.",
        ),
        Mistake(
            "tanh_forgotten",
            with_gradients(_with_candidate(lambda r, i, a: i + r * a)),
            "The candidate has no tanh around it.",
        ),
        Mistake(
            "biases_forgotten",
            with_gradients(lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, 0 * bi, 0 * bh)),
            "Neither bias enters: x_t @ weight_ih.T + bias_ih, h_prev @ weight_hh.T + bias_hh.",
        ),
        Mistake(
            "fails_for_a_batch",
            with_gradients(_fails_for_a_batch),
            "Right for one vector, wrong for a batch (N, D). Two places to look: the product is "
            "x_t @ weight_ih.T, and chunk needs dim=-1, or it cuts the batch.",
        ),
        *_in_equations(
            {
                "z_and_1_minus_z_swapped",
                "reset_ignored",
                "reset_before",
                "sigmoid_for_tanh",
                "tanh_for_sigmoid",
                "candidate_alone",
                "W_h_transposed",
            }
        ),
    ),
    hints=(
        "Look at the shapes in __init__: weight_ih is (3H, D), weight_hh (3H, H), each with "
        "a bias of 3H. Registered as nn.Parameter, under PyTorch's names.",
        "In forward: a_i = x_t @ W_ih.T + b_ih and a_h = h_prev @ W_hh.T + b_hh, both of size 3 H. "
        "`a.chunk(3, dim=-1)` cuts one into r, z and n.",
        "r and z take σ of the sum of their two parts. The candidate is tanh(i_n + r * h_n).",
    ),
)
