"""The first value on the way to a result that is wrong, read from the student's own variables.

The student's text is run once more, on the smallest failing case, with each `return` changed so
that it gives back the function's variables. It runs where the answer runs. A variable that is
written more than once is passed over: what it held on the way is not known. Where no variable
tells, the parts of the answer do that are a step's value summed over the batch.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.core.call import Returned
from autograder.core.diagnosis.seen import Seen, parts, same
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.exercise import Exercise, Step
from autograder.core.verdict import Verdict


def trace(
    exercise: Exercise, verdict: Verdict, workshop: Workshop | None, seen: Sequence[Seen]
) -> Verdict:
    """Return the verdict; where the first wrong step can be told, it says which.

    The step is shown above the results in the smallest failing case.
    """
    if not exercise.steps or verdict.case is None or isinstance(verdict.case.seen, str):
        return verdict
    inputs = verdict.case.inputs
    due = {s.name: np.asarray(s.value(inputs), dtype=float) for s in exercise.steps}
    found = _by_name(exercise.steps, due, variables(workshop, exercise.name, inputs))
    first = next((s for s in exercise.steps if s.name in found and _wrong(s, found, due)), None)
    if first is None:
        says = _by_results(exercise, seen)
        return replace(verdict, cause=f"{verdict.cause} {says}".strip()) if says else verdict
    before = exercise.steps[: exercise.steps.index(first)]
    right = [found[s.name][0] for s in before if s.name in found]
    name, value = found[first.name]
    case = verdict.case._replace(
        seen={name: value, **verdict.case.seen},
        expected={name: due[first.name], **verdict.case.expected},
    )
    says = f"Of your variables the first that is wrong is {name}: {first.says}."
    if right:
        says = f"Of your variables {_and(right)} {'are' if len(right) > 1 else 'is'} right, and "
        says += f"the first that is wrong is {name}: {first.says}."
    return replace(verdict, mistake="first_wrong_step", cause=says, case=case)


def variables(workshop: Workshop | None, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the arrays that a function's variables hold at its end, those written once."""
    if workshop is None or not workshop.text:
        return {}
    tree = ast.parse(workshop.text)
    own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    if len(own) != 1:
        return {}
    changed = _Instead().visit(copy.deepcopy(tree))
    ran = next(iter(workshop.run([workshop.made(ast.fix_missing_locations(changed))], inputs)), None)
    if not isinstance(ran, Returned) or not isinstance(ran.value, dict):
        return {}
    once = _written_once(own[0])
    return {k: v for k, v in ran.value.items() if k in once and isinstance(v, np.ndarray)}


class _Instead(ast.NodeTransformer):
    """Every `return` of a function that stands at the top gives the variables instead."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [_returning(s) for s in node.body]
        return node


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
    inside = {id(n) for loop in ast.walk(function) if isinstance(loop, loops) for n in ast.walk(loop)}
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
    steps: Sequence[Step], due: Mapping[str, np.ndarray], held: Mapping[str, Any]
) -> dict[str, tuple[str, np.ndarray]]:
    """Return, by step, the variable that stands for it and what it holds.

    A variable that holds the value of another step stands for that one, whatever its name.
    """
    found: dict[str, tuple[str, np.ndarray]] = {}
    short = {_short(k): k for k in held}
    for step in steps:
        by_value = [k for k, v in held.items() if same(v, due[step.name])]
        name = short.get(_short(step.name))
        if by_value:
            found[step.name] = (name if name in by_value else by_value[0]), due[step.name]
        elif name is not None and (not step.beside or _short(step.beside) in short):
            value = np.asarray(held[name])
            another = any(same(value, v) for v in due.values())
            if value.shape == due[step.name].shape and value.dtype.kind in "fiub" and not another:
                found[step.name] = name, value
    return found


def _short(name: str) -> str:
    """Return a name as it is compared: da_z and daz are one, and so are u_t and u."""
    return name.removesuffix("_t").replace("_", "").lower()


def _wrong(
    step: Step, found: Mapping[str, tuple[str, np.ndarray]], due: Mapping[str, np.ndarray]
) -> bool:
    return not same(found[step.name][1], due[step.name])


def _by_results(exercise: Exercise, seen: Sequence[Seen]) -> str:
    """Return the first step that a part of the answer shows to be wrong, and those before it."""
    here = [s for s in seen if parts(s)]
    telling = [s for s in exercise.steps if s.result]
    ok = [all(same(parts(c)[s.result], c.expected[s.result]) for c in here) for s in telling]
    if not here or all(ok) or not any(ok):
        return ""
    wrong = telling[ok.index(False)]
    right = [s for s in telling[: ok.index(False)]]
    says = f"{wrong.result} is the sum of {wrong.name} over the batch: {wrong.says}. Begin there."
    if right:
        names, results = _and([s.name for s in right]), _and([s.result for s in right])
        verb = "are" if len(right) > 1 else "is"
        return f"{names} {verb} right, as {results} show{'' if len(right) > 1 else 's'}. {says}"
    return says


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
