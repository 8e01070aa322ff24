"""An answer that has passed, beside the course's and another way: what is said holds."""

import linecache
import re
import sys

import numpy as np
import pytest

from autograder import student
from autograder.authoring import pack, source
from autograder.authoring.program import key_function
from autograder.core.call import copied
from autograder.core.diagnosis.workshop import Local
from autograder.core.judge import judge
from autograder.core.verdict import PASSED
from autograder.course import COURSE, EXERCISES
from autograder.notebook.beside import beside, counting
from autograder.notebook.beside.compared import _cases, _courses
from autograder.notebook.beside.difference import (
    ALIKE,
    SAME,
    SAME_BUT_NAMES,
    differences,
    loops_in_short,
    same,
)
from autograder.notebook.beside.facts import Loop, _named, facts, numbers
from benchmarks.answers.right import RIGHT
from tests.helpers.by_opcodes import Watch
from tests.helpers.right_texts import Text, as_text
from tests.other_course.course import COURSE as OTHER

SIZES = COURSE.words.sizes
BATCH_BY_BATCH = """
def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
    if x_t.ndim == 1:
        return W_i @ x_t + b_i + W_h @ h_prev + b_h
    out = []
    for x, h in zip(x_t, h_prev):
        out.append(W_i.dot(x) + b_i + W_h.dot(h) + b_h)
    return np.array(out)
"""


def texts():
    """Return all right answers that are texts, by exercise."""
    found = [(e.name, as_text(f, e.name)) for e in EXERCISES.values() for f in RIGHT[e.name]]
    return [(name, text) for name, text in found if text is not None]


def cases(name, seed):
    return [c.inputs for c in EXERCISES[name].cases(np.random.default_rng(seed))]


def of(text, name):
    """Return the facts of a text, with NumPy around it."""
    return facts(Text(text, name, {"np": np}), text, name, _cases(COURSE, name), SIZES)


def flat(value):
    """Return every number of an answer in one list."""
    value = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, tuple | list):
        return [n for v in value for n in flat(v)]
    return np.ravel(value).tolist()


@pytest.mark.skipif(sys.gettrace() is not None, reason="a trace is set, of a debugger or coverage")
def test_the_counts_of_every_right_answer_are_those_of_pythons_own_instructions():
    """With the counting in it an answer returns what it returned without.

    And a loop goes over what is said on cases that were not looked at.
    """
    found = texts()
    assert len(found) > 180
    wrong, seen, named = [], 0, 0
    for name, text in found:
        watch, inputs = Watch(), max(_cases(COURSE, name), key=numbers)
        plain = watch.run(text.text, name, text.scope, copied(inputs).values())
        mine = facts(text, text.text, name, _cases(COURSE, name), SIZES)
        assert mine.loops is not None, (name, text.text)
        passes = sum(x.passes for x in mine.loops if x.kind in ("for", "comprehension"))
        if (passes, mine.products) != (watch.passes, watch.products):
            wrong.append((name, passes, mine.products, watch.passes, watch.products, text.text))
        scope, tree = dict(text.scope), counting.variant(text.text, name)[0]
        exec(text.made(tree), scope)
        counted = scope["_beside"].answer(*copied(inputs).values())
        np.testing.assert_array_equal(flat(counted), flat(plain), name)
        over = {loop.number: loop.over for loop in mine.loops if loop.over}
        fresh = cases(name, seed=7)[-6:] if over else []
        for case, counts in zip(fresh, counting.runs(text, tree, fresh, np.inf), strict=True):
            for k, entered in counts.passes.items() if counts else ():
                sizes = _named(case, SIZES)
                if any(p != sizes.get(over[k], 1) for p in entered if k in over):
                    wrong.append((name, over[k], entered, text.text))
                named += k in over
        seen += passes + mine.products
    assert not wrong
    assert seen > 1000 and named > 200


def test_every_exercise_has_an_answer_written_another_way_that_passes():
    """But for the one in which a class is written."""
    alike = []
    for exercise in EXERCISES.values():
        ways = source.other_ways(COURSE, COURSE.chapter_of(exercise.name).name)
        if exercise.writes:
            continue
        assert exercise.name in ways, f"solutions/other_ways/ has no {exercise.name}"
        other = ways[exercise.name]
        assert other.says.endswith(".") and '"""' not in other.text
        verdict = judge(exercise, key_function(COURSE, exercise.name, other.text))
        assert (verdict.status, verdict.remarks) == (PASSED, ()), verdict
        courses, way = _courses(COURSE, exercise.name)
        assert not same(way.text, courses.text, exercise.name)
        if way.facts._replace(lines=0) == courses.facts._replace(lines=0):
            alike.append(exercise.name)
    assert not alike, "counted, these differ in nothing"


def test_the_arrays_of_some_answers_counted_by_hand():
    scope = {"np": np}
    for text, arrays, copies in (
        ("def f(a):\n    return 0.5 * (1 + np.tanh(0.5 * a))", 4, 0),
        ("def f(a):\n    b = a.copy()\n    b += 1\n    return b.T[:1]", 1, 1),
        ("def f(a):\n    out = np.empty_like(a)\n    np.add(a, 1, out=out)\n    return out", 1, 0),
        ("def f(a):\n    return a[0], a.T, a.reshape(-1), [w for w in np.split(a, 2)]", 0, 0),
        ("def f(a):\n    s = 0\n    for row in a:\n        s += row\n    return s", 1, 0),
        ("def f(a):\n    return np.array([row * 2 for row in a])", 3, 1),
        ("def f(a):\n    return float(a.sum()) + len(a)", 0, 0),
    ):
        seen = facts(Text(text, "f", scope), text, "f", [{"a": np.ones((2, 4))}], lambda _: {})
        assert (seen.arrays, seen.copies) == (arrays, copies), text


def test_lines_are_those_with_code():
    text = (
        'def f(a):\n    """Two\n    lines."""\n\n    # a comment\n    b = (a +  # more\n    1)\n'
        '    return """no\ndocstring"""\n'
    )
    assert facts(Text(text, "f", {}), text, "f", [{"a": 1.0}], lambda _: {}).lines == 5


def test_a_loop_over_the_batch_is_told_beside_the_courses_products():
    mine, (courses, _) = of(BATCH_BY_BATCH, "affine"), _courses(COURSE, "affine")
    assert differences(mine, courses.facts, "") == [
        "Yours has a Python loop over N, the course's has no Python loop.",
        "Of products, `@` and its like, yours takes 6, the course's 2 in the run below.",
        "Only yours calls `np.array`.",
    ]


@pytest.mark.parametrize(
    ("over", "short"),
    [("", "none"), ("T N T", "2 over T, 1 over N"), ("- -", "2"), ("- T -", "1 over T, 2 other")],
)
def test_loops_in_a_cell_of_the_table(over, short):
    loops = [Loop(k, "for", 1, what.strip("-"), 3) for k, what in enumerate(over.split())]
    assert loops_in_short(loops) == short


def test_the_same_text_is_told_as_the_same():
    key = source.keys(COURSE, "02_update_gate")["blend"]
    other = 'def blend(z, h, n):\n    "Mine."\n    return z * h + (1 - z) * n'
    swapped = "def blend(z, n, h):\n    return z * h + (1 - z) * n"
    assert same(key, key, "blend") == SAME
    assert same(other, key, "blend") == SAME_BUT_NAMES
    assert same(swapped, key, "blend") == ""
    assert differences(of(other, "blend"), of(key, "blend"), SAME) == [SAME]
    assert differences(of(swapped, "blend"), of(key, "blend"), "") == [ALIKE]


def test_what_cannot_be_counted_is_not_told():
    text = "def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    f = np.dot\n    return f(x_t, W_i.T)"
    assert of(text, "affine").products is None
    endless = "def affine(*a):\n    while True:\n        pass"
    workshop = Text(endless, "affine", {})
    workshop.seconds = 0.05
    seen = facts(workshop, endless, "affine", _cases(COURSE, "affine"), SIZES)
    assert seen.lines == 3 and seen.loops is None and seen.arrays is None
    assert differences(seen, _courses(COURSE, "affine")[0].facts, "") == []


def test_names_that_read_their_own_frame_and_odd_syntax_are_counted_through():
    text = (
        "class Base:\n    def __init__(self):\n        self.k = 2\n"
        "class Own(Base):\n"
        "    def __init__(self):\n        super().__init__()\n        self.__m = -1\n"
        "    def run(self, a: np.ndarray, *, by: int = 1 + 0) -> 'list[int]':\n"
        "        match by:\n            case -1 | 2:\n                return a\n"
        "            case _ if (n := len(a)) > 0:\n"
        "                return [*map(lambda v: v * self.k * -self.__m, a[:n])]\n"
        "def f(a):\n    b: list = Own().run(a)\n    return [v for v in b if v is not None]\n"
    )
    seen = facts(Text(text, "f", {"np": np}), text, "f", [{"a": np.ones(3)}], lambda _: {})
    assert [(x.kind, x.passes) for x in seen.loops] == [("map", 3), ("comprehension", 3)]


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook's folder and namespace, chapter 2 started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    names = {"np": np}
    student.start("02_update_gate", names)
    return names


def checked(notebook, text):
    """Return what the check of `blend` shows for a text that was run as a kernel runs it."""
    linecache.cache["<cell>"] = (len(text), None, text.splitlines(keepends=True), "<cell>")
    exec(compile(text, "<cell>", "exec"), notebook)
    blend = notebook["blend"]
    return student.check(blend)


RIGHT_BLEND = "def blend(z_t, h_prev, n_t):\n    return n_t - z_t * (n_t - h_prev)\n"
WRONG_BLEND = "def blend(z_t, h_prev, n_t):\n    return h_prev - z_t * (h_prev - n_t)\n"


def test_the_courses_answers_are_shown_after_a_pass_and_not_before(notebook, monkeypatch):
    key = "return z_t * h_prev + (1 - z_t) * n_t"
    other = "return n_t + z_t * (h_prev - n_t)"
    panel = checked(notebook, WRONG_BLEND)
    assert not any(code in shown for code in (key, other) for shown in (panel.html, panel.text))
    panel = checked(notebook, RIGHT_BLEND)
    for shown in (panel.html, panel.text):
        assert key in shown and other in shown and "arrays made" in shown
    assert "n_t - z_t * (n_t - h_prev)" in panel.html, "the student's, beside"
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert "arrays made" not in checked(notebook, RIGHT_BLEND).html


def test_an_answer_without_a_text_shows_the_courses_alone(notebook):
    notebook["blend"] = blend = np.vectorize(
        lambda z_t, h_prev, n_t: z_t * h_prev + (1 - z_t) * n_t
    )
    panel = student.check(blend)
    assert "One way to write it" in panel.html and "arrays made" not in panel.html


def test_a_pack_holds_the_other_ways_and_names_no_chapter_of_theirs(tmp_path):
    place = tmp_path / "keys.pack"
    place.write_bytes(pack.packed(COURSE.solutions))
    assert pack.names(place) == pack.names(COURSE.solutions) == COURSE.names
    for chapter in COURSE.names:
        name = f"{pack.OTHER_WAYS}/{chapter}"
        assert pack.has(place, name) and pack.read(place, name) == pack.read(COURSE.solutions, name)


def test_another_course_without_other_ways_is_set_beside_all_the_same():
    name = "scaled_dot_product"
    key = source.all_keys(OTHER)[name]
    seen = beside(OTHER, name, Local(key_function(OTHER, name, key), name))
    assert len(seen.ways) == 2 and seen.says == (SAME,)
    assert not re.search(r"GRU|x_t|h_prev", seen.html() + seen.text())
