"""Downloads of other systems, nbgrader's exchange, attempts, and uploads that cannot be used."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.grading.submissions import find
from autograder.lms import systems
from autograder.lms.times import spoken_time
from tests.helpers.archives import File, make, moodle

ONE = "01_reset_gate"
BOOK = b'{"nbformat": 4, "cells": []}'
ILIAS = f"Exercise 1/Submissions/Lovelace_Ada King_alove_1234/20261006235900_{ONE}.ipynb"
D2L = f"12345-678901 - Ada Lovelace - Oct 6, 2026 1159 PM/{ONE}.ipynb"
BLACKBOARD = f"Chapter 1_alove_attempt_2026-10-06-23-59-00_{ONE}.ipynb"
EXCHANGE = f"alove+{ONE}+2026-10-06 23:59:00.500000 UTC+a1b2/{ONE}.ipynb"


@pytest.fixture
def collect(tmp_path, capsys):
    """Return a function that collects: status and what was printed."""

    def run(system: str, *paths: Path, more: tuple = ()) -> tuple[int, str]:
        into = tmp_path / "submitted"
        args = ["collect", *map(str, paths), "--from", system, "--into", str(into)]
        status = main([*args, *map(str, more)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out + said.err

    return run


def home(root: Path, student: str) -> Path:
    return root / "submitted" / student / ONE


@pytest.mark.parametrize(
    ("system", "member", "student"),
    [
        ("ilias", ILIAS, "Ada_King_Lovelace-alove"),
        ("brightspace", D2L, "Ada_Lovelace-12345"),
        ("blackboard", BLACKBOARD, "alove"),
        ("nbgrader", EXCHANGE, "alove"),
    ],
)
def test_a_download_of_each_system_is_read_with_its_time(
    collect, tmp_path, system, member, student
):
    status, said = collect(system, make(tmp_path / "d.zip", (member, BOOK)))
    assert status == 0, said
    assert (home(tmp_path, student) / f"{ONE}.ipynb").read_bytes() == BOOK
    assert (home(tmp_path, student) / "timestamp.txt").read_text() == "2026-10-06 23:59:00 UTC\n"


def test_a_time_without_a_zone_is_that_of_the_settings(collect, tmp_path):
    (tmp_path / "gru-course.toml").write_text('timezone = "Europe/Berlin"\n')
    collect("blackboard", make(tmp_path / "d.zip", (BLACKBOARD, BOOK)))
    stamp = home(tmp_path, "alove") / "timestamp.txt"
    assert stamp.read_text() == "2026-10-06 21:59:00 UTC\n"


def test_several_archives_at_once_and_earlier_attempts_are_kept_by_time(collect, tmp_path):
    later = BLACKBOARD.replace("10-06", "10-08")
    paths = [
        make(tmp_path / "b.zip", (later, b"new"), (BLACKBOARD, b"old")),
        make(tmp_path / "c.zip", (BLACKBOARD.replace("10-06", "10-07"), b"middle")),
    ]
    assert collect("blackboard", *paths)[0] == 0
    mine = home(tmp_path, "alove")
    assert (mine / f"{ONE}.ipynb").read_bytes() == b"new"
    kept = {p.parent.name: p.read_bytes() for p in mine.glob(".attempts/*/*.ipynb")}
    assert kept == {"20261006T235900Z": b"old", "20261007T235900Z": b"middle"}
    (one,) = find(tmp_path / "submitted", [ONE], [ONE]).submissions
    assert [s.path.parent.name for s in one.earlier()] == ["20261007T235900Z", "20261006T235900Z"]
    assert one.beside == ()


def test_the_exchanges_inbound_is_read_as_a_directory_with_its_secret(collect, tmp_path):
    for user, text in (("ada", b"1"), ("bo", b"2")):
        folder = tmp_path / "inbound" / EXCHANGE.split("/")[0].replace("alove", user)
        folder.mkdir(parents=True)
        (folder / f"{ONE}.ipynb").write_bytes(text)
        (folder / "timestamp.txt").write_text("2026-10-06 23:59:00.500000 UTC")
        (folder / "submission_secret.txt").write_text("ab" * 64)
        (folder / "link.ipynb").symlink_to("/etc/passwd")
    status, said = collect("nbgrader", tmp_path / "inbound")
    assert (home(tmp_path, "bo") / f"{ONE}.ipynb").read_bytes() == b"2", said
    assert (home(tmp_path, "bo") / "submission_secret.txt").read_text() == "ab" * 64
    assert status == 1 and "it is a link, not a file" in said


@pytest.mark.parametrize("user", ["root", "jovyan", getpass.getuser()])
def test_a_hub_with_one_user_is_refused_with_the_reason(collect, tmp_path, user):
    member = EXCHANGE.replace("alove", user)
    status, said = collect("nbgrader", make(tmp_path / "d.zip", (member, BOOK)))
    assert status == 2 and f"All submissions are of the user {user}" in said
    assert not (tmp_path / "submitted").exists()


def test_an_upload_that_cannot_be_used_has_a_row_that_says_why(collect, tmp_path):
    path = make(
        tmp_path / "d.zip",
        (moodle("Ada", 1, f"{ONE}.ipynb"), BOOK),
        (moodle("Bo", 2, "essay.docx"), b"x"),
    )
    status, said = collect("moodle", path)
    assert status == 0 and "1 student with nothing that can be graded" in said
    found = find(tmp_path / "submitted", [ONE], [ONE])
    problems = {s.student: s.problem for s in found.submissions}
    assert problems["Ada-1"] is None
    assert problems["Bo-2"] == ("unusable", "essay.docx was handed in: not a notebook.")


def test_canvass_mark_of_lateness_is_kept(collect, tmp_path):
    names = (f"li_LATE_7_8_{ONE}.ipynb", f"bo_9_10_{ONE}.ipynb")
    collect("canvas", make(tmp_path / "d.zip", *((n, BOOK) for n in names)))
    about = {s.student: s.about() for s in find(tmp_path / "submitted", [ONE], [ONE]).submissions}
    assert about["li-7"]["late"] is True and "late" not in about["bo-9"]


def test_moodles_times_come_from_its_worksheet(collect, tmp_path):
    sheet = tmp_path / "w.csv"
    sheet.write_text(
        "ID;Vollständiger Name;Bewertung;Zuletzt geändert (Abgabe)\n"
        "Teilnehmer/in1;Ada;;Dienstag, 6. Oktober 2026, 23:59\nTeilnehmer/in2;Bo;;-\n"
    )
    path = make(tmp_path / "d.zip", (moodle("Ada", 1, f"{ONE}.ipynb"), File(BOOK)))
    collect("moodle", path, more=("--roster", sheet))
    stamp = home(tmp_path, "Ada-1") / "timestamp.txt"
    assert stamp.read_text() == "2026-10-06 23:59:00 UTC\n"


@pytest.mark.parametrize("where", ["submitted", "submitted/more", "feedback"])
def test_the_graders_own_copies_are_never_touched(collect, tmp_path, capsys, where):
    graded = tmp_path / "graded"
    (graded / "submitted").mkdir(parents=True)
    (graded / "run.json").write_text("{}")
    path = make(tmp_path / "d.zip", (BLACKBOARD, BOOK))
    args = ["collect", str(path), "--from", "blackboard", "--into", str(graded / where)]
    assert main(args) == 2
    assert "is where `grade` keeps its own copies" in capsys.readouterr().err
    assert not list((graded / "submitted").iterdir())


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, 6 October 2026, 11:59 PM",
        "Dienstag, 6. Oktober 2026, 23:59",
        "mardi 6 octobre 2026, 23:59",
        "martes, 6 de octubre de 2026, 23:59",
        "martedì, 6 ottobre 2026, 23:59",
        "2026-10-06 23:59",
    ],
)
def test_a_time_is_read_as_moodle_writes_it_out(text):
    assert spoken_time(text) == datetime(2026, 10, 6, 23, 59)


@pytest.mark.parametrize(
    "text", ["-", "", "soon", "Tuesday, 99 October 2026, 11:59 PM", "6 Brumaire"]
)
def test_what_is_no_time_is_none(text):
    assert spoken_time(text) is None


@pytest.mark.parametrize(
    "name", [f"{ONE}.ipynb", "a/b.ipynb", "a-b - c - d/e.ipynb", "+++/x", "_/_"]
)
@pytest.mark.parametrize("system", ["ilias", "brightspace", "blackboard", "nbgrader"])
def test_other_names_are_nobodys(name, system):
    assert getattr(systems, system)(name) is None


def test_what_is_noted_of_an_upload_is_plain_json(collect, tmp_path):
    collect("brightspace", make(tmp_path / "d.zip", (D2L, BOOK)))
    noted = json.loads((home(tmp_path, "Ada_Lovelace-12345") / ".collected.json").read_text())
    assert noted["member"] == f"{ONE}.ipynb" and noted["lms"] == "brightspace"
