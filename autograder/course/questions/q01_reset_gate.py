"""Questions on chapter 1, the reset gate; later chapters open with them."""

from __future__ import annotations

from autograder.core.question import Question

QUESTIONS = (
    Question(
        "gate_range",
        "Between which numbers lies each component of r_t?",
        "0 and 1",
        "The last thing that happens to it is σ. It is a share.",
        (
            "-1 and 1",
            "any two",
            "0 and H",
        ),
    ),
    Question(
        "concat_columns",
        (
            "A gate has one matrix W on the joined vector [h, x]. The state has 70 "
            "numbers, the input 32. How many columns has W?"
        ),
        "102",
        "One column for each number of the joined vector: 70 + 32.",
    ),
    Question(
        "split_first_columns",
        "W acts on [h, x]. What does `W[:, :H]` multiply?",
        "the state",
        "The state stands first in [h, x], so the first H columns meet it.",
        (
            "the input",
            "both of them",
        ),
    ),
    Question(
        "bias_half_open",
        "All weights of a gate are 0, and it is to be 0.5. Which bias does that?",
        "0",
        "σ(0) = 0.5.",
    ),
    Question(
        "gates_are_independent",
        "Can all components of r_t be 0.9 at once?",
        "Yes: each unit has a σ of its own",
        "σ acts on each number alone. It is softmax that makes shares of one whole.",
        (
            "No: they add up to 1",
            "Only where H is 1",
        ),
    ),
    Question(
        "bias_sign",
        "A gate with weights of 0 is to be nearly closed. Its bias is",
        "large and negative",
        "σ(b) goes to 0 as b goes to minus infinity; at b = 0 the gate is half open.",
        (
            "0",
            "large and positive",
            "a small fraction",
        ),
    ),
)
