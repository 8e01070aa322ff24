"""A guess, as a student typed it, against what was measured."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

WORDS = {"true": "yes", "y": "yes", "false": "no", "n": "no", "not a number": "nan"}


def compared(guess: str | None, measured: Any, choices: tuple[float, ...] = ()) -> str:
    """Return the sentence that puts a guess beside what was measured, or beside the nearest choice.

    `guess` is None where nothing was predicted.
    """
    says = f"Measured: {measured:.3g}" if isinstance(measured, float) else f"Measured: {measured}"
    expected: Any = measured
    if choices:
        expected = min(choices, key=lambda c: abs(math.log(c / measured)))
        if not math.isclose(expected, measured, rel_tol=0.03):
            says += f"; the nearest of the choices is {expected:g}"
    if guess is None:
        return f"{says}. You had not predicted; next time, guess first."
    if (agrees := same(_nearest(guess, choices), expected)) is None:
        return f"You predicted {guess}. {says}. (These two could not be compared.)"
    if agrees:
        return f"You predicted {guess}. {says}. They agree."
    if _within(guess, expected, 2.0):
        return f"You predicted {guess}. {says}. Close: within a factor of 2."
    return f"You predicted {guess}. {says}. What did you assume that is not so?"


def same(guess: str, expected: Any) -> bool | None:
    """Return whether a guess as typed is what is expected, within 3 %; None if nobody can tell."""
    guess = guess.strip().lower().removeprefix("about ").removeprefix("np.").rstrip("%. ")
    guess, expected = WORDS.get(guess, guess), str(expected).strip().lower()
    if guess == expected:
        return True
    mine, theirs = _number(guess), _number(expected)
    if mine is None or theirs is None:
        return None if theirs is not None else False
    return math.isclose(mine, theirs, rel_tol=0.03, abs_tol=1e-9)


def _within(guess: str, expected: Any, factor: float) -> bool:
    """Return whether two numbers of one sign differ by no more than a factor."""
    mine, theirs = _number(guess), _number(str(expected))
    if not mine or not theirs or mine * theirs < 0:
        return False
    return 1 / factor <= mine / theirs <= factor


def _nearest(guess: str, choices: tuple[float, ...]) -> str:
    """Return the choice that a guess is nearest to; the guess where there are no choices."""
    number = _number(guess)
    if not choices or number is None or number <= 0:
        return guess
    return str(min(choices, key=lambda c: abs(math.log(c / number))))


def _number(text: str) -> float | None:
    found = re.search(r"-?[\d.]+(e-?\d+|/\d+)?", text.replace("½", "1/2"))
    try:
        return float(Fraction(found.group())) if found else None
    except (ValueError, ZeroDivisionError):
        return None
