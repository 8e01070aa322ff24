"""How well the course names mistakes: `python -m benchmarks.diagnosis` prints the tables.

The judge sees only what a function returns. It is shown here what nobody told it of:

restyled   a declared mistake, written by hand in another way than its declaration
by hand    two mistakes in one function, as a student would write them
summed     m1 + m2 - right, for two declared mistakes m1 and m2, where the shapes agree
by unit    m1 for every other number of the answer's last axis, m2 for the rest
by batch   m1 for one vector, m2 for a batch
composed   m1 of inputs in which m2 has been made already

An answer with two mistakes must fail, and must get the name of one of the two or none at all.
All but the times is the same on every run.
"""

from __future__ import annotations

import argparse
import copy
import functools
import inspect
import itertools
import math
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from autograder.core.exercise import Exercise, Mistake
from autograder.core.judge import judge
from autograder.core.outcome import call
from autograder.core.parts import leaves
from autograder.core.verdict import PASSED, Verdict
from autograder.course import EXERCISES
from autograder.course.chapters.ch05_sequences import forward
from autograder.course.chapters.ch06_bptt import backward_over_time
from autograder.course.chapters.ch08_network import Weights
from autograder.course.chapters.ch08_steps import clipped
from autograder.course.chapters.ch09_cell import with_gradients
from benchmarks.answers.right import RIGHT
from gru_ref.cell import GRUParams, sigmoid

ANSWERS = (Path(__file__).parent / "answers" / "wrong.txt").read_text(encoding="utf-8")


PAIRS = 60  # of an exercise, for each way to make them: a sample where there are more
WAYS = ("by hand", "summed", "by unit", "by batch", "composed")


class Trial(NamedTuple):
    """One wrong answer: how it was made, the mistakes in it, and the verdict on it."""

    exercise: str
    way: str
    holds: tuple[str, ...]
    verdict: Verdict

    @property
    def rejected(self) -> bool:
        """Whether the judge did not accept it."""
        return self.verdict.status != PASSED

    @property
    def name(self) -> str:
        """Return the declared mistake that the verdict names, "" when it names none."""
        mistakes = {m.name for m in EXERCISES[self.exercise].mistakes}
        return self.verdict.mistake if self.verdict.mistake in mistakes else ""

    @property
    def right(self) -> bool:
        """Whether the cause that was named is in it."""
        return self.name in self.holds

    @property
    def wrong(self) -> bool:
        """Whether a cause was named that is not in it."""
        return bool(self.name) and not self.right


class Row(NamedTuple):
    """What was measured on one exercise; `not_two` are pairs that cancel or make a third one."""

    exercise: str
    declared: list[Trial]
    restyled: list[Trial]
    pairs: list[Trial]
    not_two: list[Trial]
    right: list[bool]
    float32: bool
    pass_ms: float
    fail_ms: float


# --- answers with two mistakes, made from the declared ones --------------------------------------


def each(f: Callable, *answers: Any) -> Any:
    """Return `f` of the arrays of several answers, in the first one's structure."""
    first = answers[0]
    if isinstance(first, tuple):
        parts = [each(f, *(a[i] for a in answers)) for i in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    arrays = [np.asarray(a, dtype=float) for a in answers]
    return f(*arrays) if len({a.shape for a in arrays}) == 1 else arrays[0]


def _alternate(a, b):
    return np.where(np.arange(a.shape[-1]) % 2, b, a) if a.ndim else a


def _axes(args):
    return leaves(tuple(args))[0].ndim


def mixed(exercise: Exercise, way: str, one: Mistake, two: Mistake) -> Callable:
    """Return the answer that makes both mistakes; arrays that either overwrites are overwritten."""

    def both(*args):
        if way == "by batch":
            return (one if _axes(args) < 2 else two).wrong(*args)
        spoilt = [copy.deepcopy(args) for _ in range(3)]
        a = one.wrong(*spoilt[0])
        try:
            b = two.wrong(*spoilt[1])
        except Exception:
            return a
        for mine, *theirs in zip(*(leaves(x) for x in (args, *spoilt[:2])), strict=True):
            for changed in theirs:
                if not np.array_equal(mine, changed):
                    np.copyto(mine, changed)
        if way == "by unit":
            return each(_alternate, a, b)
        return each(lambda a, b, c: a + b - c, a, b, exercise.reference(*spoilt[2]))

    return both


def _fields(**change: str) -> Callable:
    """Return the change of (x_t, h_prev, p) that puts one field of p, or 0, in another's place."""

    def made(x, h, p):
        put = {k: getattr(p, v) if v else 0 * getattr(p, k) for k, v in change.items()}
        return x, h, p._replace(**put)

    return made


def _gate_fields(of: str, seen: str) -> dict[str, str]:
    return {f"{k}{of}": f"{k}{seen}" for k in ("W_i", "W_h", "b_i", "b_h")}


_GATE = {
    "W_h_transposed": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, bi, Wh.T, bh),
    "b_i_forgotten": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, 0 * bi, Wh, bh),
    "b_h_forgotten": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, bi, Wh, 0 * bh),
    "both_biases_forgotten": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, 0 * bi, Wh, 0 * bh),
}
_CANDIDATE = {
    "one_minus_r": lambda x, h, r, *w: (x, h, 1 - r, *w),
    "r_ignored": lambda x, h, r, *w: (x, h, np.ones_like(r), *w),
    "b_in_forgotten": lambda x, h, r, Wi, bi, *w: (x, h, r, Wi, 0 * bi, *w),
    "b_hn_forgotten": lambda *a: (*a[:-1], 0 * a[-1]),
    "W_hn_transposed": lambda x, h, r, Wi, bi, Wh, bh: (x, h, r, Wi, bi, Wh.T, bh),
}
_SWAPS = [m.name.split("_for_") for m in EXERCISES["gru_cell"].mistakes if "_for_" in m.name]

# Mistakes that are a change of the arguments: {exercise: {mistake: the change}}.
CHANGES: dict[str, dict[str, Callable]] = {
    "sigmoid": {
        "sign_of_the_exponent": lambda a: (-a,),
        "tanh_without_halves": lambda a: (2 * a,),
    },
    "affine": _GATE
    | {"bias_inside_the_product": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, bi, Wh, Wh @ bh)},
    "reset_gate": _GATE,
    "update_gate": _GATE,
    "concat_gate": {
        "bias_forgotten": lambda x, h, W, b: (x, h, W, 0 * b),
        "x_before_h": lambda x, h, W, b: (x, h, np.roll(W, len(b), axis=1), b),
    },
    "bias_for_gate": {"sign": lambda r: (1 - r,)},
    "blend": {"z_and_1_minus_z_swapped": lambda z, h, n: (1 - z, h, n)},
    "half_life": {"of_1_minus_z": lambda z: (1 - z,)},
    "candidate_reset_after": _CANDIDATE,
    "candidate_reset_before": _CANDIDATE,
    "hidden_state": {
        "z_and_1_minus_z_swapped": lambda x, h, r, z, *w: (x, h, r, 1 - z, *w),
        "r_and_z_swapped": lambda x, h, r, z, *w: (x, h, z, r, *w),
        "reset_ignored": lambda x, h, r, z, *w: (x, h, np.ones_like(r), z, *w),
    },
    "gru_cell": {
        f"{seen}_for_{due}": _fields(**{due: seen})
        for seen, due in _SWAPS
        if seen in GRUParams._fields
    }
    | {
        "b_hn_forgotten": _fields(b_hn=""),
        "input_biases_only": _fields(b_hr="", b_hz=""),
        "state_biases_forgotten": _fields(b_hr="", b_hz="", b_hn=""),
        "reset_weights_in_the_update_gate": _fields(**_gate_fields("z", "r")),
        "update_weights_in_the_reset_gate": _fields(**_gate_fields("r", "z")),
        "r_and_z_swapped": _fields(**_gate_fields("r", "z"), **_gate_fields("z", "r")),
    },
    "unpack_torch_weights": {
        "input_and_state_biases_swapped": lambda wi, wh, bi, bh: (wi, wh, bh, bi),
        "biases_summed": lambda wi, wh, bi, bh: (wi, wh, bi + bh, 0 * bh),
    },
    "gru_forward": {
        "h_0_ignored": lambda x, h, p: (x, 0 * h, p),
        "time_runs_backwards": lambda x, h, p: (x[::-1], h, p),
    },
    "gru_forward_lengths": {
        "h_0_ignored": lambda x, lengths, h, p: (x, lengths, 0 * h, p),
        "one_step_too_many": lambda x, lengths, h, p: (x, lengths + 1, h, p),
    },
    "stacked_gru": {
        "one_h_0_for_all_layers": lambda x, h, layers: (x, np.stack([h[0]] * len(h)), layers),
    },
    "bidirectional_gru": {
        "same_parameters_for_both": lambda x, h, p, q: (x, h, p, p),
        "one_h_0_for_both": lambda x, h, p, q: (x, np.stack([h[0], h[0]]), p, q),
    },
    "count_parameters": {"layers_ignored": lambda D, H, layers: (D, H, np.array(1))},
}


def composed(one: Mistake, change: Callable) -> Callable:
    """Return mistake `one` on arguments in which another has been made."""
    return lambda *args: one.wrong(*change(*args))


def made_pairs(exercise: Exercise, most: int) -> Iterator[tuple[str, tuple[str, str], Callable]]:
    """Yield way, names and function of two declared mistakes at once, `most` for each way."""
    rng = np.random.default_rng(3)
    batches = {_axes(c.inputs.values()) for c in exercise.cases(rng)} >= {1, 2}
    both = list(itertools.permutations(exercise.mistakes, 2))
    changes = CHANGES.get(exercise.name, {}).items()
    summed = () if exercise.observe else ("summed",)  # there a sum of answers means nothing
    ways: dict[str, list] = {
        way: [((a.name, b.name), mixed(exercise, way, a, b)) for a, b in both]
        for way in (*summed, "by unit") + ("by batch",) * batches
    }
    ways["composed"] = [
        ((m.name, name), composed(m, change))
        for m in exercise.mistakes
        for name, change in changes
        if m.name != name
    ]
    for way, found in ways.items():
        chosen = rng.permutation(len(found))[:most]
        yield from ((way, *found[i]) for i in sorted(chosen))


def is_one(exercise: Exercise, f: Callable, trial: Trial) -> bool:
    """Return whether two mistakes cancel, or are together the third one that the verdict names.

    `W_i_transposed` and `W_h_transposed`, say, are `W_transposed`: the same function, which no
    judge could tell apart. They are compared on cases that the judge does not draw; NaN is no
    evidence.
    """
    if not trial.rejected:
        other = exercise.reference
    elif trial.wrong:
        other = next(m.wrong for m in exercise.mistakes if m.name == trial.name)
    else:
        return False
    numbers = False
    for case in exercise.cases(np.random.default_rng(99)):
        due = exercise.reference(**copy.deepcopy(case.inputs))
        a, b = (call(g, exercise, case, due) for g in (f, other))
        if a.changed != b.changed or type(a) is not type(b):
            return False
        for part in getattr(b, "parts", ()):
            seen, theirs = a.parts[part], b.parts[part]
            numbers |= not np.isnan(seen).any()
            if not np.all(np.isnan(seen) | np.isclose(seen, theirs, rtol=1e-6, atol=1e-9)):
                return False
    return numbers


# --- the measurement -------------------------------------------------------------------------


@functools.cache
def texts() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Return the answers written by hand: of each exercise, the mistakes in it and the code."""
    found: dict[str, list] = {}
    for section in re.split(r"^== ", ANSWERS, flags=re.M)[1:]:
        exercise, text = section.split("\n", 1)
        args = ", ".join(inspect.signature(EXERCISES[exercise].reference).parameters)
        for held, line, block in re.findall(r"^(\w[\w +]*): *(.*)\n((?:    .*\n)*)", text, re.M):
            code = f"def {exercise}({args}):\n{block or f'    return {line}'}"
            found.setdefault(exercise, []).append((tuple(held.split(" + ")), code))
    return found


@functools.cache
def written() -> dict[str, list[tuple[tuple[str, ...], Callable]]]:
    """Return the answers written by hand: of each exercise, the mistakes in it and the function."""
    names = {"np": np, "math": math, "sigmoid": sigmoid, "GRUParams": GRUParams}
    names |= {e.name: e.reference for e in EXERCISES.values() if e.name != "sigmoid"}
    names |= {  # as in chapter 8, where w holds two arrays more than a GRUParams
        "Weights": Weights,
        "clip_by_norm": clipped,
        "gru_forward": lambda x, h_0, w: forward(x, h_0, GRUParams(*w[:12])),
        "gru_backward": lambda dh, x, h_0, w: backward_over_time(dh, x, h_0, GRUParams(*w[:12])),
    }
    found: dict[str, list] = {}
    for exercise, answers in texts().items():
        for holds, code in answers:
            scope = dict(names)
            code = code.replace("bias_hh, dh_t):", "bias_hh):")
            exec(
                code.replace(f"def {exercise}(", "def answer(", 1), scope
            )  # it may call the right one
            f = scope["answer"]
            if exercise == "run_gru_cell":  # written as functions of NumPy
                f = with_gradients(f)
            found.setdefault(exercise, []).append((holds, f))
    return found


def _timed(exercise: Exercise, f: Callable) -> tuple[Verdict, float]:
    start = time.process_time()
    verdict = judge(exercise, f)
    return verdict, 1000 * (time.process_time() - start)


def measure(exercise: Exercise, most: int = PAIRS) -> Row:
    """Return what the judge makes of the right and wrong answers to one exercise."""
    timed = [_timed(exercise, m.wrong) for m in exercise.mistakes]
    declared = [
        Trial(exercise.name, "declared", (m.name,), verdict)
        for m, (verdict, _) in zip(exercise.mistakes, timed, strict=True)
    ]
    two, not_two = pairs(exercise, most)
    accepted = [_timed(exercise, f) for f in RIGHT.get(exercise.name, ())]

    def rounded(*args):
        return each(np.float32, exercise.reference(*args))

    return Row(
        exercise.name,
        declared,
        restyled(exercise),
        two,
        not_two,
        [verdict.status == PASSED for verdict, _ in accepted],
        judge(exercise, rounded).status == PASSED,
        median([ms for _, ms in accepted] or [math.nan]),
        median(ms for _, ms in timed),
    )


def restyled(exercise: Exercise) -> list[Trial]:
    """Return the declared mistakes of an exercise that are written by hand in another way."""
    return [
        Trial(exercise.name, "restyled", holds, judge(exercise, f))
        for holds, f in written().get(exercise.name, ())
        if len(holds) == 1
    ]


def pairs(exercise: Exercise, most: int = PAIRS) -> tuple[list[Trial], list[Trial]]:
    """Return the answers with two mistakes, and those of them that are one or none after all."""
    found = [("by hand", *one) for one in written().get(exercise.name, ()) if len(one[0]) == 2]
    two, not_two = [], []
    for way, holds, f in itertools.chain(found, made_pairs(exercise, most)):
        trial = Trial(exercise.name, way, holds, judge(exercise, f))
        (not_two if is_one(exercise, f, trial) else two).append(trial)
    return two, not_two


# --- the tables ------------------------------------------------------------------------------


def main() -> None:
    """Print the tables, and every mistake that was missed or named wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis")
    parser.add_argument("--markdown", action="store_true", help="print the README's figures alone")
    only_markdown = parser.parse_args().markdown
    rows = [measure(e) for e in EXERCISES.values()]
    if only_markdown:
        print(markdown(rows), end="")
        return
    counted = f"{'rejected':>9}{'named':>6}{'wrong':>6}"
    print(
        f"{'exercise':32}{'declared':>9}{counted}{'restyled':>9}{counted}"
        f"{'right':>10}{'float32':>8}{'pass ms':>8}{'fail ms':>8}"
    )
    for row in [*rows, total(rows)]:
        print(_line(row))
    print(
        f"\n{'two mistakes at once':32}{'answers':>9}{'rejected':>9}{'unnamed':>9}"
        f"{'one of two':>11}{'wrong':>6}{'not two':>9}"
    )
    for row in rows:
        print(_pair_line(row.exercise, row.pairs, row.not_two))
    two, not_two = total(rows).pairs, total(rows).not_two
    for way in WAYS:
        print(
            _pair_line(way, [t for t in two if t.way == way], [t for t in not_two if t.way == way])
        )
    print(_pair_line("all", two, not_two))
    print()
    for row in rows:
        for t in row.declared + row.restyled:
            if not t.right:
                _print_case(t)
        for t in row.pairs:
            if t.wrong or not t.rejected:
                _print_case(t)


def markdown(rows: list[Row]) -> str:
    """Return the figures as the README states them; whatever is not perfect is said in numbers."""
    row = total(rows)
    declared, restyled, two = row.declared, row.restyled, row.pairs

    def of(trials: list[Trial], what: str) -> str:
        found = count(trials, what)
        return "all" if found == len(trials) else str(found)

    named = count(restyled, "right")
    share = f"{100 * named / len(restyled):.1f}".removesuffix(".0")
    right = sum(row.right)
    return (
        f"  {len(declared)} mistakes are declared in {len(rows)} exercises; "
        f"{of(declared, 'rejected')} are rejected and {of(declared, 'right')} named. "
        f"Of {len(restyled)} further wrong answers, the same mistakes written in other ways, "
        f"{named} ({share} %) are named right and {count(restyled, 'wrong') or 'none'} wrong. "
        f"Of {len(two)} answers with two mistakes at once {of(two, 'rejected')} are "
        f"rejected, {count(two, 'wrong') or 'none'} with a wrong cause. "
        f"Of {len(row.right)} other right answers {'all' if right == len(row.right) else right} "
        f"pass. A check takes {row.pass_ms:.1f} ms when it passes and {row.fail_ms:.1f} ms when "
        "it fails (medians).\n"
    )


def total(rows: list[Row]) -> Row:
    """Return all rows as one; its times are the medians of theirs."""
    joined = (
        list(itertools.chain.from_iterable(getattr(row, field) for row in rows))
        for field in ("declared", "restyled", "pairs", "not_two", "right")
    )
    times = (median(getattr(row, field) for row in rows) for field in ("pass_ms", "fail_ms"))
    return Row("all", *joined, all(row.float32 for row in rows), *times)


def count(trials: list[Trial], what: str) -> int:
    """Return how many trials are `rejected`, `right` or `wrong`."""
    return sum(getattr(t, what) for t in trials)


def _line(row: Row) -> str:
    counts = [
        f"{len(some):9}{count(some, 'rejected'):9}{count(some, 'right'):6}{count(some, 'wrong'):6}"
        for some in (row.declared, row.restyled)
    ]
    right = f"{sum(row.right)} / {len(row.right)}"
    return (
        f"{row.exercise:32}{''.join(counts)}{right:>10}{'yes' if row.float32 else 'NO':>8}"
        f"{row.pass_ms:8.1f}{row.fail_ms:8.1f}"
    )


def _pair_line(name: str, two: list[Trial], not_two: list[Trial]) -> str:
    unnamed = sum(not t.name for t in two)
    return (
        f"{name:32}{len(two):9}{count(two, 'rejected'):9}{unnamed:9}"
        f"{count(two, 'right'):11}{count(two, 'wrong'):6}{len(not_two):9}"
    )


def _print_case(t: Trial) -> None:
    name = "accepted" if not t.rejected else t.verdict.mistake or "no name"
    print(f"{t.exercise}, {t.way}, {' + '.join(t.holds)}: {name}. {t.verdict.cause}")


if __name__ == "__main__":
    main()
