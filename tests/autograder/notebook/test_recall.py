"""Spaced questions: drawn from earlier chapters, judged at once, back where they were wrong."""

from dataclasses import replace

import pytest

from autograder import student
from autograder.course import COURSE
from autograder.notebook import progress_file
from autograder.notebook import recall_panel as module
from autograder.notebook.prediction import same
from autograder.notebook.recall import Recall, is_right, readable
from autograder.notebook.recall_panel import widget

NAMES = COURSE.names
ALL = [q for c in NAMES[:-1] for q in COURSE.questions[c]]  # none come after the last chapter


def of(question):
    return question.name


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path


def wrong(question):
    return question.wrong[0] if question.wrong else "-17"


# the pool


@pytest.mark.parametrize("chapter", NAMES[:-1])
def test_each_chapter_that_others_follow_has_five_questions_or_more(chapter):
    assert len(COURSE.questions[chapter]) >= 5


def test_no_two_questions_share_a_name():
    assert len({q.name for q in ALL}) == len(ALL)
    assert all(q.name.isidentifier() for q in ALL)


@pytest.mark.parametrize("question", ALL, ids=of)
def test_its_right_answer_is_right_and_the_others_are_not(question):
    assert readable(question, question.right) == question.right
    assert is_right(question, question.right)
    assert not any(is_right(question, w) for w in question.wrong)
    assert sorted(question.choices) == sorted(
        {question.right, *question.wrong} if question.wrong else ()
    )


@pytest.mark.parametrize("question", ALL, ids=of)
def test_it_says_why_and_is_short(question):
    assert question.why.endswith(".") and "!" not in question.text + question.why
    assert len(question.text) < 180 and len(question.why) < 180


def test_the_right_choice_does_not_stand_in_one_place():
    places = [q.choices.index(q.right) for q in ALL if q.choices]
    assert max(places.count(i) for i in range(4)) < 0.6 * len(places)


NUMBERS = {  # each number of the pool, computed
    "sigmoid_of_zero": "1 / (1 + np.exp(-0.0))",
    "concat_columns": "70 + 32",
    "bias_half_open": "np.log(0.5 / (1 - 0.5))",
    "z_quarter": "(1 - 0.25) * 0 + 0.25 * 4",
    "half_life_of_half": "np.log(0.5) / np.log(0.5)",
    "left_after_two": "0.9**2",
    "open_reset": "np.tanh(0.3 + 1 * (0.2 + 0.1)) - np.tanh(0.3 + (1 * 0.2 + 0.1))",
    "arrays_of_a_cell": "len(GRUParams._fields)",
    "three_blocks": "3 * (4 * 5 + 4 * 4 + 8) / (4 * 5 + 4 * 4 + 8)",
    "uniform_loss": "-np.log(0.5)",
    "two_directions": "2 * 5",
    "steepest_sigmoid": "max(s * (1 - s) for s in np.linspace(0, 1, 101))",
    "central_difference": "error(0.01) / error(0.005)",
    "ten_halves": "0.5**3",
    "clipped_component": "5 * min(1, 1 / 10)",
    "chrono_of_one": "np.log(1)",
    "adding_chance": "2 * 1 / 12",
    "adam_uncorrected": "0.1 / np.sqrt(0.001)",
    "three_quarters": "3 / 4",
    "median_of_three": "np.median([100, 200, np.inf])",
    "silent_notes": "2 * np.log(2)",
}


@pytest.mark.parametrize("question", [q for q in ALL if not q.choices], ids=of)
def test_its_number_is_what_is_computed(question):
    import numpy as np

    from gru_ref.cell import GRUParams

    def error(eps):
        return abs((np.exp(1 + eps) - np.exp(1 - eps)) / (2 * eps) - np.exp(1))

    found = eval(NUMBERS[question.name], {"np": np, "GRUParams": GRUParams, "error": error})
    assert same(question.right, float(found))


# what is drawn


@pytest.mark.parametrize("chapter", NAMES[1:])
def test_a_chapter_opens_with_three_questions_on_chapters_before_it(chapter):
    before = {q.name for c in NAMES[: NAMES.index(chapter)] for q in COURSE.questions[c]}
    drawn = [q.name for q in Recall(COURSE, chapter).questions]
    assert len(set(drawn)) == 3 and set(drawn) <= before


def test_the_first_chapter_asks_nothing():
    assert "nothing to ask" in str(student.recall(NAMES[0]))


def test_what_was_drawn_stays_drawn():
    first = Recall(COURSE, NAMES[4]).questions
    for question in first:
        Recall(COURSE, NAMES[4]).judge(question, wrong(question))
    assert Recall(COURSE, NAMES[4]).questions == first


def test_a_wrong_answer_comes_back_in_the_next_chapter_and_a_right_one_does_not():
    here = Recall(COURSE, NAMES[1])
    missed, *known = here.questions
    here.judge(missed, wrong(missed))
    for question in known:
        here.judge(question, question.right)
    there = Recall(COURSE, NAMES[2])
    assert there.questions[0] == missed and not set(known) & set(there.questions)
    there.judge(missed, missed.right)
    assert missed not in Recall(COURSE, NAMES[3]).questions


def test_a_second_try_in_one_chapter_does_not_hide_the_first():
    here = Recall(COURSE, NAMES[1])
    missed = here.questions[0]
    here.judge(missed, wrong(missed))
    assert here.judge(missed, missed.right).startswith("✓")
    assert Recall(COURSE, NAMES[2]).questions[0] == missed


def test_of_three_one_is_always_another():
    here = Recall(COURSE, NAMES[1])
    for question in here.questions:
        here.judge(question, wrong(question))
    assert len(set(Recall(COURSE, NAMES[2]).questions) & set(here.questions)) == 2


def test_a_record_that_is_broken_costs_nothing(folder):
    (folder / ".progress").mkdir()
    for q in ALL:
        (folder / ".progress" / f"question.{q.name}.json").write_text('{"chapters": 3}')
    (folder / ".progress" / f"recall.{NAMES[3]}.json").write_text('{"drawn": ["gone"]}')
    here = Recall(COURSE, NAMES[3])
    assert len(here.questions) == 3
    assert here.judge(here.questions[0], here.questions[0].right).startswith("✓")


def test_nothing_is_kept_while_nbgrader_runs_the_notebook(folder, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    student.recall(NAMES[2], "a", "a", "a")
    assert not (folder / ".progress").exists()


# the faces


def test_as_text_the_questions_stand_with_letters_and_the_way_to_answer():
    text = str(student.recall(NAMES[3]))
    for question in Recall(COURSE, NAMES[3]).questions:
        assert question.text in text and all(f") {c}" in text for c in question.choices)
    assert f'recall("{NAMES[3]}", ' in text and "✓" not in text


def test_answers_in_the_call_are_judged_at_once_in_their_order():
    first, second, third = Recall(COURSE, NAMES[3]).questions
    panel = student.recall(NAMES[3], first.right, wrong(second))
    text = str(panel)
    assert f"✓ Right. {first.why}" in text
    assert f"✗ Not so: {second.right}. {second.why}" in text and third.why not in text
    assert panel.html.count("✓") == 1


def test_a_letter_is_a_choice_and_an_unreadable_answer_says_what_it_takes():
    choice = next(q for q in ALL if len(q.choices) == 3)
    number = next(q for q in ALL if not q.choices)
    assert readable(choice, "B") == choice.choices[1]
    here = Recall(COURSE, NAMES[9])
    assert 'it takes "a", "b" or "c"' in here.judge(choice, "z")
    assert "it takes a number" in here.judge(number, "many")
    assert progress_file.load("question", choice.name) == {}, "not an answer, so none is kept"


@pytest.mark.parametrize(
    ("typed", "right"), [("0.5", True), ("1/2", True), ("½", True), ("5", False)]
)
def test_a_number_is_read_as_it_is_typed(typed, right):
    question = next(q for q in ALL if q.name == "sigmoid_of_zero")
    assert is_right(question, readable(question, typed)) is right


def test_a_click_is_judged_at_once_and_kept():
    here = Recall(COURSE, NAMES[9])
    choice = next(q for q in ALL if q.choices)
    number = next(q for q in ALL if not q.choices)
    here.questions = [choice, number]
    _, _, buttons, first, _, field, second = widget(here).children
    assert buttons.index is None and not first.value
    buttons.value = wrong(choice)
    assert "✗ Not so" in first.value
    field.value = number.right
    assert "✓ Right" in second.value
    assert progress_file.load("question", choice.name)["chapters"] == {NAMES[9]: "wrong"}


def test_in_a_kernel_the_widgets_are_shown_and_the_text_stays(monkeypatch):
    monkeypatch.setattr(module, "_buttons_work", lambda: True)
    bundle = student.recall(NAMES[2])._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert module.TITLE in bundle["text/plain"] and module.TITLE in bundle["text/html"]


def test_a_chapter_that_there_is_not_is_refused():
    with pytest.raises(KeyError):
        student.recall("11_nowhere")


def test_a_course_without_questions_asks_nothing():
    assert Recall(replace(COURSE, questions={}), NAMES[3]).questions == []
