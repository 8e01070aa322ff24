"""The class report, from records made here: what it counts, names and calls similar."""

import re
from typing import Any, NamedTuple

from autograder.authoring import source
from autograder.course import COURSE, EXERCISES
from autograder.grading.people.enrolment import Member
from autograder.grading.reports import class_facts as facts
from autograder.grading.reports.class_facts import SubmissionFacts
from autograder.grading.reports.class_report import make_report
from autograder.grading.reports.similarity import KEY, alike, lines
from autograder.grading.store.class_terms import Agreed
from benchmarks.diagnosis import texts

CHAPTER = "01_reset_gate"
KEYS = source.all_keys(COURSE)


class CheckRecord(NamedTuple):
    exercise: str
    status: str
    mistake: str = ""
    cause: str = ""
    stopped: bool = False
    score: float = 0.0
    max_score: float = 3.0
    said: str = ""


class Record(NamedTuple):
    student: str
    chapter: str = CHAPTER
    seed: int = 5
    isolation: str = "bubblewrap"
    refused: tuple[str, str] | None = None
    results: tuple[CheckRecord, ...] = ()
    answers: dict[str, str] = {}
    about: dict[str, Any] = {}


class Row(NamedTuple):
    student: str
    chapter: str
    exercise: str
    score: float | None
    max_score: float
    status: str
    mistake: str


def handed_in(student: str, *results: CheckRecord, waits: bool = False, **more: Any):
    record = Record(student, results=results, **more)
    rows = [
        Row(student, record.chapter, o.exercise, o.score, o.max_score, o.status, o.mistake)
        for o in results
    ]
    if waits:
        rows.append(Row(student, record.chapter, "why_sigmoid", None, 2.0, "manual", ""))
    return record, rows


PASSED = CheckRecord("reset_gate", "passed", score=3.0)
TANH = CheckRecord("reset_gate", "failed", "tanh_for_sigmoid", "seen")
SLOW = CheckRecord("concat_gate", "error", "timed_out", "stopped in `while True:`", stopped=True)
CLASS = [
    handed_in("ada", PASSED, waits=True),
    handed_in("bob", TANH, SLOW),
    handed_in("cyd", TANH, CheckRecord("concat_gate", "error", "raises_X", "says <b>")),
    handed_in("dan", CheckRecord("reset_gate", "not attempted")),
    handed_in("eve", refused=("unreadable", "The file is empty.")),
    handed_in("fay", refused=("not_graded", "The disk is full.")),
    handed_in("gus", PASSED, chapter="02_update_gate"),
]


def all_of(pairs=CLASS):
    return [SubmissionFacts(record, tuple(rows)) for record, rows in pairs]


def text(html: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S).split())


def test_mistakes_are_counted_by_students_with_the_sentence_to_re_teach():
    first, *others = facts.mistakes(COURSE, all_of())
    says = next(m.says for m in EXERCISES["reset_gate"].mistakes if m.name == first.mistake)
    assert (first.exercise, first.mistake) == ("reset_gate", "tanh_for_sigmoid")
    assert (first.students, first.says) == (("bob", "cyd"), says)
    assert {m.mistake: m.says for m in others}["raises_X"] == "says <b>"


def test_exercises_count_students_by_outcome():
    gate = facts.exercises(COURSE, all_of())[0]
    assert gate.counts == {"passed": 1, "failed": 2, "not attempted": 1}
    assert gate.share == 0.25


def test_who_has_not_handed_in_is_seen_against_the_roster_or_against_another_chapter():
    assert facts.chapters(all_of(), [])[0].missing == ("gus",)
    assert facts.chapters(all_of(), ["ada", "zoe"])[0].missing == ("zoe",)


def test_scores_are_shares_of_the_points_that_are_given():
    chapter = facts.chapters(all_of(), [])[0]
    assert chapter.submissions == 6
    assert chapter.bins == (3, 0, 0, 0, 0, 0, 0, 0, 0, 1)  # ada's written answer waits
    assert chapter.mean == 0.25


def test_the_page_names_what_a_person_should_look_at():
    said = text(make_report(COURSE, CLASS, Agreed({"zoe": Member("zoe", "Zoe")})))
    assert "1 files refused" in said and "The file is empty." in said
    assert "1 checks where the grader failed" in said and "The disk is full." in said
    assert "stopped in while True:" in said
    assert "1 answers wait for a person" in said
    assert "says <b>" in said or "says &lt;b&gt;" in said
    assert "in a sandbox (bubblewrap)" in said
    assert "Hidden cases: number 5" in said
    assert "cheat" not in said.lower()


def test_the_page_is_one_file_that_asks_nothing_of_a_server():
    html = make_report(COURSE, CLASS)
    assert not re.search(r"""(?:src|href)=["'](?!#)|@import|url\(|<script|https?:""", html)
    assert "default-src 'none'" in html


def test_a_class_of_nobody_has_a_report():
    assert "0 submissions" in text(make_report(COURSE, []))


# --- similar answers -------------------------------------------------------------------------

ODD = """def softmax_cross_entropy(logits, targets):
    # my own way: first the largest, since exp overflows, then everything in one table
    T, N, K = logits.shape
    table = logits.reshape(T * N, K) - np.max(logits.reshape(T * N, K), axis=1)[:, None]
    weights = np.exp(table) / np.sum(np.exp(table), axis=1)[:, None]
    picked = weights[np.arange(T * N), targets.reshape(-1)]
    weights[np.arange(T * N), targets.reshape(-1)] -= 1
    return -np.mean(np.log(picked)), weights.reshape(T, N, K) / (T * N)
"""


def similar(answers, exercise="softmax_cross_entropy"):
    return alike("05_sequences", exercise, answers, KEYS[exercise])


def test_a_copy_with_other_spaces_and_a_new_name_is_similar():
    copy = ODD.replace("picked", "chosen").replace(" = ", "=").replace("# my own way: ", "# ")
    found = similar({"ada": ODD, "bob": copy, "cyd": KEYS["softmax_cross_entropy"]})
    assert [a.students for a in found if not a.to_key] == [("ada", "bob")]


def test_a_right_answer_like_the_key_is_nobodys():
    for name, key in KEYS.items():
        answers = {f"s{i}": key for i in range(30)}
        assert [a for a in similar(answers, name) if not a.to_key] == []


def test_only_a_long_key_is_compared_with():
    for name, key in KEYS.items():
        size = len("\n".join(lines(key)))
        assert [a.to_key for a in similar({"ada": key}, name)] == [True] * (size >= KEY)


def test_a_line_that_a_class_shares_is_nobodys():
    assert similar({f"s{i:02}": ODD for i in range(30)}) == []


def test_answers_written_differently_are_not_similar():
    pairs = found = 0
    for name, answers in texts().items():
        given = {"\n".join(lines(code)): code for _, code in answers}
        pairs += len(given) * (len(given) - 1) // 2
        found += len(similar({f"s{i}": c for i, c in enumerate(given.values())}, name))
    assert pairs > 2000
    assert found <= 1


def test_what_has_passed_in_the_notebook_and_not_here_is_listed_for_a_person():
    pairs = [handed_in("hal", TANH._replace(said="passed")), handed_in("ada", PASSED)]
    found = facts.disagreements(all_of(pairs))
    assert [(e.student, e.what) for e in found] == [("hal", "reset_gate")]
    assert "Passed in the notebook, not here (1)" in make_report(COURSE, pairs)
    assert "Passed in the notebook" not in make_report(COURSE, pairs[1:])
