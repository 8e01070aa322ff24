"""Do the cases reject every small slip, whatever the seed? `python -m benchmarks.mutants`.

Every key is changed by every edit of `autograder.core.diagnosis.edits`: an operator, a name, a
field, a bracket, a term dropped or doubled, a loop's bound, a clip, and so on. The judge must
reject what comes of it under each of the seeds; or it is the same function, which is shown on
inputs that no case draws: the exercise's own, from other seeds, with every number drawn anew.

rejected    wrong under every seed
equivalent  right under every seed, and equal on the fresh inputs
accepted    right under some seed, and not equal: the cases are too weak (the goal is 0)

All is the same on every run.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import io
import sys
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograder.authoring import source
from autograder.core.call import Bounded
from autograder.core.compare import is_right
from autograder.core.diagnosis.edits import edits
from autograder.core.diagnosis.repair import fields_of
from autograder.core.exercise import Case, Exercise
from autograder.core.outcome import call
from autograder.core.parts import leaves
from autograder.core.trials import Trial, trial, trials
from autograder.course import COURSE, EXERCISES

SEEDS = 20
MOST = 150  # mutants of an exercise, drawn from a fixed seed; gru_cell_backward has 18,500
FRESH = 12  # sets of inputs that no case draws
SECONDS = 1  # for one call of a mutant; a loop that does not end is rejected


class Mutant(NamedTuple):
    """A key with one slip: the kind of the slip, the line it is in, and the text of the cell."""

    kind: str
    was: str
    now: str
    code: str


class Row(NamedTuple):
    """What became of the mutants of one exercise."""

    exercise: str
    mutants: int
    rejected: int
    equivalent: int
    accepted: list[tuple[Mutant, int]]  # and under how many seeds


# --- mutants ---------------------------------------------------------------------------------


@functools.cache
def scopes(chapter: str) -> dict[str, dict[str, Any]]:
    """Return, for each exercise of a chapter, the names that its key finds around it."""
    scope: dict[str, Any] = {"__name__": "key"}
    found = {}
    for i, cell in enumerate(c for c in source.read(COURSE, chapter) if c.kind == "code"):
        name = cell.keys.get("solution")
        if name:
            found[str(name)] = dict(scope)
        if i == 0 or name or _defines(cell.text):
            with contextlib.redirect_stdout(io.StringIO()):  # what `yours` says
                exec(cell.text, scope)
    return found


def _defines(text: str) -> bool:
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return all(isinstance(n, kinds) for n in ast.parse(text).body)


def mutants(exercise: str, most: int | None = None, seed: int = 0) -> list[Mutant]:
    """Return the mutants of an exercise's key; `most` of them, drawn from `seed`."""
    key = source.all_keys(COURSE)[exercise]
    tree = ast.parse(key)
    found: dict[str, Mutant] = {}
    before = ast.unparse(tree)
    cases = EXERCISES[exercise].cases(np.random.default_rng(0))
    for edit in edits(tree, fields_of(cases)):
        with edit.made():
            code = ast.unparse(tree)
        if code != before and code not in found:
            was, now = _difference(before, code)
            found[code] = Mutant(edit.kind, was, now, code)
    everyone = list(found.values())
    if most is None or most >= len(everyone):
        return everyone
    chosen = np.random.default_rng(seed).choice(len(everyone), most, replace=False)
    return [everyone[i] for i in sorted(chosen)]


def _difference(before: str, after: str) -> tuple[str, str]:
    old, new = before.split("\n"), after.split("\n")
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    return old[start].strip(), new[start].strip() if start < len(new) else ""


def function_of(mutant: Mutant, exercise: str) -> Callable[..., Any] | None:
    """Return the mutant's function; None where its text cannot even be run."""
    scope = dict(scopes(COURSE.chapter_of(exercise).name)[exercise])
    try:
        exec(compile(mutant.code, "<mutant>", "exec"), scope)
    except Exception:
        return None
    return scope.get(exercise)


# --- judging ---------------------------------------------------------------------------------


@functools.cache
def prepared(name: str, seed: int) -> tuple[Trial, ...]:
    """Return an exercise's cases under a seed."""
    return tuple(trials(EXERCISES[name], seed))


def passes(exercise: Exercise, f: Callable[..., Any], cases: tuple[Trial, ...]) -> bool:
    """Return whether every case is right; it stops at the first that is not."""
    for one in cases:
        outcome = call(f, exercise, one.case, one.answer)
        if outcome.changed or not is_right(exercise, outcome, one.expected):
            return False
    return True


@functools.cache
def fresh(name: str) -> tuple[Trial, ...]:
    """Return inputs that no case draws: numbers anew, at the scales and sizes of the cases."""
    exercise, made = EXERCISES[name], []
    masks = _masks(exercise.cases(np.random.default_rng(0)))
    for seed in range(FRESH):
        rng = np.random.default_rng([7, seed])
        for case in exercise.cases(np.random.default_rng(1000 + seed)):
            inputs = {
                k: rng.integers(0, 2, v.shape).astype(float) if k in masks else _anew(v, rng)
                for k, v in case.inputs.items()
            }
            with contextlib.suppress(Exception):  # the reference itself takes no such input
                one = trial(exercise, Case(case.aspect, inputs, case.probe))
                if all(np.isfinite(a).all() for a in one.expected.values()):
                    made.append(one)
    if not made:  # then nothing would be shown
        raise ValueError(f"no fresh input of {name} has a finite answer")
    return tuple(made)


def _masks(cases: list[Case]) -> set[str]:
    """Return the arguments that hold 0 and 1 alone: other numbers mean nothing in them."""
    return {
        k
        for k, v in cases[0].inputs.items()
        if isinstance(v, np.ndarray)
        and v.dtype.kind == "f"
        and all(np.isin(c.inputs[k], (0, 1)).all() for c in cases)
    }


def _anew(value: Any, rng: np.random.Generator) -> Any:
    """Return an argument with other numbers of its own size and kind."""
    if isinstance(value, tuple):
        items = [_anew(v, rng) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if not leaves(value) or np.asarray(value).dtype.kind != "f":
        return value
    a = np.asarray(value)
    if a.size and a.min() >= 0 and a.max() <= 1:
        return _like(rng.uniform(0.01, 0.99, a.shape), value)
    size = np.abs(a).max() if a.size else 1.0
    drawn = np.clip(rng.normal(0, 1, a.shape), -3, 3) * size / 2
    return _like(np.abs(drawn) + 1e-3 if a.size and a.min() > 0 else drawn, value)


def _like(a: np.ndarray, value: Any) -> Any:
    return a if isinstance(value, np.ndarray) else type(value)(a)


def measure(name: str, most: int | None = None, seeds: int = SEEDS) -> Row:
    """Return what the judge makes of the mutants of one exercise."""
    exercise = EXERCISES[name]
    everyone = mutants(name, most)
    rejected, equivalent = 0, 0
    accepted: list[tuple[Mutant, int]] = []
    for mutant in everyone:
        f = function_of(mutant, name)
        if f is None:
            rejected += 1
            continue
        bounded = Bounded(f, SECONDS)  # stopped once, it is not called again
        passed = sum(passes(exercise, bounded, prepared(name, seed)) for seed in range(seeds))
        if not passed:
            rejected += 1
        elif passed == seeds and passes(exercise, bounded, fresh(name)):
            equivalent += 1
        else:
            accepted.append((mutant, passed))
    return Row(name, len(everyone), rejected, equivalent, accepted)


def markdown(total: np.ndarray, seeds: int) -> str:
    """Return the figures as the README states them."""
    mutants, rejected, equivalent, accepted = total
    return (
        f"  Of {mutants} slips, each one small change of a key, {rejected} are rejected under each "
        f"of {seeds} seeds, {equivalent} are the same function on inputs that no check draws, and "
        f"{accepted or 'none'} {'is' if accepted < 2 else 'are'} accepted wrongly.\n"
    )


def main() -> None:
    """Print the table, and every mutant that is accepted and is not the same function."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", help="all where none is named")
    parser.add_argument("--most", type=int, default=MOST, help="mutants of an exercise; 0: all")
    parser.add_argument("--all", action="store_true", help="list more than 5 that are accepted")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--markdown", action="store_true", help="print the README's figures alone")
    wanted = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    total = np.zeros(4, int)
    if wanted.markdown:
        for name in EXERCISES:
            row = measure(name, wanted.most or None, wanted.seeds)
            total += (row.mutants, row.rejected, row.equivalent, len(row.accepted))
        print(markdown(total, wanted.seeds), end="")
        return
    print(f"{'exercise':<34}{'mutants':>8}{'rejected':>9}{'equivalent':>11}{'accepted':>9}")
    for name in wanted.exercises or EXERCISES:
        row = measure(name, wanted.most or None, wanted.seeds)
        counts = (row.mutants, row.rejected, row.equivalent, len(row.accepted))
        total += counts
        print(f"{name:<34}{counts[0]:>8}{counts[1]:>9}{counts[2]:>11}{counts[3]:>9}")
        for mutant, seeds in row.accepted[: None if wanted.all else 5]:
            print(f"    {mutant.kind}, {seeds} seeds: {mutant.was}  ->  {mutant.now}")
        sys.stdout.flush()
    print(f"{'all':<34}{total[0]:>8}{total[1]:>9}{total[2]:>11}{total[3]:>9}")


if __name__ == "__main__":
    main()
