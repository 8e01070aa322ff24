"""`make gpu`: without a card one sentence, with one a table of what held; here with stand-ins."""

import pytest

from tests.helpers import card
from tests.helpers.card import Row, main, run_tests, table

STAND_IN = """
import pytest

@pytest.mark.needs("gpu")
@pytest.mark.parametrize("N", [1, 2, 3])
def test_kernels_are_right(N):
    assert N != 2

@pytest.mark.needs("triton", "gpu")
def test_graphs_are_right():
    pass

@pytest.mark.needs("gpu")
def test_two_cards_agree():
    pytest.skip("one card")

def test_of_no_card():
    assert False
"""


@pytest.mark.skipif(not card.lacking("gpu"), reason="there is a card here")
def test_without_a_card_it_says_so_and_ends_well(capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Nothing is checked on a card, since there is none: ")
    assert said.count("\n") == 1


def test_the_tests_of_a_card_alone_are_run_and_counted_by_function(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    needs(*parts): x\n")
    (tmp_path / "test_stand_in.py").write_text(STAND_IN)
    kernels, graphs, two = run_tests("-c", f"{tmp_path}/pytest.ini", str(tmp_path))
    assert kernels[:2] == ("kernels are right", False)
    assert kernels.word.startswith("2 of 3; ") and "test_kernels_are_right[2]" in kernels.word
    assert graphs == ("graphs are right", True, "1 of 1")
    assert two[:2] == ("two cards agree", None)


def test_where_no_test_was_found_it_does_not_hold(tmp_path):
    (row,) = run_tests(str(tmp_path))
    assert row.held is False


@pytest.mark.parametrize(("kernels_fit", "status"), [(True, 0), (False, 1)])
def test_it_ends_with_the_table(kernels_fit, status, monkeypatch, capsys):
    ran = []

    def command(*words):
        ran.append(words)
        return Row(" ".join(words), kernels_fit or "--kernels" not in words)

    monkeypatch.setattr(card, "lacking", lambda part: "")
    monkeypatch.setattr(card, "run_tests", lambda *paths: [Row("graphs", None)])
    monkeypatch.setattr(card, "command", command)
    monkeypatch.setattr(card, "card", lambda: "A CARD")
    assert main(["--full", "--batch", "1,64"]) == status
    assert ran == [
        ("bench", "--kernels"),
        ("bench", "--gpu", "--batch", "1,64"),
        ("compare", "--preset", "full", "--out", "runs/full"),
    ]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "On A CARD:" and len(lines) == 6
    assert [line.endswith("DID NOT HOLD") for line in lines[2:]] == [False, status == 1] + [
        False
    ] * 2


def test_a_table_marks_what_did_not_hold():
    rows = [Row("one", True, "3 of 3"), Row("three", False, "why"), Row("six", None)]
    assert table(rows).splitlines() == [
        "one    held          3 of 3",
        "three  DID NOT HOLD  why",
        "six    skipped",
    ]


def test_a_command_is_run_and_its_status_kept(capfd):
    assert card.command("no-such-command") == ("gru_ref no-such-command", False, "status 2")
    assert "No such command" in capfd.readouterr().err
