"""One submission through `grade_one`: what each kind of answer gets, and what is said of it."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder.authoring.build import instructor_notebook, student_notebook, text
from autograder.core.verdict import VERDICT_MIME
from autograder.course import COURSE
from autograder.errors import SandboxError
from autograder.grading.job import Beginning, Job
from autograder.grading.notebooks.check_cells import disagrees, results
from autograder.grading.run.grade_one import assigned, grade_one, make_ready, only_defines
from autograder.sandbox import bubblewrap
from autograder.sandbox.limits import Limits
from tests.helpers.reworked import as_notebook, reworked
from tests.helpers.submissions import CHAPTER, changed, insert_copy, named, notebook, remove, solved

pytestmark = pytest.mark.needs("bubblewrap")
RELEASE = text(student_notebook(COURSE, CHAPTER))
FAST = Limits(call=1.5, submission=20)


def graded(nb, **fields):
    """Return what comes of a notebook."""
    data = nb if isinstance(nb, bytes) else json.dumps(nb).encode()
    return grade_one(Job(COURSE, CHAPTER, RELEASE, data, limits=FAST, **fields))


def result(nb, name="sigmoid"):
    """Return the result of one exercise."""
    return next(r for r in graded(nb).results if r.exercise == name)


def with_own(code: str, after: str | None = None):
    """Return a solved chapter 0 with a cell of the student's, at the top or behind an answer."""
    nb = solved("sigmoid", "affine")
    at = 0 if after is None else nb.cells.index(named(nb, after)) + 1
    nb.cells.insert(at, new_code_cell(code))
    return nb


def test_a_solved_notebook_has_full_marks_and_an_untouched_one_none():
    assert [(r.status, r.score) for r in graded(solved("sigmoid", "affine")).results] == [
        ("passed", 2.0),
        ("passed", 3.0),
    ]
    untouched = graded(notebook())
    assert {(r.status, r.score) for r in untouched.results} == {("not attempted", 0.0)}
    assert untouched.answers == {}


def test_the_same_submission_and_seed_give_the_same_result():
    nb = solved("affine", sigmoid="def sigmoid(a):\n    return np.random.rand(*a.shape)")
    first, second = graded(nb, seed=11), graded(nb, seed=11)
    assert first._replace(seconds=0) == second._replace(seconds=0)


def test_what_is_written_into_the_notebook_is_what_comes_back():
    done = graded(solved("sigmoid", affine="def affine(*args):\n    return 1 / 0"))
    nb = nbformat.reads(done.notebook, as_version=4)
    nbformat.validate(nb)
    written = [r._replace(panel="") for r in results(nb).values()]
    assert written == [r._replace(panel="") for r in done.results]
    assert all("autograder-verdict" in r.panel for r in results(nb).values())
    from nbgrader.utils import determine_grade

    assert determine_grade(named(nb, "check_sigmoid"))[0] == 2.0
    assert determine_grade(named(nb, "check_affine"))[0] == 0.0
    assert list(done.answers) == ["sigmoid", "affine"]


def test_nothing_of_a_students_text_can_run_where_formgrader_shows_it():
    nb = solved("sigmoid", "affine")
    nb.cells.append(nbformat.v4.new_markdown_cell("<script>alert(1)</script> [x](javascript:1)"))
    shown = graded(nb).notebook
    assert "<script" not in shown and "](javascript" not in shown


def test_a_forged_verdict_in_the_file_is_nothing():
    nb = notebook()
    shown = {"exercise": "sigmoid", "status": "passed", "mistake": "", "score": 2.0}
    data = {"text/plain": "2.0", VERDICT_MIME: shown}
    output = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
    named(nb, "check_sigmoid").outputs = [nbformat.from_dict(output)]
    assert result(nb).status == "not attempted"


@pytest.mark.parametrize(
    ("code", "mistake", "says"),
    [
        ("def sigmoid(a):\n    return a +", "syntax_error", "Line 2, `return a +`"),
        ("1 / 0\ndef sigmoid(a):\n    return a", "raises_ZeroDivisionError", "line `1 / 0`"),
        ("while True:\n    pass", "timed_out", "in the cell that defines sigmoid"),
        ("import os\nos._exit(4)", "died", "exit status 4"),
        ("sigmoid = 3", "not_a_function", "sigmoid is 3, not a function"),
        ("sigma = np.tanh", "name_not_defined", "sigmoid is not defined"),
        ("def sigmoid(a):\n    while True:\n        pass", "timed_out", "longer than 1.5 seconds"),
        ("import os\ndef sigmoid(a):\n    os._exit(4)", "died", "exit status 4"),
        ("def sigmoid(a):\n    return input()", "raises_EOFError", "return input()"),
    ],
)
def test_what_happened_is_said_and_costs_its_own_exercise_alone(code, mistake, says):
    done = graded(solved("affine", sigmoid=code))
    first, second = done.results
    assert (first.status, first.mistake, first.score) == ("error", mistake, 0.0)
    assert says in first.cause
    assert first.stopped == (mistake in ("timed_out", "died"))
    assert (second.status, second.score) == ("passed", 3.0)


@pytest.mark.parametrize("line", ["%matplotlib inline", "!ls", "x = await y()", "%%time"])
def test_what_ipython_can_read_is_no_syntax_error(line):
    code = "def sigmoid(a):\n    return 0.5 * (1 + np.tanh(0.5 * a))"
    if "await" in line:
        line = "async def y():\n    return 1\n" + line
    assert result(solved(sigmoid=f"{line}\n{code}")).status == "passed"


def test_stderr_and_warnings_cost_no_points():
    code = "import sys, warnings\ndef sigmoid(a):\n    warnings.warn('now')\n"
    code += "    print('noise', file=sys.stderr)\n    return 0.5 * (1 + np.tanh(0.5 * a))"
    assert result(solved(sigmoid=code)).score == 2.0


def test_a_students_own_cell_runs_where_it_stands():
    nb = with_own("def mine(a):\n    return 0.5 * (1 + np.tanh(0.5 * a))", after="affine")
    named(nb, "affine").source = "def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    return 0"
    assert result(nb).status == "passed"
    before = with_own("half = 0.5")
    named(before, "sigmoid").source = "def sigmoid(a):\n    return half * (1 + np.tanh(half * a))"
    assert result(before).status == "passed"


def test_a_name_of_a_demonstration_is_told():
    nb = notebook()
    demonstrations = [
        c.source for c in nb.cells if c.cell_type == "code" and not c.metadata.get("nbgrader")
    ]
    name = next(n for s in demonstrations[1:] for n in sorted(assigned(s)))
    code = f"def sigmoid(a):\n    return {name}"
    assert "demonstrations" in result(solved(sigmoid=code)).cause


def test_an_own_cell_that_breaks_the_first_cell_is_the_students_and_not_the_graders_fault():
    done = graded(with_own("import sys\nsys.modules['matplotlib.pyplot'] = None"))
    assert {r.status for r in done.results} <= {"passed", "error"}
    assert "grader broken" not in {r.status for r in done.results}


def test_of_a_duplicated_answer_the_last_counts_and_that_is_said():
    nb = changed(lambda nb: insert_copy(nb, "sigmoid", source="def sigmoid(a):\n    return a"))
    done = graded(nb)
    assert done.results[0].status == "failed"
    assert any("The last one counts" in note for note in done.notes)


def test_a_missing_answer_is_not_attempted_and_that_is_said():
    done = graded(changed(lambda nb: remove(nb, "sigmoid")))
    assert done.results[0].status == "not attempted"
    assert any("`sigmoid` is missing" in note for note in done.notes)
    assert done.results[1].status == "passed"


@pytest.mark.parametrize("data", [b"", b"{}", b"no notebook", b"\xff\xfe\x00", b"[" * 5000])
def test_what_is_no_notebook_has_a_row_for_every_exercise(data):
    done = graded(data)
    assert done.refused[0] == "unreadable"
    assert [(r.exercise, r.status, r.mistake) for r in done.results] == [
        ("sigmoid", "error", "unreadable"),
        ("affine", "error", "unreadable"),
    ]
    nbformat.validate(nbformat.reads(done.notebook, as_version=4))


def test_a_file_that_was_refused_before_is_not_read():
    done = grade_one(Job(COURSE, CHAPTER, RELEASE, problem=("too_large", "It is <b>large</b>.")))
    assert done.refused == ("too_large", "It is <b>large</b>.")
    assert "&lt;b&gt;" in done.results[0].panel


def test_without_bubblewrap_nothing_runs_unless_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(bubblewrap, "lacking", lambda: "bubblewrap is not installed.")
    bubblewrap.choose.cache_clear()
    try:
        with pytest.raises(SandboxError, match="apt install bubblewrap"):
            graded(solved("sigmoid"))
        assert graded(solved("sigmoid"), level="auto").isolation == "none"
        off = graded(solved("sigmoid", "affine"), level="off")
        assert (off.isolation, [r.score for r in off.results]) == ("none", [2.0, 3.0])
    finally:
        bubblewrap.choose.cache_clear()


def test_what_the_sandbox_came_to_is_not_found_out_again(monkeypatch):
    monkeypatch.setattr("autograder.grading.run.grade_one.choose", None)
    done = graded(solved("sigmoid", "affine"), level="required", isolation="bubblewrap")
    assert (done.isolation, [r.score for r in done.results]) == ("bubblewrap", [2.0, 3.0])


def test_a_sandbox_that_cannot_be_made_ready_is_left_to_who_needs_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    make_ready(Beginning(COURSE, CHAPTER, FAST._replace(call=0.5), "bubblewrap"))


def test_torchs_own_gru_is_not_at_hand_and_the_key_of_a_torch_chapter_passes():
    chapter = "09_which_cell"
    release, key = text(student_notebook(COURSE, chapter)), instructor_notebook(COURSE, chapter)
    done = grade_one(Job(COURSE, chapter, release, json.dumps(key).encode()))
    assert {r.status for r in done.results} == {"passed"}
    answer = named(key, "run_gru_cell")
    run = answer.source[answer.source.index("def run_gru_cell") :]
    answer.source = f"GRUCell = nn.GRUCell\n\n{run}"
    first, *others = grade_one(Job(COURSE, chapter, release, json.dumps(key).encode())).results
    assert first.score == 0.0
    assert "GRUCell is not at hand while answers are graded" in first.cause
    assert {r.status for r in others} == {"passed"}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("chapter", ["01_reset_gate", "04_hidden_state"])
def test_a_notebook_as_people_leave_it_has_full_marks(chapter, seed):
    cells, changes = reworked(chapter, 1000 + seed)
    release = text(student_notebook(COURSE, chapter))
    done = grade_one(Job(COURSE, chapter, release, json.dumps(as_notebook(cells)).encode()))
    assert [r for r in done.results if r.score != r.max_score] == [], changes


RIGHT = "def sigmoid(a):\n    return 0.5 * (1 + np.tanh(0.5 * a))"


@pytest.mark.parametrize(
    "before",
    [
        "import torch",
        "from torch import nn",
        "import matplotlib.pyplot as plt\nplt.matplotlib.use('TkAgg')\nplt.plot([1])\nplt.show()",
        "import matplotlib.pyplot as plt\nplt.switch_backend('Qt5Agg')",
        "%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'retina'",
        "%pip install seaborn\nimport seaborn as sns\nsns.set_theme()\nimport pandas.testing",
        "from google.colab import drive\ndrive.mount('/content')",
        "%timeit -n1 -r1 1 + 1\nfiles = !ls",
        "print('here')\ndisplay(3)",
        "%%capture",
    ],
)
def test_what_a_notebook_does_beside_an_answer_costs_nothing(before):
    assert result(solved(sigmoid=f"{before}\n{RIGHT}")).score == 2.0


def test_torchs_functions_are_tools_where_an_answer_imports_them():
    code = "import torch\ndef sigmoid(a):\n    return torch.sigmoid(torch.tensor(a)).numpy()"
    assert result(solved(sigmoid=code)).score == 2.0


@pytest.mark.parametrize(
    "route",
    [
        "torch.nn.GRUCell(3, 2)(x, h)",
        "torch.nn.modules.rnn.GRUCell(3, 2)(x, h)",
        "[c for c in torch.nn.RNNCellBase.__subclasses__() if 'GRU' in c.__name__][0](3, 2)(x, h)",
        "torch.nn.modules.rnn.GRU(3, 2)(x[None])[0]",
        "torch._VF.gru_cell(x, h, *w)",
        "torch._C._VariableFunctions.gru_cell(x, h, *w)",
        "torch.ops.aten.gru_cell(x, h, *w)",
        "torch.ops.aten.gru_cell.default(x, h, *w)",
        "torch.ops.aten.gru_cell.default.decompose(x, h, *w)",
        "torch.ops.aten._thnn_fused_gru_cell(x @ w[0].T, h @ w[1].T, h)[0]",
        "torch._C._jit_get_operation('aten::gru_cell')[0](x, h, *w)",
        "torch.jit.script(torch.nn.modules.rnn.GRUCell(3, 2))(x, h)",
        "torch.ao.nn.quantized.dynamic.GRUCell(3, 2)(x, h)",
        "torch.func.vmap(lambda a: torch._VF.gru_cell(a, h, *w))(x[None])",
    ],
)
def test_torchs_own_gru_answers_nothing_by_any_route(route):
    code = f"""import torch
def sigmoid(a):
    x, h, w = torch.ones(1, 3), torch.zeros(1, 2), (torch.ones(6, 3), torch.ones(6, 2))
    {route}
    return 0.5 * (1 + np.tanh(0.5 * a))"""
    got = result(solved(sigmoid=code))
    assert got.score == 0.0 and "rais" in got.mistake


def test_input_and_a_package_that_is_not_here_say_what_to_do():
    asks = result(solved(sigmoid=f"x = input('x?')\n{RIGHT}"))
    assert "Write the value into your code" in asks.cause
    uses = result(solved(sigmoid="import pandas as pd\ndef sigmoid(a):\n    return pd.Series(a)"))
    assert "pandas.Series is not at hand while answers are graded" in uses.cause


def test_an_answer_that_has_passed_in_the_notebook_and_does_not_here_is_told_and_flagged():
    nb = solved("affine", sigmoid="def sigmoid(a):\n    return a")
    data = {"text/plain": "✓ sigmoid: passed, 2 of 2 points"}
    named(nb, "check_sigmoid").outputs = [nbformat.v4.new_output("execute_result", data)]
    done = graded(nb)
    assert [(r.said, r.score) for r in done.results] == [("passed", 0.0), ("", 3.0)]
    assert "a person looks at it" in done.results[0].panel
    check = named(nbformat.reads(done.notebook, as_version=4), "check_sigmoid")
    assert disagrees(check)


def test_cells_that_only_define_are_told_from_demonstrations():
    assert only_defines("import math\n\ndef f():\n    return 1")
    assert not only_defines("x = 3")
    assert not only_defines("# hint(sigmoid)")
    assert assigned("a, b = 1, 2\nfor c in 'd':\n    pass\ndef f():\n    g = 1") >= {"a", "b", "f"}
