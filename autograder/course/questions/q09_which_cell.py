"""Questions on chapter 9, which cell to take; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "three_quarters",
        "Same sizes: how many parameters has a GRU for each one of an LSTM?",
        "0.75",
        "Three blocks against four.",
    ),
    Question(
        "median_of_three",
        (
            "Three runs: solved after 100 steps, after 200, never. What is the median "
            "number of steps?"
        ),
        "200",
        "Never counts as infinite. The middle one is 200; a mean would be infinite.",
    ),
    Question(
        "silent_notes",
        (
            "Two notes, both logits 0. What is the negative log likelihood of what is "
            "played, in nats?"
        ),
        "1.386",
        "Each note has the probability 1/2, so each costs log 2.",
    ),
    Question(
        "longer_memory_claim",
        "An LSTM remembers longer than a GRU. What did the measurements of chapter 9 say?",
        "It depends on how the LSTM starts",
        "With PyTorch's start it did not; with a forget bias of 3 it learned what it had missed.",
        (
            "Yes, on all tasks",
            "No, on no task whatever its start",
        ),
    ),
    Question(
        "budget",
        (
            "Two cells are compared at an equal number of parameters. Which one has more "
            "units, the GRU or the LSTM?"
        ),
        "the GRU",
        "It has three blocks where the LSTM has four, so more units fit.",
        (
            "the LSTM",
            "both have the same",
        ),
    ),
)
