"""Questions on chapter 3, the candidate state; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "candidate_range",
        "Between which numbers lies each component of the candidate n_t?",
        "-1 and 1",
        "It is content and not a share: its outer function is tanh.",
        (
            "0 and 1",
            "any two",
            "-H and H",
        ),
    ),
    Question(
        "reset_after_where",
        "Reset after: what does r_t multiply?",
        "W_hn h_prev + b_hn",
        (
            "The gate comes after the product with the matrix, and the bias stands inside "
            "its bracket."
        ),
        (
            "h_prev",
            "W_in x_t + b_in",
            "the whole sum inside tanh",
        ),
    ),
    Question(
        "open_reset",
        "r_t = 1 everywhere. How far do reset after and reset before lie apart?",
        "0",
        "1 times anything leaves it: both are then tanh(W_in x_t + b_in + W_hn h_prev + b_hn).",
    ),
    Question(
        "closed_reset",
        "r_t = 0 everywhere. On what does the candidate depend?",
        "on the input alone",
        "What the reset gate multiplies is the only way by which the past comes in.",
        (
            "on the past alone",
            "on both",
            "on neither",
        ),
    ),
    Question(
        "no_conversion",
        (
            "Can the weights of a GRU with reset before be rewritten for reset after, so "
            "that it computes the same?"
        ),
        "Not in general: they are different functions",
        "A gate before the matrix weights its columns, one after it weights its rows.",
        (
            "Yes, by a change of signs",
            "Yes, by transposing W_hn",
        ),
    ),
)
