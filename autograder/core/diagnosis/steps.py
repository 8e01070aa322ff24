"""The first value on the way to a result that is wrong, read from the student's own variables.

The student's text is run once more, on some of the failing cases, with each `return` changed so
that it gives back the function's variables. It runs where the answer runs. A variable that is
written more than once is passed over: what it held on the way is not known. Where no variable
tells, the parts of the answer do that are a step's value summed over the batch.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.core.call import Returned
from autograder.core.diagnosis.seen import Seen, parts, same
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.exercise import Exercise, Step
from autograder.core.verdict import FailingCase, Verdict

MOST = 6  # failing cases that are looked at


def trace(
    exercise: Exercise, verdict: Verdict, workshop: Workshop | None, seen: Sequence[Seen]
) -> Verdict:
    """Return the verdict; where the first wrong step can be told, it says which.

    What is called right is right in all cases that were looked at. The step is shown above the
    results, in the first case in which it is wrong.
    """
    if not exercise.steps or verdict.case is None or isinstance(verdict.case.seen, str):
        return verdict
    some = [s for s in seen if parts(s) and not s.right and s.case.aspect != "stability"][:MOST]
    due = [_due(exercise, s.case.inputs) for s in some]
    held = [variables(workshop, exercise.name, s.case.inputs) for s in some]
    found = _by_name(exercise.steps, due, held)
    wrong = (s for s in exercise.steps if s.name in found and not _equal(s, found, due, held))
    first = next(wrong, None)
    if first is None:
        says = _by_results(exercise, seen)
        return replace(verdict, cause=f"{verdict.cause} {says}".strip()) if says else verdict
    before = exercise.steps[: exercise.steps.index(first)]
    right = [found[s.name] for s in before if s.name in found]
    name, step = found[first.name], first.name
    at = next(i for i, h in enumerate(held) if not same(h[name], due[i][step]))
    shown, where = some[at], _lines(workshop, exercise.name).get(name, "")
    case = FailingCase(
        shown.case.aspect,
        shown.case.inputs,
        {name: held[at][name], **parts(shown)},
        {name: due[at][step], **shown.expected},
    )
    due_is = _chain(first, {s.name: s for s in before if s.name not in found})
    says = f"the first that is wrong is {name}. Due is {due_is}. {where}".strip()
    if right:
        says = f"{_and(right)} {'are' if len(right) > 1 else 'is'} right, and {says}"
    return replace(
        verdict, mistake="first_wrong_step", cause=f"Of your variables {says}", case=case
    )


def _chain(step: Step, missing: dict[str, Step]) -> str:
    """Return a step's formula, with those of the steps in it that have no variable."""
    says, waiting = step.says, [step]
    while waiting:
        formula = waiting.pop().says.partition("=")[2]
        for name in [n for n in missing if n in formula]:
            says += f", where {missing[name].says}"
            waiting.append(missing.pop(name))
    return says


def _due(exercise: Exercise, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    return {s.name: np.asarray(s.value(inputs), dtype=float) for s in exercise.steps}


def variables(workshop: Workshop | None, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the arrays that a function's variables hold at its end, those written once."""
    if workshop is None or not workshop.text:
        return {}
    tree = ast.parse(workshop.text)  # its helpers stay as they are
    own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    if len(own) != 1:
        return {}
    own[0].body = [_returning(s) for s in own[0].body]
    changed = ast.fix_missing_locations(tree)
    ran = next(iter(workshop.run([workshop.made(changed)], inputs)), None)
    if not isinstance(ran, Returned) or not isinstance(ran.value, dict):
        return {}
    once = _written_once(own[0])
    return {k: v for k, v in ran.value.items() if k in once and isinstance(v, np.ndarray)}


def _lines(workshop: Workshop | None, name: str) -> dict[str, str]:
    """Return, for each variable of a function, the sentence that quotes the line that makes it."""
    if workshop is None or not workshop.text:
        return {}
    found: dict[str, str] = {}
    rows = workshop.text.split("\n")
    body = ast.parse(workshop.text).body
    own = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == name]
    for node in (n for function in own for n in ast.walk(function)):
        if isinstance(node, ast.Assign):
            number = node.lineno
            says = f"Look at line {number + workshop.first_line - 1}, `{rows[number - 1].strip()}`."
            made = (n for target in node.targets for n in ast.walk(target))
            found |= {n.id: says for n in made if isinstance(n, ast.Name)}
    return found


def _returning(statement: ast.stmt) -> ast.stmt:
    class Within(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
            return node  # a function within has its own

        def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
            return node

        def visit_Return(self, node: ast.Return) -> ast.AST:
            value = ast.parse("dict(locals())", mode="eval").body
            return ast.copy_location(ast.Return(value), node)

    made = Within().visit(statement)
    assert isinstance(made, ast.stmt)
    return made


def _written_once(function: ast.FunctionDef) -> set[str]:
    """Return the variables that one statement writes, outside any loop; no parameter."""
    loops = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)
    inside = {
        id(n) for loop in ast.walk(function) if isinstance(loop, loops) for n in ast.walk(loop)
    }
    stored = [n for n in ast.walk(function) if isinstance(n, ast.Name) and not _is_load(n)]
    names = [n.id for n in stored]
    changed = {
        n.value.id  # a[...] = 0, which a name does not show
        for n in ast.walk(function)
        if isinstance(n, ast.Subscript) and not _is_load(n) and isinstance(n.value, ast.Name)
    }
    given = {a.arg for a in ast.walk(function) if isinstance(a, ast.arg)}
    once = {n.id for n in stored if id(n) not in inside and names.count(n.id) == 1}
    return once - changed - given


def _is_load(node: ast.Name | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Load)


def _by_name(
    steps: Sequence[Step],
    due: Sequence[Mapping[str, np.ndarray]],
    held: Sequence[Mapping[str, np.ndarray]],
) -> dict[str, str]:
    """Return, by step, the variable that stands for it.

    A variable that always holds the value of a step stands for that one, whatever its name.
    """
    names = [k for k in (held[0] if held else ()) if all(k in h for h in held)]
    short = {_short(k): k for k in names}
    both = list(zip(held, due, strict=True))
    values = {
        k: [s.name for s in steps if all(same(h[k], d[s.name]) for h, d in both)] for k in names
    }
    found: dict[str, str] = {}
    for step in steps:
        name = short.get(_short(step.name), "")
        by_value = [k for k in names if step.name in values[k]]
        if by_value:
            found[step.name] = name if name in by_value else by_value[0]
        elif name and not values[name] and (not step.beside or _short(step.beside) in short):
            shapes = all(h[name].shape == d[step.name].shape for h, d in both)
            if shapes and all(h[name].dtype.kind in "fiub" for h in held):
                found[step.name] = name
    return found


def _equal(
    step: Step,
    found: Mapping[str, str],
    due: Sequence[Mapping[str, np.ndarray]],
    held: Sequence[Mapping[str, np.ndarray]],
) -> bool:
    name = found[step.name]
    return all(same(h[name], d[step.name]) for h, d in zip(held, due, strict=True))


def _short(name: str) -> str:
    """Return a name as it is compared: da_z and daz are one, and so are u_t and u."""
    return name.removesuffix("_t").replace("_", "").lower()


def _by_results(exercise: Exercise, seen: Sequence[Seen]) -> str:
    """Return the first step that a part of the answer shows to be wrong, and those before it."""
    here = [s for s in seen if parts(s)]
    telling = [s for s in exercise.steps if s.result]
    ok = [all(same(parts(c)[s.result], c.expected[s.result]) for c in here) for s in telling]
    if not here or all(ok) or not any(ok):
        return ""
    wrong = telling[ok.index(False)]
    right = telling[: ok.index(False)]
    says = f"{wrong.result} is the sum of {wrong.name} over the batch: {wrong.says}. Begin there."
    if right:
        names, results = _and([s.name for s in right]), _and([s.result for s in right])
        verb = "are" if len(right) > 1 else "is"
        return f"{names} {verb} right, as {results} show{'' if len(right) > 1 else 's'}. {says}"
    return says


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
