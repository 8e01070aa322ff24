"""Questions on chapter 0, products, shapes, the sigmoid; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "star",
        "What does `*` do between two arrays of one shape?",
        "It multiplies element by element",
        "`@` is the matrix product; `*` multiplies place by place and sums nothing.",
        (
            "It is the matrix product",
            "It gives one number, the dot product",
        ),
    ),
    Question(
        "sigmoid_of_zero",
        "What is σ(0)?",
        "0.5",
        "1 / (1 + e⁰) is 1/2: a gate without an opinion is half open.",
    ),
    Question(
        "sigmoid_mirror",
        "1 - σ(a) is the same as",
        "σ(-a)",
        "Multiply the fraction 1 / (1 + e⁻ᵃ) by eᵃ / eᵃ and take it from 1. This flips a gate.",
        (
            "-σ(a)",
            "σ(1 - a)",
            "1 / σ(a)",
        ),
    ),
    Question(
        "affine_shape",
        "x_t is (N, D) and W_i is (H, D). Which shape has `x_t @ W_i.T`?",
        "(N, H)",
        "(N, D) times (D, H): one row for each sequence, one column for each unit.",
        (
            "(H, N)",
            "(N, D)",
            "(D, H)",
        ),
    ),
    Question(
        "stable_sigmoid",
        "Which form of σ(a) never overflows on the way, for any a?",
        "0.5 * (1 + tanh(a / 2))",
        (
            "tanh goes to ±1 and no further; each of the others takes the exponential of "
            "a large number for some a."
        ),
        (
            "1 / (1 + exp(-a))",
            "exp(a) / (1 + exp(a))",
        ),
    ),
)
