"""`yours`: a later chapter runs what the student built, or the course's own, and says which."""

import ast
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from autograder import student
from autograder.authoring import build, pack, source
from autograder.authoring.program import (
    given,
    key_function,
    of_the_course,
    one_or_all,
    program,
    run,
)
from autograder.core.call import NotEarlier
from autograder.core.judge import judge
from autograder.core.verdict import PASSED
from autograder.course import CHAPTERS, COURSE, EXERCISES, ROOT
from autograder.notebook import Notebook
from autograder.notebook import yours as module
from autograder.sandbox.host import Host
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session
from gru_ref.cell import GRUParams, init_params

NAMES = [c.name for c in CHAPTERS]
START, CELL = "00_start_here", "04_hidden_state"
SIGMOID = "def sigmoid(a):\n    return 1 - 0.5 * (1 + np.tanh(-0.5 * a))"
GRU_CELL = source.keys(COURSE, CELL)["gru_cell"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A student's folder without a notebook; chapter 5 is started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    student.start("05_sequences", {})
    return tmp_path


def write(folder, chapter, *more, **answers):
    """Write a chapter as a student has it: answers by exercise, and cells of their own."""
    path = folder / f"{chapter}.ipynb"
    nb = json.loads((COURSE.notebooks / path.name).read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    nb["cells"] += [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in more
    ]
    path.write_text(json.dumps(nb), encoding="utf-8")
    return path


@pytest.fixture
def said(capsys):
    """Return what `yours` said last, a line a function."""
    return lambda: [x for x in capsys.readouterr().out.splitlines() if x.startswith("Running")]


def is_the_courses(f):
    return f(np.array(3.0)) == key_function(COURSE, "sigmoid")(np.array(3.0))


def test_the_students_version_runs_where_it_passes(folder, said):
    write(folder, START, sigmoid=SIGMOID + "  # mine")
    f = student.yours("sigmoid")
    assert f.__wrapped__.__code__.co_consts != key_function(COURSE, "sigmoid").__code__.co_consts
    assert f(0.0) == 0.5
    assert said() == ["Running your sigmoid of chapter 0, which passes its check."]


@pytest.mark.parametrize(
    "answer, why",
    [
        (
            "def sigmoid(a):\n    return np.tanh(a)",
            "yours of chapter 0 does not pass its check yet",
        ),
        (
            "def sigmoid(a)\n    return a",
            "its cell in chapter 0 has a syntax error in the notebook as it was saved last, "
            "line 1, `def sigmoid(a)`: expected ':'",
        ),
        ("", "the answer cell of chapter 0 does not define it"),
        ("sigmoid = 3", "yours of chapter 0 does not pass its check yet"),
        ("sigmoid = np.nothing", "yours of chapter 0 cannot be run (AttributeError: "),
        ("import nowhere as sigmoid", "yours of chapter 0 cannot be run (ModuleNotFoundError: "),
        ("sigmoid = exit(3)", "yours of chapter 0 cannot be run (SystemExit: 3)"),
        ('sigmoid = yours("sigmoid")', "yours of chapter 0 cannot be run (NotEarlier: "),
        ('sigmoid = yours("gru_forward")', "yours of chapter 0 cannot be run (NotEarlier: "),
        (
            'def sigmoid(a):\n    return yours("sigmoid")(a)',
            "yours of chapter 0 cannot be run (NotEarlier: ",
        ),
        ("(" * 5000, "the answer cell of chapter 0 does not define it"),
    ],
)
def test_an_answer_that_is_no_good_means_the_courses_and_a_sentence(folder, said, answer, why):
    write(folder, START, sigmoid=answer)
    assert is_the_courses(student.yours("sigmoid"))
    (line,) = said()
    assert line.startswith(f"Running the course's sigmoid: {why}")


def test_a_stub_is_not_solved_yet(folder, said):
    write(folder, START)
    assert is_the_courses(student.yours("sigmoid"))
    says = "yours of chapter 0 is not solved in the notebook as it was saved last"
    assert said() == [f"Running the course's sigmoid: {says}."]


CELLS = {"cell_type": "code", "source": SIGMOID, "metadata": {}}
DEEP = "[" * 200_000


@pytest.mark.parametrize(
    "data, why",
    [
        (b"", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b'{"cells": [{"cell_type": "co', "cannot be read"),
        (DEEP.encode(), "cannot be read"),
        (b"[1, 2]", "cannot be read"),
        (b'{"worksheets": []}', "cannot be read"),
        (b'{"cells": 5}', "cannot be read"),
        (b'{"cells": [5]}', "cannot be read"),
        (b'{"cells": [{"cell_type": "code", "source": 7}]}', "cannot be read"),
        (b'{"cells": [{"cell_type": "code", "source": "", "metadata": []}]}', "cannot be read"),
        (b'{"cells": []}', "has no answer cell for it"),
    ],
)
def test_a_damaged_or_foreign_file_means_the_courses(folder, said, data, why):
    (folder / f"{START}.ipynb").write_bytes(data)
    assert is_the_courses(student.yours("sigmoid"))
    assert said() == [f"Running the course's sigmoid: the notebook of chapter 0 {why}."]


def test_a_notebook_of_another_chapter_under_this_name_means_the_courses(folder, said):
    write(folder, CELL).rename(folder / f"{START}.ipynb")
    assert is_the_courses(student.yours("sigmoid"))
    assert "cannot be run (NotEarlier" in said()[0]


def test_an_answer_is_found_by_its_name_as_in_grading(folder, said):
    write(folder, START, SIGMOID, sigmoid="")
    student.yours("sigmoid")
    (folder / f"{START}.ipynb").write_text(json.dumps({"cells": [CELLS]}), encoding="utf-8")
    student.yours("sigmoid")
    assert said() == ["Running your sigmoid of chapter 0, which passes its check."] * 2


def test_no_notebook_a_folder_or_a_pipe_in_its_place_mean_the_courses(folder, said):
    path = folder / f"{START}.ipynb"
    for make in (lambda: None, path.mkdir, *([lambda: os.mkfifo(path)] if os.name != "nt" else [])):
        make()
        assert is_the_courses(student.yours("sigmoid"))
        assert "the notebook of chapter 0 is not here" in said()[0]
        with contextlib.suppress(FileNotFoundError):
            path.rmdir() if path.is_dir() else path.unlink()


def test_a_file_that_is_too_large_is_not_read(folder, said, monkeypatch):
    monkeypatch.setattr(module.sizes, "NOTEBOOK", 100)
    write(folder, START, sigmoid=SIGMOID)
    assert is_the_courses(student.yours("sigmoid"))
    assert "too large" in said()[0]


@pytest.fixture
def alarm():
    """Set the alarm aside that is for the test itself: beside another there is no limit."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("there is no alarm here")
    waiting = signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.setitimer(signal.ITIMER_REAL, *waiting)


@pytest.mark.parametrize(
    "answer",
    [
        "def sigmoid(a):\n    while True:\n        pass",
        "def sigmoid(a):\n    while True:\n        try:\n            a = a + 1\n"
        "        except Exception:\n            pass",
        "import time\nsigmoid = time.sleep(1000)",
    ],
)
def test_an_answer_that_hangs_is_stopped(folder, said, alarm, monkeypatch, answer):
    monkeypatch.setattr(module, "SECONDS", 0.5)
    write(folder, START, sigmoid=answer)
    before = signal.getsignal(signal.SIGALRM)
    assert is_the_courses(student.yours("sigmoid"))
    assert "yours of chapter 0 did not end within 0.5 seconds" in said()[0]
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_hang_in_what_an_answer_calls_costs_only_that(folder, said, alarm, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 2.0)
    write(folder, START, sigmoid="def sigmoid(a):\n    while True:\n        pass")
    write(folder, CELL, gru_cell=GRU_CELL)
    student.yours("gru_cell", "sigmoid")
    mine, theirs = said()
    assert mine.startswith("Running your gru_cell of chapter 4")
    assert theirs.startswith("Running the course's sigmoid: yours of chapter 0 did not end")


def test_in_a_thread_there_is_no_limit_and_no_error(folder):
    write(folder, START, sigmoid=SIGMOID)
    found = []
    thread = threading.Thread(target=lambda: found.append(student.yours("sigmoid")))
    thread.start()
    thread.join()
    assert found[0](0.0) == 0.5


# What an answer needs


def test_an_answer_brings_what_it_calls_from_its_own_and_earlier_chapters(folder, said):
    marked = SIGMOID.replace("def sigmoid(a):", "def sigmoid(a):\n    CALLS.append(1)")
    write(folder, START, "CALLS = []", sigmoid=marked)
    write(folder, CELL, gru_cell=GRU_CELL)
    f = student.yours("gru_cell")
    assert said() == ["Running your gru_cell of chapter 4, which passes its check."]
    calls = f.__wrapped__.__globals__["sigmoid"].__wrapped__.__globals__["CALLS"]
    calls.clear()
    f(np.zeros(2), np.zeros(3), init_params(np.random.default_rng(0), 2, 3))
    assert len(calls) == 2


def test_a_wrong_earlier_answer_gives_way_under_a_right_later_one(folder, said):
    write(folder, START, sigmoid="def sigmoid(a):\n    return 0 * a")
    write(folder, CELL, gru_cell=GRU_CELL)
    assert judge(EXERCISES["gru_cell"], student.yours("gru_cell")).status == PASSED
    assert said() == ["Running your gru_cell of chapter 4, which passes its check."]


def test_helpers_and_imports_are_found_in_the_students_own_cells(folder, said):
    answer = "def sigmoid(a):\n    return HALF * (1 + squash(HALF * a))"
    own = "from numpy import tanh as t\nHALF = 0.5\n\ndef squash(a):\n    return t(a)"
    write(folder, START, own, sigmoid=answer)
    student.yours("sigmoid")
    assert said()[0].startswith("Running your sigmoid")


def test_neither_tests_nor_pictures_nor_magics_of_an_answer_cell_run(folder, said, capsys):
    answer = f"%matplotlib inline\n{SIGMOID}\nprint('printed')\ncheck(sigmoid)\n1 / 0"
    write(folder, START, "open('made.txt', 'w')\nhere = open('made.txt', 'w')", sigmoid=answer)
    student.yours("sigmoid")
    out = capsys.readouterr().out
    assert "printed" not in out and "Running your sigmoid" in out
    assert {p.name for p in folder.iterdir()} == {f"{START}.ipynb"}


def test_what_an_answer_prints_while_it_is_checked_is_not_shown(folder, capsys):
    write(folder, START, sigmoid=SIGMOID.replace("    return", "    print('called')\n    return"))
    student.yours("sigmoid")
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(("after_the_check", "counts"), [(False, "last"), (True, "first")])
def test_of_an_answer_given_twice_the_one_that_was_checked_counts(
    folder, said, after_the_check, counts
):
    path = write(folder, START, sigmoid=SIGMOID)
    nb = json.loads(path.read_text(encoding="utf-8"))
    ids = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in nb["cells"]]
    wrong = nb["cells"][ids.index("sigmoid")] | {"source": "def sigmoid(a):\n    return a"}
    nb["cells"].insert(ids.index("check_sigmoid") + after_the_check, wrong)
    path.write_text(json.dumps(nb), encoding="utf-8")
    student.yours("sigmoid")
    assert ("does not pass" in said()[0]) == (counts == "last")


def test_an_answer_in_lists_comes_in_arrays(folder):
    write(folder, START, sigmoid=SIGMOID.replace("return 1 - ", "return (1 - ") + ").tolist()")
    assert isinstance(student.yours("sigmoid")(np.zeros(3)), np.ndarray)


def test_an_answer_that_is_mended_is_taken_at_the_next_call(folder, said):
    write(folder, START)
    student.yours("sigmoid")
    write(folder, START, sigmoid=SIGMOID)
    student.yours("sigmoid")
    before, after = said()
    assert "not solved in the notebook as it was" in before and after.startswith("Running your")


def test_a_solved_course_takes_every_answer_from_its_notebooks(folder, said):
    """Chapter 8's first cell, with the keys of all chapters as a student's answers."""
    for chapter in NAMES[:8]:
        nb = build.instructor_notebook(COURSE, chapter)
        (folder / f"{chapter}.ipynb").write_text(build.text(nb), encoding="utf-8")
    student.start("08_training", {})
    names = ("gru_forward", "gru_backward", "clip_by_norm", "gru_jacobian", "unpack_torch_weights")
    functions = student.yours(*names)
    assert all(line.startswith("Running your") for line in said())
    assert all(
        judge(EXERCISES[n], f).status == PASSED for n, f in zip(names, functions, strict=True)
    )


# What it may be asked for


@pytest.mark.parametrize("name", ["gru_forward", "adam_step", "no_exercise", 3])
def test_what_this_chapter_or_a_later_one_builds_is_not_given(folder, name):
    with pytest.raises(NotEarlier, match="what earlier chapters have built"):
        student.yours(name)


def test_before_a_chapter_is_started_nothing_is_earlier():
    with pytest.raises(NotEarlier):
        Notebook(COURSE).yours("sigmoid")


def test_under_nbgrader_it_is_the_courses(folder, said, monkeypatch):
    write(folder, START, sigmoid=SIGMOID)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert is_the_courses(student.yours("sigmoid"))
    assert said() == ["Running the course's sigmoid: as wherever answers are graded."]


def test_it_works_from_packed_keys_and_without_any(folder, tmp_path, capsys):
    place = tmp_path / "keys.pack"
    place.write_bytes(pack.packed(COURSE.solutions))
    for solutions in (place, tmp_path / "nothing"):
        notebook = Notebook(replace(COURSE, solutions=solutions))
        notebook.start(CELL, {})
        assert notebook.yours("sigmoid")(0.0) == 0.5
        assert "course's sigmoid" in capsys.readouterr().out
    write(folder, START, sigmoid=SIGMOID)
    assert notebook.yours("sigmoid")(0.0) == 0.5
    assert "Running your sigmoid" in capsys.readouterr().out


def test_a_chapter_runs_alone_as_a_plain_script(folder):
    """It runs with the course's function, and with the student's where their notebook is here."""
    env = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    cells = [c.text for c in source.read(COURSE, "01_reset_gate") if c.kind == "code"]
    for whose in ("the course's", "your"):
        done = subprocess.run(
            [sys.executable, "-c", cells[0]], env=env, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"Running {whose} sigmoid")
        write(folder, START, sigmoid=SIGMOID)


# In the sandbox


@pytest.fixture(scope="module")
def host():
    with Host(COURSE, limits=Limits(call=5.0, submission=30.0)) as h:
        yield h


@pytest.fixture
def session(host):
    names = [e.name for e in COURSE.chapter("05_sequences").exercises]
    yield Session(host, names, seed=7, given=given(COURSE, "05_sequences"))
    host.end()


FIRST = next(c.text for c in source.read(COURSE, "05_sequences") if c.kind == "code")


@pytest.mark.needs("bubblewrap")
def test_in_the_sandbox_it_is_the_courses(session):
    ran = session.run(FIRST)
    assert ran.raised is None and ran.stopped is None
    assert judge(EXERCISES["gru_cell"], session.find("gru_cell").stand_in).status == PASSED
    assert session.run('sigmoid, affine = yours("sigmoid", "affine")').raised is None
    assert judge(EXERCISES["affine"], session.find("affine").stand_in).status == PASSED


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("name", ["gru_forward", "sigmoid_backward", "nothing"])
def test_the_chapter_that_is_graded_and_later_ones_are_not_in_the_sandbox(session, name):
    session.run(FIRST)
    ran = session.run(f'{name} = yours("{name}")')
    assert ran.raised.kind == "NotEarlier"
    assert "what earlier chapters have built" in ran.raised.text and name in ran.raised.text
    assert session.find(name).kind == "undefined"
    session.run(f'def gru_forward(x, h_0, p):\n    return yours("{name}")(x, h_0, p)')
    verdict = judge(EXERCISES["gru_forward"], session.find("gru_forward").stand_in)
    assert (verdict.score, verdict.mistake) == (0.0, "raises_NotEarlier")


@pytest.mark.needs("bubblewrap")
def test_a_fresh_child_has_them_too(session):
    session.run(FIRST)
    session.run("import os\nos._exit(3)")
    assert judge(EXERCISES["gru_cell"], session.find("gru_cell").stand_in).status == PASSED


@pytest.mark.parametrize("chapter", NAMES)
def test_what_the_sandbox_is_handed_is_of_earlier_chapters_alone(chapter):
    earlier = [e.name for c in CHAPTERS[: NAMES.index(chapter)] for e in c.exercises]
    handed = given(COURSE, chapter)
    assert list(handed) == earlier
    defined = {
        node.name
        for text in handed.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }
    wrappers = {"gru_forward", "gru_backward", "clip_by_norm"}  # chapter 8's, over the student's
    assert defined & EXERCISES.keys() <= {*earlier, *wrappers}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_program_of_a_key_holds_no_other_key(name):
    """It asks `yours` for the others, by name."""
    text = of_the_course(COURSE, name)
    assert all(_body(key) not in text for n, key in source.all_keys(COURSE).items() if n != name)


def _body(key):
    return "\n".join(ast.unparse(ast.parse(key)).split("\n")[2:])  # without def and docstring


# The chapters


def _code(chapter):
    return [c for c in source.read(COURSE, chapter) if c.kind == "code"]


def _shape(function):
    """Return a function's body, without docstring and without the names of its own variables."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    names = {}

    class Anonymous(ast.NodeTransformer):
        def visit_Name(self, node):
            return ast.Name(names.setdefault(node.id, f"v{len(names)}"), ast.Load())

    tree = Anonymous().visit(ast.parse(ast.unparse(ast.Module(body, []))))
    return ast.dump(tree)


@pytest.mark.parametrize("chapter", NAMES)
def test_no_cell_of_a_chapter_holds_the_body_of_an_earlier_key(chapter):
    """Compared as syntax trees, with names left out: a renamed copy is a copy."""
    keys = {}
    for before in NAMES[: NAMES.index(chapter)]:
        for name, text in source.keys(COURSE, before).items():
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef):
                    keys.setdefault(_shape(node), name)
    for cell in _code(chapter):
        if "solution" not in cell.keys:
            found = [n for n in ast.walk(ast.parse(cell.text)) if isinstance(n, ast.FunctionDef)]
            assert {f.name: keys.get(_shape(f)) for f in found if _shape(f) in keys} == {}


@pytest.mark.parametrize("chapter", NAMES)
def test_no_line_of_an_earlier_key_stands_in_a_later_first_cell(chapter):
    first = {line.strip() for line in _code(chapter)[0].text.split("\n")}
    for before in NAMES[: NAMES.index(chapter)]:
        for cell in _code(before):
            if "solution" in cell.keys:
                key = cell.text.split(source.BEGIN)[1].split(source.END)[0]
                lines = {x.strip() for x in key.split("\n") if len(x.strip()) >= 12}
                assert not first & lines, cell.keys["solution"]


@pytest.mark.parametrize("chapter", NAMES)
def test_a_first_cell_asks_only_for_what_is_earlier(chapter):
    names = [
        a.value
        for n in ast.walk(ast.parse(_code(chapter)[0].text))
        if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "yours"
        for a in n.args
    ]
    assert set(names) <= set(given(COURSE, chapter)), names


def test_a_program_holds_what_is_needed_and_nothing_else():
    cells = [
        "import numpy as np, math\nfrom os import path, sep\nK = 2\nrng = np.random.default_rng(0)",
        "def unused():\n    return path",
        "def helper(a, sep='x'):\n    return K * np.abs(a) + other(a)",
        "class Pair(tuple):\n    pass",
        "def f(a):\n    unused = 1\n    return Pair([helper(a), g(a), unused])",
    ]
    text = program("f", cells, {"f", "g"})
    made = [line.split("(")[0] for line in text.splitlines() if not line.startswith(" ")]
    assert made == [
        "g = yours",
        "import numpy as np",
        "K = 2",
        "def helper",
        "class Pair",
        "def f",
    ]
    assert program("unknown", cells, set()) == ""
    assert program("f", ["def f(): pass", "x = 1"], set()) == ""


def test_the_parameters_of_the_course_are_the_students(folder):
    """A GRUParams of one chapter serves the functions of another."""
    cell = student.yours("gru_cell")
    p = init_params(np.random.default_rng(0), 2, 3)
    assert cell(np.ones(2), np.zeros(3), GRUParams(*p)).shape == (3,)


@pytest.mark.parametrize("caller", ["loss_and_gradients", "train_on"])
def test_what_fits_earlier_functions_to_chapter_8_passes_their_checks(caller):
    """A wrong answer that calls them is not blamed on them."""

    def courses(*names):
        return one_or_all([key_function(COURSE, name) for name in names])

    scope = run(caller, of_the_course(COURSE, caller), courses).__globals__
    names = {"gru_forward", "gru_backward", "clip_by_norm"} & scope.keys()
    assert len(names) == {"loss_and_gradients": 2, "train_on": 1}[caller]
    assert all(judge(EXERCISES[name], scope[name]).status == PASSED for name in names)
