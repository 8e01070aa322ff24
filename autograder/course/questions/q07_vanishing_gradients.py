"""Questions on chapter 7, vanishing gradients; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "identity",
        "z_t = 1 and the gates do not move. What is ∂h_t/∂h_prev?",
        "the identity matrix",
        "The state is copied, and so is the gradient.",
        (
            "the zero matrix",
            "W_hn",
            "a diagonal of r_t",
        ),
    ),
    Question(
        "ten_halves",
        "A gradient is halved at each step. Which share of it is left after 3 steps?",
        "0.125",
        "Factors multiply: 1/2 · 1/2 · 1/2.",
    ),
    Question(
        "clipping_keeps",
        "What does clipping by the norm leave as it is?",
        "the direction of the gradient",
        "All arrays are multiplied by one factor. Clipping each number alone turns the gradient.",
        (
            "the length of the gradient",
            "the largest component",
        ),
    ),
    Question(
        "clipped_component",
        (
            "A gradient has the norm 10 and a component 5. It is clipped to the norm 1. "
            "What is the component now?"
        ),
        "0.5",
        "All is multiplied by 1/10.",
    ),
    Question(
        "dropped_paths",
        (
            "A popular derivation of the GRU's Jacobian is wrong between its corners. "
            "What does it leave out?"
        ),
        "the paths through the two gates",
        (
            "h_prev also moves z_t and r_t. At gates of exactly 0 or 1 the slope of σ is "
            "0, so there nothing is missing."
        ),
        (
            "the path through the candidate",
            "the direct path z_t h_prev",
        ),
    ),
    Question(
        "chrono_of_one",
        "The chrono bias is log(u). What is it for u = 1?",
        "0",
        "σ(0) = 1/2 = u / (1 + u).",
    ),
)
