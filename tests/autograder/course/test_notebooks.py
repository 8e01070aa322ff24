"""The notebooks: equal to a fresh build, free of solutions, and they run top to bottom."""

import html
import json
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from autograder.authoring import build, source
from autograder.core.verdict import VERDICT_MIME
from autograder.course import CHAPTERS, COURSE
from autograder.sandbox.visible import files

NAMES = [c.name for c in CHAPTERS]


def committed(chapter):
    return (COURSE.notebooks / f"{chapter}.ipynb").read_text(encoding="utf-8")


def run(nb, folder, monkeypatch, as_nbgrader=True):
    if as_nbgrader:
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    client = nbclient.NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(folder)}})
    client.execute()  # raises at the first cell that does
    return nb


def outputs(nb):
    return [o for cell in nb.cells if cell.cell_type == "code" for o in cell.outputs]


def verdicts(nb):
    found = [o.get("data", {}).get(VERDICT_MIME) for o in outputs(nb)]
    return {v["exercise"]: v for v in found if v}


@pytest.mark.parametrize("chapter", NAMES)
def test_a_committed_notebook_equals_a_fresh_build(chapter):
    fresh = build.text(build.student_notebook(COURSE, chapter))
    assert committed(chapter) == fresh, "run `autograder build` and commit the notebooks"


def test_there_is_no_notebook_without_a_source():
    assert sorted(p.stem for p in COURSE.notebooks.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("chapter", NAMES)
def test_no_line_of_a_key_stands_in_the_students_notebook(chapter):
    text = committed(chapter)
    assert "BEGIN SOLUTION" not in text
    for cell in source.read(COURSE, chapter):
        if "solution" in cell.keys:
            key = cell.text.split(source.BEGIN)[1].split(source.END)[0]
            lines = [x.strip() for x in key.strip().split("\n")]
            assert not all(json.dumps(x)[1:-1] in text for x in lines), cell.keys["solution"]
        if "answer" in cell.keys:
            assert json.dumps(cell.text.strip().split("\n")[0])[1:-1] not in text


@pytest.mark.parametrize("chapter", NAMES)
def test_a_notebook_carries_no_outputs(chapter):
    cells = nbformat.reads(committed(chapter), as_version=4).cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.parametrize("chapter", NAMES)
def test_check_cells_are_locked_and_answer_cells_cannot_be_deleted(chapter):
    for cell in nbformat.reads(committed(chapter), as_version=4).cells:
        grading = cell.metadata.get("nbgrader")
        if grading and grading["locked"]:
            assert cell.metadata["editable"] is False
        if grading:
            assert cell.metadata["deletable"] is False


def test_ids_of_cells_are_the_same_in_every_build():
    first, second = (build.student_notebook(COURSE, NAMES[0]) for _ in range(2))
    assert [c["id"] for c in first.cells] == [c["id"] for c in second.cells]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_an_untouched_copy_runs_and_nothing_is_attempted(chapter, tmp_path, monkeypatch):
    nb = run(build.student_notebook(COURSE, chapter.name), tmp_path, monkeypatch)
    found = verdicts(nb)
    assert list(found) == [e.name for e in chapter.exercises]
    assert {v["status"] for v in found.values()} == {"not attempted"}
    assert not any(o.get("name") == "stderr" for o in outputs(nb))


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda c: c.name)
def solved(request, tmp_path_factory):
    """Return a chapter and its notebook with the key in it, run once for all that ask."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        nb = build.instructor_notebook(COURSE, request.param.name)
        yield request.param, run(nb, tmp_path_factory.mktemp("solved"), monkeypatch)


def test_a_solved_copy_runs_and_has_full_marks(solved):
    chapter, nb = solved
    found = verdicts(nb)
    assert {v["status"] for v in found.values()} == {"passed"}
    assert [found[e.name]["score"] for e in chapter.exercises] == [
        e.points for e in chapter.exercises
    ]
    assert not any(o.get("name") == "stderr" for o in outputs(nb))
    text = "".join(o.get("text", "") for o in outputs(nb))
    assert "This cell runs your" not in text  # every demonstration has run


def test_every_figure_of_a_solved_copy_has_alternative_text(solved):
    _, nb = solved
    widgets = nb.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    inside = [o for w in widgets.values() for o in w["state"].get("outputs", [])]
    data = [o.get("data", {}) for o in outputs(nb) + inside]
    assert not any(kind.startswith("image/") for d in data for kind in d)  # it would have none
    images = [m for d in data for m in re.findall(r"<img\b[^>]*>", str(d.get("text/html", "")))]
    assert sum('class="gru-figure"' in m for m in images) >= 3
    for image in images:
        alt = html.unescape(re.search(r' alt="([^"]*)"', image)[1])
        assert len(alt) > 80 and alt.endswith("."), alt
        assert not re.search(r"[${}\\]|\bnan\b", alt), alt


def test_every_slider_of_a_solved_copy_says_what_it_moves(solved):
    _, nb = solved
    widgets = nb.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    kinds = [w["model_name"] for w in widgets.values()]
    numbers = [w["state"] for w in widgets.values() if w["model_name"] == "BoundedFloatTextModel"]
    assert len(numbers) == kinds.count("FloatSliderModel") > 0  # each with a number that is named
    assert all(", " in n["description"] for n in numbers)


@pytest.mark.parametrize("chapter", NAMES)
def test_a_chapter_has_what_every_chapter_has(chapter):
    cells = source.read(COURSE, chapter)
    code = "\n".join(c.text for c in cells if c.kind == "code")
    prose = "\n".join(c.text for c in cells if c.kind == "markdown")
    assert code.count("predict(") - code.count("def predict(") >= 2
    assert code.count("predict(") == code.count("settle(")
    assert "explore(" in code and "without" in prose and "show(" in code
    assert "## What the articles say" in prose
    assert "## What you built" in prose
    assert any("answer" in c.keys for c in cells)
    assert prose.count("difficulty ●") == code.count("\ncheck(") + code.startswith("check(")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_the_first_cell_states_the_declared_title_minutes_and_points(chapter):
    cells = source.read(COURSE, chapter.name)
    written = sum(c.keys["points"] for c in cells if "answer" in c.keys)
    head = cells[0].text
    assert head.strip().startswith(f"# {chapter.title}\n")
    assert f"| {chapter.minutes} minutes |" in head
    assert f"| {sum(e.points for e in chapter.exercises)}, and {written} for a written" in head


@pytest.mark.parametrize("chapter", CHAPTERS[1:], ids=lambda c: c.name)
def test_a_chapter_opens_with_questions_on_those_before_it(chapter):
    code = [c.text for c in source.read(COURSE, chapter.name) if c.kind == "code"]
    assert code[1] == f'recall("{chapter.name}")'


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_the_first_cell_imports_of_ours_only_what_is_seen_where_answers_are_graded(chapter):
    """What is not seen in the sandbox stops that cell, and with it every check of the chapter."""
    seen = files(COURSE)
    first = next(c.text for c in source.read(COURSE, chapter.name) if c.kind == "code")
    modules = re.findall(r"^(?:from|import) ((?:gru_ref|autograder)[\w.]*)", first, re.M)
    for module in modules:
        path = Path(*module.split("."))
        assert seen.keys() & {path.with_suffix(".py"), path / "__init__.py"}, module
