"""Chapter 8, the whole network: the weights, the loss and its gradients."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import DIFFERENCES, STEEP, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.chapters.ch05_forward import forward
from autograder.course.chapters.ch06_time import backward_over_time
from gru_ref.cell import GRUParams

# A GRU and the layer that reads its last state, W_y and b_y.
Weights = namedtuple("Weights", (*GRUParams._fields, "W_y", "b_y"))


def tidy_weights(rng: np.random.Generator, D: int, H: int, K: int) -> Weights:
    """Return small tidy weights."""
    return Weights(*tidy_params(rng, D, H), tidy(rng, K, H), tidy(rng, K))


def mse(y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean squared error and its derivative by y."""
    return np.mean((y - target) ** 2), 2 * (y - target) / y.size


def _gru(w):
    return GRUParams(*w[:12])


def _forward(x, h_0, target, w):
    """Return the states, the loss and dy; the output reads the last state."""
    h = forward(x, h_0, _gru(w))
    return h, *mse(h[-1] @ w.W_y.T + w.b_y, target)


def _only(where, dh_t, h):
    """Return the dh that is dh_t at one place and 0 elsewhere."""
    dh = np.zeros_like(h)
    dh[where] = dh_t
    return dh


def _back(dh, x, h_0, w, dy, read):
    """Return all gradients; the output layer has read `read`."""
    return Weights(*backward_over_time(dh, x, h_0, _gru(w))[2], dy.T @ read, dy.sum(0))


def loss_and_gradients(x, h_0, target, w):
    """Return the loss and its gradients."""
    h, loss, dy = _forward(x, h_0, target, w)
    return loss, _back(_only(-1, dy @ w.W_y, h), x, h_0, w, dy, h[-1])


# Mistakes in what dh is.


def _gradient_at_every_step(x, h_0, target, w):
    h, loss, dy = _forward(x, h_0, target, w)
    return loss, _back(_only(slice(None), dy @ w.W_y, h), x, h_0, w, dy, h[-1])


def _gradient_at_the_first_step(x, h_0, target, w):
    h, loss, dy = _forward(x, h_0, target, w)
    return loss, _back(_only(0, dy @ w.W_y, h), x, h_0, w, dy, h[-1])


def _dh_without_time(x, h_0, target, w):
    h, loss, dy = _forward(x, h_0, target, w)
    if len(dy) != len(x):
        raise ValueError("gru_backward walks over T steps of dh")
    return loss, _back(dy @ w.W_y, x, h_0, w, dy, h[-1])


def _dy_for_dh(x, h_0, target, w):
    h, loss, dy = _forward(x, h_0, target, w)
    return loss, _back(_only(-1, dy, h), x, h_0, w, dy, h[-1])


def _h_0_ignored_on_the_way_back(x, h_0, target, w):
    h, loss, dy = _forward(x, h_0, target, w)
    return loss, _back(_only(-1, dy @ w.W_y, h), x, 0 * h_0, w, dy, h[-1])


# Mistakes in which state is read.


def _first_state_read(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h[0] @ w.W_y.T + w.b_y, target)
    return loss, _back(_only(0, dy @ w.W_y, h), x, h_0, w, dy, h[0])


def _mean_state_read(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h.mean(0) @ w.W_y.T + w.b_y, target)
    dh = _only(slice(None), dy @ w.W_y / len(h), h)
    return loss, _back(dh, x, h_0, w, dy, h.mean(0))


def _last_sequence_read(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h[:, -1] @ w.W_y.T + w.b_y, target)
    return loss, _back(_only(-1, dy @ w.W_y, h), x, h_0, w, dy, h[:, -1])


def _last_sequence_read_and_trained(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h[:, -1] @ w.W_y.T + w.b_y, target)
    return loss, _back(_only((slice(None), -1), dy @ w.W_y, h), x, h_0, w, dy, h[:, -1])


def _loss_at_every_step(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h @ w.W_y.T + w.b_y, target)
    grads = backward_over_time(dy @ w.W_y, x, h_0, _gru(w))[2]
    return loss, Weights(*grads, np.tensordot(dy, h, ([0, 1], [0, 1])), dy.sum((0, 1)))


# Mistakes in the output layer, forward and back.


def _W_y_not_transposed(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h[-1] @ w.W_y + w.b_y, target)
    return loss, _back(_only(-1, dy @ w.W_y, h), x, h_0, w, dy, h[-1])


def _W_y_transposed_on_the_way_back(x, h_0, target, w):
    h, loss, dy = _forward(x, h_0, target, w)
    return loss, _back(_only(-1, dy @ w.W_y.T, h), x, h_0, w, dy, h[-1])


def _W_y_taken_for_H_by_K(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h[-1] @ w.W_y + w.b_y, target)
    return loss, _back(_only(-1, dy @ w.W_y.T, h), x, h_0, w, dy, h[-1])


def _b_y_forgotten(x, h_0, target, w):
    h = forward(x, h_0, _gru(w))
    loss, dy = mse(h[-1] @ w.W_y.T, target)
    return loss, _back(_only(-1, dy @ w.W_y, h), x, h_0, w, dy, h[-1])


# Mistakes in the gradients that are returned.


def _readout_not_trained(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, g._replace(W_y=0 * g.W_y)


def _output_bias_not_trained(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, g._replace(b_y=0 * g.b_y)


def _dW_y_transposed(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, g._replace(W_y=g.W_y.T)


def _bias_averaged(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, g._replace(b_y=g.b_y / len(target))


def _dW_y_averaged(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, g._replace(W_y=g.W_y / len(target))


def _readout_averaged(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, g._replace(W_y=g.W_y / len(target), b_y=g.b_y / len(target))


def _averaged_again(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, Weights(*(a / len(target) for a in g))


def _gradient_of_the_sum(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, Weights(*(a * target.size for a in g))


def _W_y_first(x, h_0, target, w):
    loss, g = loss_and_gradients(x, h_0, target, w)
    return loss, Weights(g.W_y, g.b_y, *g[:12])


def _cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            aspect,
            {
                "x": tidy(rng, T, N, D),
                "h_0": tidy(rng, N, H, low=-0.9, high=0.9),
                "target": tidy(rng, N, K) * (STEEP if aspect == "stability" else 1),
                "w": tidy_weights(rng, D, H, K),
            },
        )
        for aspect, T, N, D, H, K in (
            ("edge sizes", 1, 1, 1, 1, 1),
            ("values", 3, 2, 1, 1, 1),
            ("values", 3, 2, 1, 2, 1),
            ("values", 2, 3, 2, 3, 2),
            ("values", 2, 2, 1, 2, 2),  # T = N = H = K: a wrong axis computes here
            ("values", 3, 3, 1, 3, 3),  # the same, where no matrix is symmetric by chance
            ("values", 4, 3, 2, 3, 2),
            ("edge sizes", 1, 2, 2, 2, 1),
            ("stability", 2, 2, 1, 2, 1),  # far from its target: steep gradients
        )
    ]


READS_THE_LAST_SEQUENCE = (
    "You read h[:, -1], the last sequence of the batch at every step. Time is the first axis: the "
    "last step of all sequences is h[-1]."
)

LOSS_AND_GRADIENTS = Exercise(
    name="loss_and_gradients",
    points=4,
    **DIFFERENCES,
    reference=loss_and_gradients,
    outputs=("loss", "grads"),
    cases=_cases,
    mistakes=(
        Mistake(
            "gradient_at_every_step",
            _gradient_at_every_step,
            "You let the gradient in at every step. The loss reads the last state alone: dh is 0 "
            "but for dh[-1].",
        ),
        Mistake(
            "gradient_at_the_first_step",
            _gradient_at_the_first_step,
            "The gradient enters at dh[0], the first step. The loss reads the last state: dh[-1].",
        ),
        Mistake(
            "dh_without_time",
            _dh_without_time,
            "You hand gru_backward dy @ w.W_y alone, which has no axis of time. It takes dh of "
            "shape (T, N, H): zeros, with dh[-1] = dy @ w.W_y.",
        ),
        Mistake(
            "dy_for_dh",
            _dy_for_dh,
            "You put dy itself into dh[-1]. It comes back through the output layer first: "
            "dy @ w.W_y.",
        ),
        Mistake(
            "first_state_read",
            _first_state_read,
            "Your network reads the first state. Read the last, h[-1].",
        ),
        Mistake(
            "mean_state_read",
            _mean_state_read,
            "Your network reads the mean of the states. Read the last, h[-1].",
        ),
        Mistake("last_sequence_read", _last_sequence_read, READS_THE_LAST_SEQUENCE),
        Mistake(
            "last_sequence_read_and_trained",
            _last_sequence_read_and_trained,
            READS_THE_LAST_SEQUENCE,
        ),
        Mistake(
            "loss_at_every_step",
            _loss_at_every_step,
            "You compute an output at every step and average the loss over all of them. There is "
            "one output a sequence, from the last state: h[-1] @ w.W_y.T + w.b_y.",
        ),
        Mistake(
            "W_y_not_transposed",
            _W_y_not_transposed,
            "Forward you compute h @ W_y. W_y is (K, H): transpose it, h[-1] @ w.W_y.T.",
        ),
        Mistake(
            "W_y_transposed_on_the_way_back",
            _W_y_transposed_on_the_way_back,
            "Back you compute dy @ W_y.T. dy is (N, K) and W_y is (K, H): dy @ w.W_y.",
        ),
        Mistake(
            "W_y_taken_for_H_by_K",
            _W_y_taken_for_H_by_K,
            "You use W_y as if it were (H, K). It is (K, H): h[-1] @ w.W_y.T forward, dy @ w.W_y "
            "back.",
        ),
        Mistake(
            "b_y_forgotten",
            _b_y_forgotten,
            "b_y is missing in the output: y = h[-1] @ w.W_y.T + w.b_y.",
        ),
        Mistake(
            "h_0_ignored",
            lambda x, h_0, target, w: loss_and_gradients(x, 0 * h_0, target, w),
            "Your sequences start from zeros. Hand h_0 to both passes, forward and back.",
        ),
        Mistake(
            "h_0_ignored_on_the_way_back",
            _h_0_ignored_on_the_way_back,
            "gru_backward starts from zeros where gru_forward started from h_0: hand h_0 to both.",
        ),
        Mistake(
            "readout_not_trained",
            _readout_not_trained,
            "dW_y is 0: the layer that reads the state is trained too. It is dyᵀ h[-1].",
        ),
        Mistake(
            "output_bias_not_trained",
            _output_bias_not_trained,
            "db_y is 0: it is the sum of dy over the sequences.",
        ),
        Mistake(
            "dW_y_transposed",
            _dW_y_transposed,
            "dW_y is transposed. It has the shape of W_y, (K, H): dy.T @ h[-1].",
        ),
        Mistake(
            "bias_averaged",
            _bias_averaged,
            "db_y is a mean over the sequences. The mean is in dy already: add.",
        ),
        Mistake(
            "dW_y_averaged",
            _dW_y_averaged,
            "dW_y is divided by N once more. The mean is in dy already: dy.T @ h[-1].",
        ),
        Mistake(
            "readout_averaged",
            _readout_averaged,
            "dW_y and db_y are divided by N once more. The mean is in dy already: dy.T @ h[-1] and "
            "dy.sum(axis=0).",
        ),
        Mistake(
            "averaged_again",
            _averaged_again,
            "All gradients are 1/N of what is due. The mean over the batch is in dy already: do "
            "not divide again.",
        ),
        Mistake(
            "gradient_of_the_sum",
            _gradient_of_the_sum,
            "All gradients are target.size times too large: your dy belongs to the sum of the "
            "squares, not to their mean. Use both results of mean_squared_error.",
        ),
        Mistake(
            "W_y_first",
            _W_y_first,
            "dW_y and db_y stand first in your Weights. W_y and b_y are its last two fields: "
            "Weights(*grads, dW_y, db_y).",
        ),
    ),
    hints=(
        "Forward: h = gru_forward(x, h_0, w) is (T, N, H). The output reads h[-1], (N, H), and "
        "mean_squared_error gives the loss and dy, (N, K).",
        "Back through the output layer, as in chapter 6: for y = h[-1] @ w.W_y.T + w.b_y the three "
        "gradients are dy @ w.W_y, dy.T @ h[-1] and dy.sum(axis=0).",
        "gru_backward wants dh in the shape of h, (T, N, H): `dh = np.zeros_like(h)`, then dh[-1] "
        "is what arrives. Its third result is the list of twelve; `Weights(*twelve, dW_y, db_y)`.",
    ),
)
