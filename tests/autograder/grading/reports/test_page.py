"""A student's page, and the notebook that formgrader shows: what stands there, what does not."""

import re

import nbformat
import pytest

from autograder import sizes
from autograder.authoring.build import student_notebook
from autograder.authoring.source import keys
from autograder.core.feedback import as_html
from autograder.core.judge import judge
from autograder.core.verdict import VERDICT_MIME
from autograder.course import CHAPTERS, COURSE, EXERCISES
from autograder.grading.notebooks.normalise import OURS, grade_id
from autograder.grading.notebooks.panel_html import clean_panel
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.notebooks.sanitize import markdown, sanitize
from autograder.grading.reports.formulas import formula
from autograder.grading.reports.markup import markdown_html, python_html
from autograder.grading.reports.page import render_page
from autograder.grading.store.gradebook import Row
from tests.helpers.hostile import PAYLOADS
from tests.helpers.submissions import named, written


def graded(chapter, answer=lambda e: e.mistakes[0].wrong):
    """Return a chapter with an answer to each exercise, judged here, and its rows."""
    nb, rows = student_notebook(COURSE, chapter), []
    for name in keys(COURSE, chapter):
        exercise = EXERCISES[name]
        verdict = judge(exercise, answer(exercise), 5)
        about = {"exercise": name, "status": verdict.status, "mistake": verdict.mistake}
        data = {"text/html": as_html(verdict), "text/plain": repr(verdict.score)}
        data[VERDICT_MIME] = about | {"score": verdict.score}
        named(nb, f"check_{name}").outputs = [nbformat.v4.new_output("execute_result", data)]
        named(nb, name).source = keys(COURSE, chapter)[name]
        most = float(exercise.points)
        rows.append(Row("bob", chapter, name, verdict.score, most, verdict.status, verdict.mistake))
    return nb, rows


def page(nb, rows, **more):
    return render_page(COURSE, nb, rows, "bob", rows[0].chapter, "bubblewrap", **more)


@pytest.fixture(scope="module")
def gates():
    return graded("01_reset_gate")


@pytest.mark.parametrize("chapter", [c.name for c in CHAPTERS])
def test_a_page_of_a_whole_chapter_is_small_and_asks_nothing_of_a_server(chapter):
    html = page(*graded(chapter))
    assert len(html.encode()) < 60_000
    assert not re.search(r"""(?:src|href)=["'](?!#|data:image/)|@import|url\(|<script""", html)
    assert "default-src 'none'" in html
    for name in keys(COURSE, chapter):
        assert f'id="{name}"' in html


def test_a_page_shows_points_cause_case_and_the_level_of_the_sandbox(gates):
    nb, rows = gates
    html = page(nb, rows)
    for mistake in (EXERCISES[r.exercise].mistakes[0] for r in rows):
        assert re.escape(mistake.says.split("`")[0][:30].replace("'", "&#x27;")) in re.escape(html)
    assert "0 of 10 points" in html
    assert "The smallest failing case" in html
    assert "in a sandbox (bubblewrap)" in html
    assert "without a sandbox" in render_page(COURSE, nb, rows, "bob", "01_reset_gate", "none")


def test_the_chapters_own_text_and_checks_are_left_out(gates):
    nb, rows = gates
    html = page(nb, rows)
    assert "check(reset_gate)" not in html
    assert "import numpy" not in html


def test_a_comment_stands_below_its_answer_and_a_score_that_waits_is_told(gates):
    nb, rows = gates
    name = written(nb)[0]
    rows = [*rows, Row("bob", "01_reset_gate", name, None, 2.0, "manual", "")]
    named(nb, name).source = r"$r_t \odot h_{t-1}$ and `code`"
    html = page(nb, rows, comments={name: "Which **rows**?"})
    assert "Which <strong>rows</strong>?" in html
    assert "2 of them wait for a person" in html
    assert "<sub><i>t</i></sub>  ⊙ <i>h</i>" in html
    assert "Comment" not in page(nb, rows, comments={name: "No response."})


def test_a_page_of_a_file_that_was_refused_says_why_and_shows_no_stub(gates):
    nb = student_notebook(COURSE, "01_reset_gate")
    nb.metadata[OURS] = {"refused": {"mistake": "unreadable", "says": "It is <empty>."}}
    html = page(nb, gates[1])
    assert "It is &lt;empty&gt;." in html
    assert "YOUR CODE HERE" not in html


def test_own_cells_and_printed_text_are_shown_within_bounds(gates):
    nb, rows = gates
    nb = nbformat.from_dict(nb)
    shout = [nbformat.v4.new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m " * 90_000)]
    for i in range(500):
        cell = nbformat.v4.new_code_cell(f"x = {i}\n" * 400, outputs=shout)
        cell.metadata[OURS] = {"own": True}
        nb.cells.append(cell)
    html = page(nb, rows)
    assert html.count("more characters are not shown") == 30
    assert "470 more cells of your own are not shown" in html
    assert "red red" in html and "[31m" not in html
    assert len(html) < 30 * (sizes.PAGE_OUTPUT + 2 * sizes.PAGE_CELL + 20_000)


@pytest.mark.parametrize(
    ("tex", "html"),
    [
        (r"\sigma(W x_t)", "σ(<i>W</i> <i>x</i><sub><i>t</i></sub>)"),
        (r"a^{2} \le \frac{1}{n}", "<i>a</i><sup>2</sup>  ≤ 1 / <i>n</i>"),
        (r"\tilde{h}_{t-1}", "<i>h\u0303</i><sub><i>t</i>−1</sub>"),
        (r"a<b \unknown{x}", r"<i>a</i>&lt;<i>b</i> \unknown{<i>x</i>}"),
    ],
)
def test_a_formula_reads_without_mathjax(tex, html):
    assert formula(tex) == f'<span class="tex">{html}</span>'


def test_markdown_keeps_lists_links_to_the_web_and_code_and_shows_html_as_text():
    html = markdown_html("- `a<b`\n- [x](https://a.example/b?c=1&d) [y](javascript:z) <b>no</b>")
    assert "<code>a&lt;b</code>" in html
    assert 'href="https://a.example/b?c=1&amp;d"' in html
    assert "javascript" not in html
    assert "&lt;b&gt;no&lt;/b&gt;" in html


def test_python_is_coloured_and_escaped():
    html = python_html("def f(a):\n    return '<b>' if a else 1.5  # no <i>")
    assert "<i class=k>def</i> <i class=f>f</i>(a)" in html
    assert "<i class=s>&#x27;&lt;b&gt;&#x27;</i>" in html
    assert "<i class=c># no &lt;i&gt;</i>" in html


@pytest.mark.parametrize("text", ['"""' * 4000 + '"', "'''\\" * 3000, "[" * 12_000, "$$" * 6000])
def test_text_made_to_be_slow_or_deep_still_becomes_html(text):
    assert markdown_html(text) and python_html(text)


def test_what_is_not_to_be_seen_is_named_or_gone():
    assert plaintext("\x1b[1;31mred\x1b[0m\x1b]8;;http://a\x07b") == "redb"
    assert plaintext("a\u202eb\x00\ud800") == "a[U+202E]b\u2400\ufffd"
    assert plaintext("h\u0303 σ ⊙ 日本\t\n") == "h\u0303 σ ⊙ 日本\t\n"
    assert plaintext("x" * 30, 10) == "x" * 10 + "\n… 20 more characters are not shown"


def without_space(html):
    return re.sub(r";+(?=[;\"])|\s|'|&#x27;", "", html)


def test_a_panel_of_ours_loses_nothing_and_one_that_is_not_ours_its_acts():
    verdict = judge(EXERCISES["reset_gate"], EXERCISES["reset_gate"].mistakes[0].wrong, 5)
    ours = as_html(verdict)
    assert without_space(clean_panel(ours)) == without_space(ours)
    bad = '<div style="position:fixed;color:red;background:url(x)" onclick=f><script>f</script><b>x'
    assert clean_panel(bad) == '<div style="color:red">f<b>x</b></div>'


@pytest.mark.parametrize("chapter", [c.name for c in CHAPTERS])
def test_the_course_itself_is_harmless_as_it_is(chapter):
    nb = student_notebook(COURSE, chapter)
    made = sanitize(nb)
    assert [c.source for c in made.cells] == [c.source for c in nb.cells]
    assert [grade_id(c) for c in made.cells] == [grade_id(c) for c in nb.cells]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_making_harmless_twice_is_making_it_once(payload):
    once = markdown(payload)
    assert markdown(once) == once
    assert not re.search("<[A-Za-z/!?]", once)


def test_harmless_keeps_code_answers_verdicts_text_and_pasted_pictures(gates):
    nb = nbformat.from_dict(gates[0])
    picture = nbformat.v4.new_markdown_cell("![a](attachment:p.png) ![b](attachment:q.png)")
    picture.attachments = {"p.png": {"image/png": "aGk="}, "q.png": {"image/png": '"><b>'}}
    nb.cells.append(picture)
    nb.metadata.widgets = {}
    cell = named(nb, "reset_gate")
    cell.source = "def f():\n    return '<b>' # \u202e"
    cell.outputs = [
        nbformat.v4.new_output("display_data", {"text/html": "<b>", "text/plain": "\x1b[1mx"}),
        nbformat.v4.new_output("display_data", {"text/html": "<b>"}),
    ]
    made = sanitize(nb)
    assert named(made, "reset_gate").source == cell.source
    assert [o.data for o in named(made, "reset_gate").outputs] == [{"text/plain": "x"}]
    shown = named(made, "check_reset_gate").outputs[0].data
    assert shown["text/plain"] == "0.0" and "autograder-verdict" in shown["text/html"]
    assert made.cells[-1].attachments == {"p.png": {"image/png": "aGk="}}
    assert made.cells[-1].source == "![a](attachment:p.png) ! [b] (attachment:q.png)"
    assert "widgets" not in made.metadata
    nbformat.validate(made)
