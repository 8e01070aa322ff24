"""Questions on chapter 2, the update gate; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "z_one",
        "h_t = (1 - z_t) n_t + z_t h_prev. What does z_t = 1 do?",
        "It copies the old state",
        "The weight of n_t is then 0 and that of h_prev is 1.",
        (
            "It takes the new content",
            "It sets the state to 1",
            "It adds the two",
        ),
    ),
    Question(
        "z_quarter",
        "z_t = 0.25, h_prev = 4 and n_t = 0. What is h_t?",
        "1",
        "0.25 · 4 + 0.75 · 0.",
    ),
    Question(
        "half_life_of_half",
        (
            "z_t is 0.5 at every step and nothing new comes in. After how many steps is "
            "half of the state left?"
        ),
        "1",
        "One step multiplies by z = 0.5.",
    ),
    Question(
        "left_after_two",
        "z_t is 0.9 at every step. Which share of the first state is left after two steps?",
        "0.81",
        "After k steps it is z to the power k: 0.9 · 0.9.",
    ),
    Question(
        "longer_memory",
        "The bias of the update gate grows. What happens to the half-life of the memory?",
        "It grows",
        "A larger bias brings z nearer to 1, and z is the share that is kept at each step.",
        (
            "It shrinks",
            "It stays",
            "It changes its sign",
        ),
    ),
)
