"""Questions on chapter 5, sequences, layers, the loss; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "forward_shape",
        "x is (T, N, D) and there are H units. Which shape has what gru_forward returns?",
        "(T, N, H)",
        "A state of H numbers for each sequence at each step.",
        (
            "(N, H)",
            "(T, N, D)",
            "(N, T, H)",
        ),
    ),
    Question(
        "three_blocks",
        "By which factor has a GRU more parameters than a tanh-RNN of the same sizes?",
        "3",
        "Two gates and the candidate, each of the size of the one part of a tanh-RNN.",
    ),
    Question(
        "second_layer_input",
        "What is the input of the second layer at step t?",
        "the state of the first layer at step t",
        "A layer's states (T, N, H) have the shape of an input with D = H.",
        (
            "x at step t",
            "the state of the first layer at step t - 1",
            "the last state of the first layer",
        ),
    ),
    Question(
        "padding",
        "A sequence of a batch ends at step 3, the batch at step 9. Its state after step 3",
        "stays as it was",
        (
            "Padding is no input. If the state went on, results would depend on how long "
            "the others are."
        ),
        (
            "goes to 0",
            "goes on with x = 0",
        ),
    ),
    Question(
        "uniform_loss",
        (
            "A model gives each of two classes the probability 1/2. What is its cross- "
            "entropy, in nats?"
        ),
        "0.693",
        "It is -log(1/2) = log 2, whatever the target.",
    ),
    Question(
        "two_directions",
        (
            "Each direction of a bidirectional GRU has 5 units. How many numbers are "
            "there for each step?"
        ),
        "10",
        "The forward and the backward states stand side by side.",
    ),
)
