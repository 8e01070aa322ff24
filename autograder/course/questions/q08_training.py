"""Questions on chapter 8, training; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "clip_when",
        "When is the gradient clipped?",
        "before Adam sees it",
        "Clipped afterwards, Adam's averages have already taken in the huge gradient.",
        (
            "after the update",
            "before the backward pass",
        ),
    ),
    Question(
        "adding_chance",
        (
            "Adding problem: a model always says 1, the mean of the sum of two numbers "
            "drawn from 0 to 1. What is its mean squared error?"
        ),
        "0.1667",
        "It is the variance of the sum: 1/12 for each of the two numbers.",
    ),
    Question(
        "adam_first_step",
        (
            "Adam with bias correction, epsilon neglected: how large is its first step in "
            "each number?"
        ),
        "the learning rate, whatever the gradient",
        "The corrected averages are g and g², and g / √g² is ±1.",
        (
            "the learning rate times the gradient",
            "a tenth of the learning rate",
        ),
    ),
    Question(
        "adam_uncorrected",
        (
            "The same without bias correction, β₁ = 0.9 and β₂ = 0.999. How many learning "
            "rates long is the first step?"
        ),
        "3.16",
        "0.1 g over √(0.001 g²): 0.1 / 0.0316.",
    ),
    Question(
        "fresh_state",
        (
            "Two batches have nothing to do with each other. With which state does the "
            "second one begin?"
        ),
        "with zeros, or the h_0 that is given",
        "A state carried over tells of sequences that this batch does not belong to.",
        (
            "with the last state of the first",
            "with the mean state of the first",
        ),
    ),
)
