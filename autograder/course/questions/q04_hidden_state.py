"""Questions on chapter 4, the hidden state: the whole cell; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "torch_order",
        "In which order lie the three blocks of PyTorch's packed arrays?",
        "r, z, n",
        "The first H rows are the reset gate's. Keras packs z, r, h.",
        (
            "z, r, n",
            "n, r, z",
            "r, n, z",
        ),
    ),
    Question(
        "flip",
        "What has to be negated so that z_t becomes 1 - z_t?",
        "W_iz, W_hz, b_iz and b_hz",
        "1 - σ(a) = σ(-a), and a is the sum of all four terms.",
        (
            "W_iz and W_hz",
            "b_iz and b_hz",
            "all twelve arrays",
        ),
    ),
    Question(
        "tanh_rnn_gates",
        "Which gates make a GRU a tanh-RNN?",
        "r_t = 1 and z_t = 0",
        (
            "r_t = 1 lets the whole past into the candidate, and z_t = 0 makes the "
            "candidate the new state."
        ),
        (
            "r_t = 0 and z_t = 0",
            "r_t = 1 and z_t = 1",
            "r_t = 0 and z_t = 1",
        ),
    ),
    Question(
        "arrays_of_a_cell",
        "How many arrays has a GRUParams, with two biases for each gate and for the candidate?",
        "12",
        "Three parts, each with two matrices and two biases.",
    ),
    Question(
        "same_h_prev",
        "The gates and the candidate of step t all read one state. Which?",
        "h_prev, as it was before the step",
        (
            "Nothing of the new state is there before equation (4). A state changed in "
            "place spoils the later lines."
        ),
        (
            "h_t, as far as it is known",
            "each the one that the line before made",
        ),
    ),
)
