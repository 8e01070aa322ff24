"""Gradients against central differences, along one direction at a time.

    ∂f(x)/∂v = (f(x + ε v) - f(x - ε v)) / 2ε + O(ε²)     (1)
    ∂f(x)/∂v = Σ_i grad_i v_i                             (2)

One random direction sees every component of the gradient at once, for two evaluations of f; the
idea is that of `check_grads` in HIPS/autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Arrays = (
    np.ndarray | tuple[Any, ...] | float
)  # one array, or a NamedTuple of arrays such as GRUParams
EPS = 6e-6  # the cube root of float64's 2.2e-16: rounding and truncation are then equally small


class GradientCheck(NamedTuple):
    """Both directional derivatives, and their difference as a fraction of the larger one."""

    analytic: float
    numeric: float
    error: float

    def __repr__(self) -> str:
        return f"analytic {self.analytic:.9g}, numeric {self.numeric:.9g}, error {self.error:.1e}"


def directional_derivative(f: Callable[..., Any], x: Arrays, v: Arrays, eps: float = EPS) -> Any:
    """Return the derivative of f at x along v, (1), of the shape of f(x).

    ValueError where v has not the shapes of x.
    """
    _check_same_shapes("v", x, v)
    ahead = map_leaves(lambda a, d: a + eps * d, x, v)
    behind = map_leaves(lambda a, d: a - eps * d, x, v)
    return (f(ahead) - f(behind)) / (2 * eps)  # (1)


def check_gradient(
    f: Callable[..., Any], x: Arrays, grad: Arrays, rng: np.random.Generator, eps: float = EPS
) -> GradientCheck:
    """Return how far grad is from the gradient of the scalar function f at x.

    In one line: `assert check_gradient(f, x, grad, rng).error < 1e-6`. The error is relative, so
    a small gradient is held to it too; it is 0 where the difference is no more than rounding.
    ValueError where grad has not the shapes of x.
    """
    _check_same_shapes("grad", x, grad)
    v = random_direction(x, rng)
    analytic = float(_inner(grad, v))  # (2)
    numeric = float(directional_derivative(lambda y: float(f(y)), x, v, eps))
    return GradientCheck(analytic, numeric, _error(analytic, numeric, abs(float(f(x))) / eps))


def random_direction(x: Arrays, rng: np.random.Generator) -> Arrays:
    """Return a random direction of length 1 in the space of x."""
    v = map_leaves(lambda a: rng.standard_normal(np.shape(a)), x)
    length = np.sqrt(_inner(v, v))
    return map_leaves(lambda d: d / length, v)


def _error(analytic: float, numeric: float, f_over_eps: float) -> float:
    difference = abs(analytic - numeric)
    if not np.isfinite(difference):
        return np.inf
    rounding = 10 * np.finfo(float).eps * f_over_eps  # what (1) cannot see: some last digits of f
    return 0.0 if difference <= rounding else difference / max(abs(analytic), abs(numeric))


def _inner(x: Arrays, y: Arrays) -> Any:
    return sum(np.sum(a * b) for a, b in zip(leaves(x), leaves(y), strict=True))


def _check_same_shapes(name: str, x: Any, y: Any) -> None:
    seen, due = ([np.shape(a) for a in leaves(tree)] for tree in (y, x))
    if seen != due:
        raise ValueError(
            f"{name} has shapes {seen}, expected {due}, those of x: give {name} the layout of x."
        )


def map_leaves(f: Callable[..., Any], x: Any, *rest: Any) -> Any:
    """Return x with f applied to each of its arrays, and to those of rest beside it."""
    if not isinstance(x, tuple):
        return f(x, *rest)
    parts = [map_leaves(f, *several) for several in zip(x, *rest, strict=True)]
    return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)


def leaves(x: Any) -> list[Any]:
    """Return the arrays of x in a list: x itself, or those in a tuple of them, however deep."""
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, tuple) else [x]
