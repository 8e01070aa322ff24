"""Questions on chapter 6, backpropagation through time; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "sigmoid_slope",
        "s = σ(a). What is dσ/da, written with s?",
        "s (1 - s)",
        "It needs no new exponential: what was computed forward is enough.",
        (
            "1 - s²",
            "s²",
            "1 - s",
        ),
    ),
    Question(
        "steepest_sigmoid",
        "What is the largest value that the derivative of σ can have?",
        "0.25",
        "s (1 - s) is largest at s = 1/2.",
    ),
    Question(
        "sum_over_time",
        "One matrix is used at all T steps. Its gradient is",
        "the sum of what each step gives",
        "Each step is a place where it is used, and gradients of all uses add up.",
        (
            "the mean over the steps",
            "that of the last step",
            "the product over the steps",
        ),
    ),
    Question(
        "who_reads_h",
        "Whose gradients meet in ∂L/∂h_t?",
        "that of the loss at step t and that of step t + 1",
        "Both read h_t. Leave one out and the gradient is wrong without any error.",
        (
            "that of the loss at step t alone",
            "those of steps t - 1 and t",
        ),
    ),
    Question(
        "gradient_shape",
        "Which shape has the gradient of a loss with respect to W_hr, which is (H, H)?",
        "(H, H)",
        "A gradient has one number for each number that it is the gradient of.",
        (
            "(N, H)",
            "(H,)",
            "(T, H, H)",
        ),
    ),
    Question(
        "central_difference",
        (
            "In a central difference eps is halved. By which number is its error divided, "
            "as long as rounding does not count?"
        ),
        "4",
        "The error goes with eps²; that of a one-sided difference goes with eps.",
    ),
)
