"""The course: one chapter, two exercises, four mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autograder.core.course import Course, Visible
from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.core.words import Words

HERE = Path(__file__).resolve().parent


def softmax_rows(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _scores(rng):
    large = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    return [
        Case("edge sizes", {"s": np.array([[0.5]])}),
        Case("values", {"s": rng.normal(size=(2, 2)).round(1)}),
        Case("stability", {"s": large}),
        Case("values", {"s": rng.normal(size=(3, 4)).round(1)}),
        Case("batch", {"s": rng.normal(size=(2, 3, 4)).round(1)}),
    ]


def _overflow(s):
    with np.errstate(all="ignore"):
        return np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True)


def _over_the_columns(s):
    e = np.exp(s - s.max())
    return e / e.sum(axis=0, keepdims=True)


SOFTMAX_ROWS = Exercise(
    name="softmax_rows",
    points=2,
    reference=softmax_rows,
    cases=_scores,
    mistakes=(
        Mistake("overflow", _overflow, "exp overflows: take each row's maximum away first."),
        Mistake("wrong_axis", _over_the_columns, "Your columns sum to 1. The rows must."),
    ),
    hints=("Each row sums to 1.", "exp(s - max of the row), over its sum.", "axis=-1, keepdims."),
)


def scaled_dot_product(q, k, v):
    return softmax_rows(q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])) @ v


def _queries(rng):
    sizes = [("edge sizes", 1, 1, 1), ("values", 2, 3, 2), ("values", 3, 2, 4), ("batch", 2, 2, 2)]
    cases = []
    for aspect, n, m, d in sizes:
        lead = (2,) if aspect == "batch" else ()
        shapes = {"q": (*lead, n, d), "k": (*lead, m, d), "v": (*lead, m, d)}
        cases.append(Case(aspect, {a: rng.normal(size=s).round(1) for a, s in shapes.items()}))
    return cases


SCALED_DOT_PRODUCT = Exercise(
    name="scaled_dot_product",
    points=3,
    reference=scaled_dot_product,
    cases=_queries,
    mistakes=(
        Mistake(
            "scale_forgotten",
            lambda q, k, v: softmax_rows(q @ np.swapaxes(k, -1, -2)) @ v,
            "The scores are not divided by the root of d.",
        ),
        Mistake(
            "scaled_by_d",
            lambda q, k, v: softmax_rows(q @ np.swapaxes(k, -1, -2) / q.shape[-1]) @ v,
            "The scores are divided by d; divide by its root.",
        ),
    ),
    hints=("Scores first.", "q @ k transposed, over the root of d.", "softmax_rows of it, @ v."),
)

_SHOWN = ("tests/other_course/__init__.py", "tests/other_course/student.py")
COURSE = Course(
    where="tests.other_course.course:COURSE",
    name="attention",
    title="Attention in one chapter",
    chapters=(Chapter("00_attention", "0 · Attention", 15, (SOFTMAX_ROWS, SCALED_DOT_PRODUCT)),),
    solutions=HERE / "solutions",
    notebooks=HERE / "notebooks",
    code=("tests.other_course",),
    words=Words(batch_only="One matrix is right, a stack of them is not."),
    visible=Visible(
        files={
            **{Path(name): HERE.parents[1] / name for name in _SHOWN},
            Path("tests/__init__.py"): HERE.parents[1] / "tests" / "__init__.py",
            Path("tests/other_course/course.py"): HERE / "stubs" / "course.py",
        },
    ),
)
