"""What an answer needs is found in the text of its notebook; nothing else runs with it."""

import pytest

from autograder.grading.run.needed_cells import needed

SETUP = "import numpy as np\nfrom autograder.student import start\nstart('x', globals())"
ANSWER = "def f(a):\n    return g(a) + np.tanh(a)"


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (["np = None"], set()),  # the course gives it
        (["np.tanh = None"], set()),  # nothing uses what it changes, by name
        (["def g(a):\n    return a"], {1}),
        (["def g(a):\n    return h(a)", "def h(a):\n    return k", "k = 3"], {1, 2, 3}),
        (["def g(a):\n    return a", "def g(a):\n    return 2 * a"], {2}),  # the last one holds
        (["g = lambda a: a", "for np.tanh in (1,): pass"], {1}),
        (["from helpers import *"], {1}),
        (["import helpers as g"], {1}),
        (["with open('x') as g:\n    pass"], {1}),
        (["def other():\n    g = 3"], set()),  # bound inside
        (["def other():\n    global g\n    g = 3"], {1}),
        (["def broken(:"], set()),
        (["%matplotlib inline\ng = abs"], {1}),
        (["if True:\n    def g(a):\n        return a"], {1}),
        (["print(g)"], set()),
        (["a = 1\nnp.tanh = None"], set()),  # a is the answer's own
        (["from helpers import *", "def g(a):\n    return a"], {2}),  # nothing is left to bring
    ],
)
def test_an_answer_needs_the_cells_that_bind_what_it_uses(others, expected):
    cells = [SETUP, *others, ANSWER]
    assert needed(cells, "f", len(cells) - 1, {0}) == {0, len(cells) - 1} | expected


def test_an_answer_that_uses_itself_needs_itself_alone():
    assert needed([SETUP, "def f(a):\n    return f(a - 1)"], "f", 1, {0}) == {0, 1}


def test_an_answer_that_is_defined_again_below_is_the_last_one():
    cells = [SETUP, ANSWER, "k = 2", "def f(a):\n    return k * a"]
    assert needed(cells, "f", 1, {0}) == {0, 1, 2, 3}
