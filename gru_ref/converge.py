"""Rounds of `parallel.py` until the trajectory is the GRU's, and when that takes few.

Newton's rounds alone may leave all bounds in a trained network, where J_t is larger away from the
trajectory than on it; so gate rounds come first, and states are kept where a GRU's are. It ends by
the residual, max |e_t|, which needs no known answer. How far two neighbouring states part or close
up, a step,

    λ = 1/T ln ‖J_T ··· J_1 v‖                                                     (1)   Lyapunov

tells whether few rounds do: where λ < 0 a wrong guess is forgotten, where λ > 0 it grows (Gonzalez
et al., arXiv 2508.16817).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams
from gru_ref.errors import UsageError
from gru_ref.jacobian import jacobians
from gru_ref.parallel import parallel_round, residual, start

GATE_ROUNDS = 3
MAX_ROUNDS = 100
DIGITS = 36  # -ln of float64's precision: after 36/λ steps a rounding error is as large as a state


class ConvergenceError(UsageError):
    """The rounds did not reach the trajectory: says by how much, λ, and what to do."""


class Solved(NamedTuple):
    """Every hidden state, the last one, and max |e_t| before the first and after every round."""

    h: Float[np.ndarray, "T N H"]
    h_T: Float[np.ndarray, "N H"]
    residuals: list[float]

    @property
    def rounds(self) -> int:
        """How many rounds it took."""
        return len(self.residuals) - 1


def parallel_forward(
    x: Float[np.ndarray, "T N D"],
    p: GRUParams,
    h_0: Float[np.ndarray, "N H"] | None = None,
    reset: str = "after",
    guess: Float[np.ndarray, "T N H"] | None = None,
    tol: float | None = None,
    gate_rounds: int = GATE_ROUNDS,
    max_rounds: int = MAX_ROUNDS,
) -> Solved:
    """Return what `unroll` returns, by gate rounds and then Newton rounds until max |e_t| ≤ tol.

    guess is a trajectory to start from, with no gate rounds: the one before a small change of p.
    tol is 1e-10, or 1e-5 in float32. ConvergenceError after max_rounds.
    """
    h_0 = start(x, p, h_0, reset)
    h = np.zeros((*x.shape[:-1], h_0.shape[-1]), np.result_type(x, h_0)) if guess is None else guess
    tol = (1e-10 if h.dtype == np.float64 else 1e-5) if tol is None else tol
    gate_rounds = gate_rounds if guess is None else 0
    e = residual(h, x, p, h_0, reset)
    residuals = [float(np.abs(e).max())]
    while not residuals[-1] <= tol:
        if len(residuals) > max_rounds:
            raise ConvergenceError(_why(e, tol, x, p, h_0, reset, max_rounds))
        kind = "gate" if len(residuals) <= gate_rounds else "newton"
        with np.errstate(over="ignore", invalid="ignore"):
            h = parallel_round(h, x, p, h_0, kind, reset)
        e = residual(h, x, p, h_0, reset)
        residuals.append(float(np.abs(e).max()))
    return Solved(h, h[-1], residuals)


def lyapunov_exponent(Js: Float[np.ndarray, "T *N S S"]) -> Float[np.ndarray, "*N"] | float:
    """Return λ of J_1 … J_T, (1), per step; -inf where a product is 0."""
    v = np.ones(Js.shape[1:-1]) / np.sqrt(Js.shape[-1])
    total: Any = 0.0
    for J_t in Js:
        v = (J_t @ v[..., None])[..., 0]
        norm = np.linalg.norm(v, axis=-1)
        with np.errstate(divide="ignore"):
            total = total + np.log(norm)
        v = v / np.where(norm > 0, norm, 1)[..., None]
    return total / len(Js)  # (1)


def _why(e, tol, x, p, h_0, reset, max_rounds):
    T = len(x)
    lam = float(np.max(lyapunov_exponent(jacobians("gru", p, x, h_0, reset))))
    right = int(np.cumprod(np.abs(e).max(axis=(1, 2)) <= tol).sum())
    seen = (
        f"After {max_rounds} rounds the residual is {np.abs(e).max():.0e}, due is {tol:.0e}; the "
        f"first {right} of {T} states are right. The Lyapunov exponent is {lam:+.3f}: "
    )
    if lam > 0:
        return seen + (
            f"neighbouring states part, so a wrong guess grows from step to step, and the loop's "
            f"own digits are lost after about {DIGITS / lam:.0f} steps. Make the weights W_h "
            f"smaller, or cut the sequence into shorter ones."
        )
    return seen + (
        "neighbouring states close up slowly. Allow more rounds (max_rounds), or cut the sequence "
        "into pieces, each started from the last state of the one before."
    )
