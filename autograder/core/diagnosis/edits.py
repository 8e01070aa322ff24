"""Small edits of a function's syntax tree: the slips of a student, and their repairs.

One list serves two ends. Applied to a key, an edit is a slip, and the judge must reject what comes
of it (`benchmarks.mutants`). Applied to a wrong answer, an edit that makes every case right is what
is wrong with it (`repair`). Most edits are their own inverse in kind: `+` for `-`, one name for
another, a factor dropped or added.
"""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

Place = tuple[Any, str, int | None]  # a node, its field, the index where the field is a list


class Edit(NamedTuple):
    """One change of a tree: the kind of slip, what stands there, what replaces it, and where.

    `old` and `new` are nodes; `new` is a list of statements where it takes the place of one.
    """

    kind: str
    old: ast.AST
    new: Any
    place: Place

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Make the change, and undo it at the end."""
        node, field, index = self.place
        if index is None:
            before = getattr(node, field)
            setattr(node, field, self.new)
            try:
                yield
            finally:
                setattr(node, field, before)
        else:
            body = getattr(node, field)
            before = list(body)
            body[index : index + 1] = self.new if isinstance(self.new, list) else [self.new]
            try:
                yield
            finally:
                body[:] = before


OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.MatMult, ast.Div, ast.Add),
    ast.MatMult: (ast.Mult,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitXor: (ast.Pow,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (),
}
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt, ast.GtE),
    ast.Gt: (ast.GtE, ast.LtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
MANY = 4  # operands whose brackets are put in every way: 5 for 4 of them, 14 for 5
NOT_SYMMETRIC = (ast.Sub, ast.Div, ast.MatMult, ast.Pow)
ALIKE = (  # functions that are taken for one another
    ("sigmoid", "tanh"),
    ("exp", "log", "expm1", "log1p"),
    ("log", "log2", "log10"),
    ("sum", "mean", "max", "min", "prod"),
    ("mean", "median"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("concatenate", "stack"),
    ("hstack", "vstack", "concatenate"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("diag", "diagflat", "trace"),
    ("dot", "outer", "multiply"),
    ("sqrt", "square", "abs"),
    ("abs", "negative"),
    ("floor", "ceil", "round"),
    ("any", "all"),
    ("array", "stack"),
    ("logaddexp", "maximum"),
)
REDUCE = {"sum", "mean", "max", "min", "prod", "argmax", "argmin", "std", "median", "concatenate"}
REDUCE |= {"stack", "flip", "softmax", "append", "cumsum", "cumprod"}
WRAPPERS = ("sigmoid", "np.tanh", "np.exp", "np.log", "np.sqrt", "np.abs")
UNWRAP = {"copy", "reversed", "abs", "sum", "mean", "reshape", "squeeze", "astype", "ravel", "T"}


def edits(tree: ast.AST, fields: Collection[str] = ()) -> list[Edit]:
    """Return the small edits of a function or a class, likely slips first.

    `fields` are those of the NamedTuples that it is given, beside those that it names itself.
    """
    walk = _Walk(tree, fields)
    return sorted(walk.found(), key=lambda e: (not walk.brings_in(e), KINDS.index(e.kind)))


KINDS = (
    *("brackets", "once", "operator", "transpose", "side", "stack", "sign", "operands", "field"),
    *("assignment", "too_much", "complement", "number", "comparison", "index", "arguments"),
    *("results", "axis", "keepdims", "dtype", "function", "name", "call_too_many", "line_place"),
    *("line_too_many", "loop", "call_missing", "line_missing", "missing", "clip", "doubled"),
    "power",
)


BRINGING = ("field", "missing", "name")  # kinds that write what was not there


class _Walk:
    """All edits of one tree."""

    def __init__(self, tree: ast.AST, fields: Collection[str]) -> None:
        self.tree = tree
        nodes = list(ast.walk(tree))
        called = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
        self.called = called
        bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        bound |= {n.arg for n in nodes if isinstance(n, ast.arg)} - {"self"}
        self.names = sorted(bound)
        self.holders = sorted(  # names whose fields are reached: p.W_ir
            {
                n.value.id
                for n in nodes
                if isinstance(n, ast.Attribute)
                and isinstance(n.value, ast.Name)
                and n.value.id in bound
                and n.attr in fields
            }
        )
        self.fields = sorted(fields)
        used = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        used |= {n.attr for n in nodes if isinstance(n, ast.Attribute)}
        self.unused = (bound | (set(fields) if self.holders else set())) - used
        atoms = [f"{n}" for n in self.names]
        atoms += [f"{p}.{f}" for p in self.holders for f in self.fields if f[:1] == "b"]
        prefixed = [n for n in self.unused if n in self.names and n[:1] == "W"]
        prefixed += [f"{p}.{f}" for p in self.holders for f in self.unused if f[:1] == "W"]
        atoms += [f"{v} @ {W}.T" for W in sorted(prefixed) for v in self.names if v[:1] in "xh"]
        self.atoms = [ast.parse(a, mode="eval").body for a in atoms]
        self.own = {n.name for n in nodes if isinstance(n, ast.FunctionDef)}

    def brings_in(self, edit: Edit) -> bool:
        """Return whether an edit uses an argument, or a field of one, that nothing has used."""
        if not self.unused or edit.kind not in BRINGING:
            return False
        added = edit.new.right if edit.kind == "missing" else edit.new
        names = {getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(added)}
        return bool(names & self.unused)

    def found(self) -> Iterator[Edit]:
        """Yield the edits of every place."""
        for node, place in _places(self.tree):
            if isinstance(node, ast.stmt):
                yield from self._statement(node, place)
            elif isinstance(node, ast.expr):
                for kind, new in self._expression(node, place):
                    yield Edit(kind, node, _at(new, node), place)

    # --- expressions -------------------------------------------------------------------------

    def _expression(self, node: ast.expr, place: Place) -> Iterator[tuple[str, Any]]:
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Store | ast.Del):
            return
        if isinstance(node, ast.BinOp):
            yield from self._operation(node)
        elif isinstance(node, ast.UnaryOp):
            yield from self._unary(node)
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Constant):
            yield from self._constant(node)
        elif isinstance(node, ast.Name):
            if id(node) not in self.called and node.id in self.names:
                for other in self.names:
                    if other != node.id:
                        yield "name", ast.Name(other, ast.Load())
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node)
        elif isinstance(node, ast.Subscript):
            yield from self._subscript(node)
        elif isinstance(node, ast.Tuple | ast.List):
            for i in range(len(node.elts) - 1):
                elts = list(node.elts)
                elts[i], elts[i + 1] = elts[i + 1], elts[i]
                yield "results", type(node)(elts, ast.Load())
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            for op in COMPARISONS.get(type(node.ops[0]), ()):
                yield "comparison", ast.Compare(node.left, [op()], node.comparators)
        elif isinstance(node, ast.BoolOp):
            yield "operator", ast.BoolOp(_other_bool(node.op), node.values)
        elif isinstance(node, ast.IfExp):
            yield "comparison", ast.IfExp(node.test, node.orelse, node.body)
            yield "too_much", node.body
            yield "too_much", node.orelse
        if self._is_value(node, place):
            yield from self._around(node, place)

    def _operation(self, node: ast.BinOp) -> Iterator[tuple[str, Any]]:
        left, op, right = node.left, node.op, node.right
        for other in OPERATORS.get(type(op), ()):
            if not (_is_number(right, 0, 1) and other in (ast.Mult, ast.Div, ast.Pow)):  # x * 1
                yield "operator", ast.BinOp(left, other(), right)
        if isinstance(op, NOT_SYMMETRIC):
            yield "operands", ast.BinOp(right, op, left)
        if _same_function(left, right):  # f(a + b) for f(a) * f(b)
            both = ast.BinOp(left.args[0], ast.Add(), right.args[0])  # type: ignore[attr-defined]
            yield "once", _call(left.func, both)  # type: ignore[attr-defined]
        if isinstance(op, ast.MatMult):
            yield "side", ast.BinOp(*_sides(left, right))
            yield "stack", _of_a_stack(left, right)
        yield "too_much", left
        yield "too_much", right
        if isinstance(op, ast.Sub):
            yield "sign", ast.UnaryOp(ast.USub(), right)
        yield from (("brackets", new) for new in _rotated(node))

    def _unary(self, node: ast.UnaryOp) -> Iterator[tuple[str, Any]]:
        yield "sign", node.operand
        inner = node.operand
        if isinstance(inner, ast.BinOp):  # -(a + b) for -a + b
            minus = ast.UnaryOp(node.op, inner.left)
            yield "brackets", ast.BinOp(minus, inner.op, inner.right)

    def _call(self, node: ast.Call) -> Iterator[tuple[str, Any]]:
        name = _last(node.func)
        for group in ALIKE:
            if name in group:
                for other in group:
                    if other != name:
                        yield "function", _renamed_call(node, other)
        args = node.args
        for i in range(len(args) - 1):
            swapped = list(args)
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
            yield "arguments", ast.Call(node.func, swapped, node.keywords)
        if name in ("dot", "matmul") and len(args) == 2:
            first, _, second = _sides(*args)
            yield "side", _call(node.func, first, second)
        if args and not (isinstance(args[0], ast.Starred | ast.GeneratorExp)):
            yield "call_too_many", args[0]
        if isinstance(node.func, ast.Attribute) and name in UNWRAP:
            yield "call_too_many", node.func.value
        if args and not node.keywords and isinstance(args[0], ast.BinOp) and len(args) == 1:
            inner = args[0]  # f(a) + b for f(a + b)
            yield "brackets", ast.BinOp(_call(node.func, inner.left), inner.op, inner.right)
            yield "brackets", ast.BinOp(inner.left, inner.op, _call(node.func, inner.right))
        yield from self._keywords(node, name)
        if name == "range":
            yield "loop", _call(ast.Name("reversed", ast.Load()), node)
            yield "loop", ast.Call(node.func, [*args[:-1], _plus(args[-1], 1)], [])
            yield "loop", ast.Call(node.func, [*args[:-1], _plus(args[-1], -1)], [])
            if len(args) == 1:
                yield "loop", ast.Call(node.func, [ast.Constant(1), args[0]], [])
        if name == "clip":
            yield "clip", args[0] if args else node

    def _keywords(self, node: ast.Call, name: str) -> Iterator[tuple[str, Any]]:
        for i, keyword in enumerate(node.keywords):
            if keyword.arg in ("axis", "keepdims", "initial", "dtype"):
                kind = keyword.arg if keyword.arg in ("keepdims", "dtype") else "axis"
                rest = node.keywords[:i] + node.keywords[i + 1 :]
                yield kind, ast.Call(node.func, node.args, rest)
        if name in REDUCE and not any(k.arg == "axis" for k in node.keywords):
            for axis in (0, -1, 1):
                word = ast.keyword("axis", _number(axis))
                yield "axis", ast.Call(node.func, node.args, [*node.keywords, word])
        if name in REDUCE and not any(k.arg == "keepdims" for k in node.keywords):
            word = ast.keyword("keepdims", ast.Constant(True))
            yield "keepdims", ast.Call(node.func, node.args, [*node.keywords, word])

    def _constant(self, node: ast.Constant) -> Iterator[tuple[str, Any]]:
        value = node.value
        if isinstance(value, bool):
            yield "number", ast.Constant(not value)
        elif isinstance(value, int):
            for other in dict.fromkeys((value + 1, value - 1, 0, 1, -1, 2, 3)):
                if other != value:
                    yield "number", _number(other)
        elif isinstance(value, float):
            for v in dict.fromkeys((2 * value, value / 2, 1 - value, 0.0, 1.0, value * 1.01)):
                if v != value:
                    yield "number", ast.Constant(v)

    def _attribute(self, node: ast.Attribute) -> Iterator[tuple[str, Any]]:
        if node.attr in ("T", "mT"):
            yield "transpose", node.value
        if node.attr in self.fields:
            for other in self.fields:
                if other != node.attr:
                    yield "field", ast.Attribute(node.value, other, ast.Load())
        if node.attr in ("inf", "e", "pi"):
            yield "number", ast.UnaryOp(ast.USub(), node)

    def _subscript(self, node: ast.Subscript) -> Iterator[tuple[str, Any]]:
        yield "index", node.value
        i = node.slice
        if isinstance(i, ast.Slice):
            if i.step is not None:
                yield "index", _index(node.value, ast.Slice(i.lower, i.upper, None))
            if i.lower is not None:
                yield "index", _index(node.value, ast.Slice(None, i.upper, i.step))
            if i.upper is not None:
                yield "index", _index(node.value, ast.Slice(i.lower, None, i.step))
        elif isinstance(i, ast.Tuple):
            yield "index", _index(node.value, ast.Tuple(i.elts[::-1], ast.Load()))
        elif not isinstance(i, ast.Constant | ast.UnaryOp):
            yield "index", _index(node.value, _plus(i, 1))
            yield "index", _index(node.value, _plus(i, -1))
            whole = ast.Slice(None, None, None)
            yield "index", _index(node.value, ast.Tuple([whole, i], ast.Load()))
            length = _call(ast.Name("len", ast.Load()), node.value)
            last = ast.BinOp(length, ast.Sub(), ast.Constant(1))
            yield "index", _index(node.value, ast.BinOp(last, ast.Sub(), i))

    def _is_value(self, node: ast.expr, place: Place) -> bool:
        """Return whether something may be written around an expression."""
        parent = place[0]
        if isinstance(node, ast.Constant | ast.Starred | ast.Slice | ast.Compare | ast.Lambda):
            return False
        if id(node) in self.called or isinstance(parent, ast.keyword | ast.Starred | ast.arguments):
            return False
        if isinstance(node, ast.Name) and node.id not in self.names:
            return False  # np
        if isinstance(node, ast.Name) and node.id in self.holders:
            return False
        return not (isinstance(parent, ast.Attribute | ast.Subscript | ast.FunctionDef))

    def _around(self, node: ast.expr, place: Place) -> Iterator[tuple[str, Any]]:
        parent = place[0]
        in_sum = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add | ast.Sub)
        in_product = isinstance(parent, ast.BinOp) and not in_sum
        yield "sign", ast.UnaryOp(ast.USub(), node)
        if isinstance(node, ast.Name | ast.Attribute | ast.BinOp):
            yield "transpose", ast.Attribute(node, "T", ast.Load())
            backwards = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
            yield "index", _index(node, backwards)
        plain = isinstance(node, ast.Name | ast.Attribute | ast.BinOp)
        if plain or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            yield "complement", ast.BinOp(ast.Constant(1), ast.Sub(), node)
        if isinstance(node, ast.Name):
            yield "index", _index(node, ast.UnaryOp(ast.USub(), ast.Constant(1)))
            yield "power", ast.BinOp(node, ast.Pow(), ast.Constant(2))
        if not in_sum and not in_product:
            for wrapper in WRAPPERS:
                f = ast.parse(wrapper, mode="eval").body
                if not (isinstance(node, ast.Call) and _last(node.func) == _last(f)):
                    yield "call_missing", _call(f, node)
            limits = ast.parse("-5, 5", mode="eval").body.elts  # type: ignore[attr-defined]
            clip = ast.parse("np.clip", mode="eval").body
            yield "clip", _call(clip, node, *limits)
            yield "doubled", ast.BinOp(ast.Constant(2), ast.Mult(), node)
            yield "doubled", ast.BinOp(node, ast.Div(), ast.Constant(2))
        if not isinstance(parent, ast.BinOp) or in_product:
            for atom in self.atoms:
                yield "missing", ast.BinOp(node, ast.Add(), atom)
                yield "missing", ast.BinOp(node, ast.Sub(), atom)
        if not in_product:
            for atom in self.atoms:
                yield "missing", ast.BinOp(node, ast.Mult(), atom)
                complement = ast.BinOp(ast.Constant(1), ast.Sub(), atom)
                yield "missing", ast.BinOp(node, ast.Mult(), complement)
                square = ast.BinOp(atom, ast.Pow(), ast.Constant(2))
                slope = ast.BinOp(ast.Constant(1), ast.Sub(), square)
                yield "missing", ast.BinOp(node, ast.Mult(), slope)
                if isinstance(atom, ast.Name):
                    yield "missing", ast.BinOp(node, ast.Div(), atom)

    # --- statements --------------------------------------------------------------------------

    def _statement(self, node: ast.stmt, place: Place) -> Iterator[Edit]:
        body, field, index = place
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            return
        if _is_docstring(node) or index is None:
            return
        siblings = getattr(body, field)
        if isinstance(node, ast.AugAssign):
            target, value = node.target, node.value
            yield Edit("assignment", node, _at(ast.Assign([target], value), node), place)
            for op in OPERATORS.get(type(node.op), ()):
                yield Edit("operator", node, _at(ast.AugAssign(target, op(), value), node), place)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name | ast.Subscript):
            new = ast.AugAssign(node.targets[0], ast.Add(), node.value)
            yield Edit("assignment", node, _at(new, node), place)
        elif isinstance(node, ast.If):
            yield Edit("comparison", node, node.body, place)
            if node.orelse:
                yield Edit("comparison", node, node.orelse, place)
        if isinstance(node, ast.For):
            yield from self._loop(node, place)
        if not isinstance(node, ast.Return):
            yield Edit("line_too_many", node, [ast.Pass()] if len(siblings) == 1 else [], place)
        if index + 1 < len(siblings):
            after = siblings[index + 1]
            if not isinstance(node, ast.Return) and not isinstance(after, ast.Return):
                yield from _swapped(node, after, place)

    def _loop(self, node: ast.For, place: Place) -> Iterator[Edit]:
        backwards = _call(ast.Name("reversed", ast.Load()), node.iter)
        yield Edit("loop", node.iter, _at(backwards, node.iter), (node, "iter", None))
        if isinstance(node.iter, ast.Call) and _last(node.iter.func) == "reversed":
            yield Edit("loop", node.iter, node.iter.args[0], (node, "iter", None))
        if len(node.body) > 1:
            out = _with_body(node, node.body[:-1])
            yield Edit("line_place", node.body[-1], [out, node.body[-1]], place)
            out = _with_body(node, node.body[1:])
            yield Edit("line_place", node.body[0], [node.body[0], out], place)
        bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & set(self.names)
        stored = sorted(n for n in bound if n in self.names)
        last = len(node.body) - 1
        for to in stored:
            for value in stored:
                if to != value and len(stored) <= 12:
                    line = ast.parse(f"{to} = {value}").body[0]
                    new = [node.body[last], _at(line, node.body[last])]
                    yield Edit("line_missing", node.body[last], new, (node, "body", last))


def _swapped(node: ast.stmt, after: ast.stmt, place: Place) -> Iterator[Edit]:
    """Yield the edit that puts a statement after the next one."""
    body, field, index = place
    siblings = getattr(body, field)
    if index is None:
        return
    rest = [*siblings[:index], after, node, *siblings[index + 2 :]]
    yield Edit("line_place", node, rest, (_Whole(body, field), "body", None))


class _Whole:
    """A body whose statements are all replaced at once."""

    def __init__(self, node: Any, field: str) -> None:
        self.__dict__.update(node=node, field=field)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, self.field)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.node, self.field, value)


def _places(tree: Any) -> Iterator[tuple[ast.AST, Place]]:
    """Yield every node below a tree and its place, those above first."""
    for field, value in ast.iter_fields(tree):
        if field in ("ctx", "op", "ops", "decorator_list", "returns", "annotation"):
            continue
        if isinstance(value, ast.AST):
            yield value, (tree, field, None)
            yield from _places(value)
        elif isinstance(value, list):
            for i, node in enumerate(value):
                if isinstance(node, ast.AST):
                    yield node, (tree, field, i)
                    yield from _places(node)


def _rotated(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yield a row of operands with its brackets put elsewhere."""
    left, op, right = node.left, node.op, node.right
    operands, operators = _row(node)
    if len(operands) <= MANY:
        yield from _trees(operands, operators)
    elif isinstance(left, ast.BinOp):  # the last two of a long sum, the others as they are
        yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, op, right))
        inner, within = _row(ast.BinOp(left.right, op, right))
        if len(inner) <= MANY:
            for tree in _trees(inner, within):
                yield ast.BinOp(left.left, left.op, tree)
    if isinstance(left, ast.BinOp):
        if isinstance(left.op, ast.Add | ast.Sub) and not isinstance(op, ast.Add | ast.Sub):
            yield ast.BinOp(ast.BinOp(left.left, op, right), left.op, left.right)  # (a + b) @ W
        elif isinstance(op, ast.Add | ast.Sub) and not isinstance(left.op, ast.Add | ast.Sub):
            yield ast.BinOp(ast.BinOp(left.left, op, right), left.op, left.right)
    if len(operands) > MANY and isinstance(right, ast.BinOp):
        yield ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right)
    if isinstance(left, ast.UnaryOp):
        yield ast.UnaryOp(left.op, ast.BinOp(left.operand, op, right))
        call = left.operand
        if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
            inside = _call(call.func, ast.BinOp(call.args[0], op, right))
            yield ast.UnaryOp(left.op, inside)  # -f(a + b) for -f(a) + b
    for mine, other, leads in ((left, right, True), (right, left, False)):
        if isinstance(mine, ast.Call) and len(mine.args) == 1 and not mine.keywords:
            inner = [mine.args[0], other] if leads else [other, mine.args[0]]
            yield _call(mine.func, ast.BinOp(inner[0], op, inner[1]))  # f(a + b) for f(a) + b
        if isinstance(mine, ast.Attribute) and mine.attr == "T" and not leads:
            yield ast.Attribute(ast.BinOp(left, op, mine.value), "T", ast.Load())


def _row(node: ast.expr) -> tuple[list[ast.expr], list[ast.operator]]:
    """Return the operands and the operators of an expression as they stand in its line."""
    if not isinstance(node, ast.BinOp):
        return [node], []
    left, right = _row(node.left), _row(node.right)
    return left[0] + right[0], [*left[1], node.op, *right[1]]


def _trees(operands: list[ast.expr], operators: list[ast.operator]) -> Iterator[ast.expr]:
    """Yield every way to put brackets into a row."""
    if len(operands) == 1:
        yield operands[0]
    for i, op in enumerate(operators):
        for left in _trees(operands[: i + 1], operators[:i]):
            for right in _trees(operands[i + 1 :], operators[i + 1 :]):
                yield ast.BinOp(left, op, right)


def _of_a_stack(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return A @ b for stacks of matrices and of vectors, (A @ b[..., None])[..., 0]."""
    dots = ast.Constant(...)
    column = _index(right, ast.Tuple([dots, ast.Constant(None)], ast.Load()))
    product = ast.BinOp(left, ast.MatMult(), column)
    return _index(product, ast.Tuple([dots, ast.Constant(0)], ast.Load()))


def _same_function(left: ast.expr, right: ast.expr) -> bool:
    """Return whether both are calls of one function, each with one argument."""
    calls = [n for n in (left, right) if isinstance(n, ast.Call) and len(n.args) == 1]
    calls = [n for n in calls if not n.keywords and not isinstance(n.args[0], ast.Starred)]
    return len(calls) == 2 and ast.dump(calls[0].func) == ast.dump(calls[1].func)


def _sides(left: ast.expr, right: ast.expr) -> tuple[ast.expr, ast.operator, ast.expr]:
    """Return what x @ W.T is for W @ x, and the other way round."""
    if isinstance(right, ast.Attribute) and right.attr == "T":
        return right.value, ast.MatMult(), left
    if isinstance(left, ast.Attribute) and left.attr == "T":
        return right, ast.MatMult(), left.value
    return right, ast.MatMult(), ast.Attribute(left, "T", ast.Load())


def _is_number(node: ast.expr, *values: float) -> bool:
    return isinstance(node, ast.Constant) and node.value in values


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _last(func: ast.expr) -> str:
    return getattr(func, "attr", getattr(func, "id", ""))


def _renamed_call(node: ast.Call, name: str) -> ast.Call:
    func = copy.copy(node.func)
    if isinstance(func, ast.Attribute):
        if name == "sigmoid":
            func = ast.Name("sigmoid", ast.Load())
        else:
            func.attr = name
    elif isinstance(func, ast.Name):
        if func.id == "sigmoid":
            func = ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())
        else:
            func.id = name
    return ast.Call(func, node.args, node.keywords)


def _call(func: ast.expr, *args: ast.expr) -> ast.Call:
    return ast.Call(func, list(args), [])


def _number(value: int) -> ast.expr:
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _plus(node: ast.expr, step: int) -> ast.BinOp:
    return ast.BinOp(node, ast.Add() if step > 0 else ast.Sub(), ast.Constant(abs(step)))


def _index(value: ast.expr, index: Any) -> ast.Subscript:
    return ast.Subscript(value, index, ast.Load())


def _other_bool(op: ast.boolop) -> ast.boolop:
    return ast.Or() if isinstance(op, ast.And) else ast.And()


def _with_body(node: ast.For, body: list[ast.stmt]) -> ast.For:
    new = copy.copy(node)
    new.body = body
    return new


def _at(new: Any, old: Any) -> Any:
    """Return a new node that stands where the old one does; nodes it shares keep their place.

    The statements below a new one have theirs; they are not searched.
    """
    waiting = [new]
    while waiting:
        node = waiting.pop()
        if not hasattr(node, "lineno") and "lineno" in node._attributes:
            ast.copy_location(node, old)
        elif isinstance(node, ast.expr) and node is not new:
            continue  # one that was there before
        waiting += ast.iter_child_nodes(node)
    return new
