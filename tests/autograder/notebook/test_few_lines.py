"""What an answer prints while it is checked is kept short."""

import io

from autograder.notebook.few_lines import FewLines


def test_the_first_lines_pass_and_the_others_are_counted():
    out = io.StringIO()
    few = FewLines(out, most=2)
    for i in range(5):
        print(i, file=few)
    few.end()
    assert out.getvalue() == "0\n1\n… and 3 more lines that your function prints.\n"


def test_what_is_short_is_left_as_it_is():
    out = io.StringIO()
    few = FewLines(out)
    print("a", end="", file=few)
    few.end()
    assert out.getvalue() == "a"
