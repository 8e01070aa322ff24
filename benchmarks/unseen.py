"""How well the course explains mistakes that nobody declared: `python -m benchmarks.unseen`.

`answers/unseen.txt` holds wrong answers in the forms of public code; its header states the rule by
which it was grown. Half of them, by a hash of their text, are set aside: `--open` prints the other
half with what the course says to each; of those set aside only totals are shown.

declared   a mistake of the exercise's list, known by its numbers
change     a small change of the answer's own text that makes every case right
facts      what was seen, or where the answer is right: a shape, an exception, a factor, a size
nothing    only the case to redo by hand
accepted   full marks (the goal is 0)

`--pairs N` judges instead N answers an exercise that are made here: two of the small edits of
`benchmarks.mutants` in one key, of two kinds drawn, each of which is wrong by itself. Repair knows
these very edits, so what it counts is how often two of them are found in the time there is.

A change is true by construction, facts are tried in every case; a declared mistake is known by
numbers. Whether it is what its author did wrong is for a reader of `--open` to judge.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import inspect
import linecache
import re
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from autograder.authoring import source
from autograder.core.call import Bounded
from autograder.core.diagnosis.edits import edits
from autograder.core.diagnosis.repair import all_made, fields_of
from autograder.core.diagnosis.workshop import Local
from autograder.core.examine import SECONDS, examine
from autograder.core.trials import Trial
from autograder.core.verdict import PASSED, Verdict
from autograder.course import COURSE, EXERCISES
from benchmarks.mutants import Mutant, function_of, passes, prepared, scopes

ANSWERS = Path(__file__).parent / "answers" / "unseen.txt"
PAIRS = 3  # of an exercise, in the README's table
KINDS = ("declared", "change", "facts", "nothing", "accepted")


class Answer(NamedTuple):
    """A wrong answer: its exercise, what is wrong with it in a word, its text."""

    exercise: str
    slip: str
    code: str

    @property
    def set_aside(self) -> bool:
        """Whether nobody who works on the messages looks at it."""
        return hashlib.sha256(self.code.encode()).digest()[0] % 2 == 1


def answers(file: Path = ANSWERS) -> Iterator[Answer]:
    """Yield the answers of a file; what stands beside a slip, above its code, belongs to it."""
    text = file.read_text(encoding="utf-8")
    for section in re.split(r"^== ", text, flags=re.M)[1:]:
        exercise, body = section.split("\n", 1)
        args = ", ".join(inspect.signature(EXERCISES[exercise].reference).parameters)
        for slip, line, block in re.findall(r"^(\w+): *(.*)\n((?:    .*\n)*)", body, re.M):
            rows = block or f"    return {line}\n"
            name = f"{slip}: {line}" if block and line else slip
            yield Answer(exercise, name, f"def {exercise}({args}):\n{rows}")


def paired(exercise: str, most: int, seed: int = 0) -> Iterator[Answer]:
    """Yield keys with two small edits, each wrong alone and both together."""
    tree = ast.parse(source.all_keys(COURSE)[exercise])
    cases = prepared(exercise, 0)
    changes = edits(tree, fields_of([t.case for t in cases]))
    kinds: dict[str, list[int]] = {}
    for i, edit in enumerate(changes):
        kinds.setdefault(edit.kind, []).append(i)
    rng, made, whole = np.random.default_rng(seed), 0, ast.unparse(tree)
    for _ in range(20 * most):
        i, j = (int(rng.choice(kinds[k])) for k in rng.choice(list(kinds), 2))
        both = (changes[i],), (changes[j],), (changes[i], changes[j])
        if changes[i].place == changes[j].place:
            continue
        codes = []
        for some in both:
            with all_made(some):
                codes.append(ast.unparse(tree))
        if len({whole, *codes}) < 4 or any(_right(exercise, code, cases) for code in codes):
            continue
        yield Answer(exercise, f"{changes[i].kind}_and_{changes[j].kind}", codes[2] + "\n")
        made += 1
        if made == most:
            return


def _right(exercise: str, code: str, cases: tuple[Trial, ...]) -> bool:
    f = function_of(Mutant("", "", "", code), exercise)
    return f is not None and passes(EXERCISES[exercise], Bounded(f, 2), cases)


def verdict_on(answer: Answer, seed: int = 0, seconds: float = SECONDS) -> Verdict:
    """Return what a student who wrote this answer is told."""
    name = answer.exercise
    file = f"<{hashlib.sha256(answer.code.encode()).hexdigest()}>"
    linecache.cache[file] = (len(answer.code), None, answer.code.splitlines(True), file)
    scope = dict(scopes(COURSE.chapter_of(name).name)[name])
    exec(compile(answer.code, file, "exec"), scope)
    f = scope[name]
    shop = lambda: Local(f, name)  # noqa: E731
    return examine(COURSE, EXERCISES[name], f, seed, workshop=shop, seconds=seconds)


def kind_of(verdict: Verdict) -> str:
    """Return what a verdict explains an answer by."""
    if verdict.status == PASSED:
        return "accepted"
    if verdict.mistake in {m.name for m in EXERCISES[verdict.exercise].mistakes}:
        return "declared"
    if verdict.mended:
        return "change"
    if verdict.mistake:
        return "facts"
    empty = ("Redo the case", "Every one of the results differs")
    return "nothing" if verdict.cause.startswith(("The numbers differ", *empty)) else "facts"


def markdown(counts: dict[bool, Counter[str]], pairs: Counter[str]) -> str:
    """Return the figures as the README states them."""
    rows = []
    table = ("looked at", counts[False]), ("set aside", counts[True]), ("two slips", pairs)
    for name, some in table:
        cells = [f"{some[k]} ({100 * some[k] / some.total():.0f} %)" for k in KINDS]
        rows.append(f"  | {name} | {some.total()} | {' | '.join(cells)} |\n")
    return (
        "  | | answers | a declared mistake | a small change that would do | facts alone | nothing "
        "| accepted |\n  |---|---|---|---|---|---|---|\n" + "".join(rows)
    )


def main() -> None:
    """Print the table; with --open what is said to each answer that is not set aside."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unseen", description=__doc__)
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", help="all where none is named")
    parser.add_argument("--open", action="store_true", help="print the answers not set aside")
    parser.add_argument("--markdown", action="store_true", help="print the README's figures alone")
    parser.add_argument("--kind", choices=KINDS, help="of these, those explained so")
    parser.add_argument("--pairs", type=int, default=0, metavar="N", help="two edits of a key")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the search of a change")
    wanted = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    counts = {False: Counter[str](), True: Counter[str]()}
    seconds = []
    names = wanted.exercises or list(EXERCISES)
    pairs = (a for name in names for a in paired(name, wanted.pairs))
    for answer in pairs if wanted.pairs else answers():
        if wanted.exercises and answer.exercise not in wanted.exercises:
            continue
        began = time.process_time()
        verdict = verdict_on(answer, seconds=wanted.seconds)
        seconds.append(time.process_time() - began)
        kind = kind_of(verdict)
        aside = answer.set_aside and not wanted.pairs
        counts[aside][kind] += 1
        if wanted.open and not aside and wanted.kind in (None, kind):
            print(f"== {answer.exercise}, {answer.slip}: {kind} {verdict.mistake}\n{answer.code}")
            print(f"{verdict.cause}\n{verdict.mended and '-> ' + verdict.mended}\n")
    if wanted.markdown:
        made = (verdict_on(a) for name in names for a in paired(name, PAIRS))
        print(markdown(counts, Counter(map(kind_of, made))), end="")
        return
    print(f"{'':12}{'answers':>8}" + "".join(f"{k:>10}" for k in KINDS))
    for name, some in (("open", counts[False]), ("set aside", counts[True])):
        print(f"{name:12}{some.total():>8}" + "".join(f"{some[k]:>10}" for k in KINDS))
    print(f"seconds of CPU an answer: {statistics.median(seconds):.2f}, at most {max(seconds):.2f}")


if __name__ == "__main__":
    main()
