"""A download of Moodle's or Canvas's -> SUBMITTED/<student>/<chapter>/<chapter>.ipynb."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import unicodedata
import zipfile
from pathlib import Path

import pytest

from autograder import sizes
from autograder.authoring.source import chapter_names
from autograder.cli import main
from autograder.course import CHAPTERS, COURSE
from autograder.grading.submissions import find
from autograder.lms import names
from tests.helpers.archives import NOON, File, make, moodle, patch

ONE, TWO = "01_reset_gate", "02_update_gate"
BOOK = (COURSE.notebooks / f"{ONE}.ipynb").read_bytes()
MINE = b'{"nbformat": 4, "cells": []}'
LATER = (2026, 10, 3, 8, 0, 0)


@pytest.fixture
def collect(tmp_path, capsys):
    """Return a function that collects members from an archive: status and what was printed."""

    def run(*members, source="moodle", chapter=None, path=None):
        path = path or make(tmp_path / "download.zip", *members)
        more = ["--chapter", chapter] if chapter else []
        into = tmp_path / "submitted"
        status = main(["collect", str(path), "--from", source, "--into", str(into), *more])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out + said.err

    return run


@pytest.fixture
def tree(tmp_path):
    """Return a function that gives the files under SUBMITTED by their paths, dot files left out."""

    def files():
        root = tmp_path / "submitted"
        found = (p.relative_to(root) for p in root.rglob("*") if not p.is_dir())
        return {
            p.as_posix(): (root / p).read_bytes()
            for p in found
            if not any(part.startswith(".") for part in p.parts)
        }

    return files


def place(student: str, chapter: str = ONE) -> str:
    return f"{student}/{chapter}/{chapter}.ipynb"


def roster(root: Path) -> list[dict[str, str]]:
    with (root / ".roster.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "name",
    [
        f"Ada Lovelace_12345_assignsubmission_file/{ONE}.ipynb",
        f"Ada Lovelace_12345_assignsubmission_file_/{ONE}.ipynb",
        f"Ada Lovelace_12345_assignsubmission_file_{ONE}.ipynb",
        f"Ada Lovelace_12345_assignsubmission_file_/week 1/mine/{ONE}.ipynb",
        f"GRU-Chapter 1-77/Ada Lovelace_12345_assignsubmission_file_/{ONE}.ipynb",
    ],
)
def test_every_way_in_which_moodle_names_a_submission_is_read(collect, tree, name):
    status, said = collect((name, BOOK))
    assert (status, tree()) == (0, {place("Ada_Lovelace-12345"): BOOK}), said


@pytest.mark.parametrize(
    "name, student",
    [
        (f"lovelaceada_12345_678901_{ONE}.ipynb", "lovelaceada-12345"),
        (f"lovelaceada_LATE_12345_678901_{ONE}.ipynb", "lovelaceada-12345"),
        (f"lovelaceada_12345_678901_{ONE}-2.ipynb", "lovelaceada-12345"),
        (f"submissions/lovelaceada_12345_678901_{ONE}.ipynb", "lovelaceada-12345"),
        (f"van_der_berg_12345_678901_{ONE}.ipynb", "van_der_berg-12345"),
        (f"_12345_678901_{ONE}.ipynb", "student-12345"),
        (f"anon_a1B2c_678901_{ONE}.ipynb", "anon-a1B2c"),
        (f"LATE_anon_a1B2c_678901_{ONE}.ipynb", "anon-a1B2c"),
    ],
)
def test_every_way_in_which_canvas_names_a_submission_is_read(collect, tree, name, student):
    status, said = collect((name, BOOK), source="canvas")
    assert (status, tree()) == (0, {place(student): BOOK}), said


def test_what_is_collected_is_what_grade_finds_and_the_roster_is_no_stray_thing(collect, tmp_path):
    collect(*((moodle("Ada", n, f"{ONE}.ipynb"), BOOK) for n in (1, 2)))
    found = find(tmp_path / "submitted", chapter_names(COURSE), chapter_names(COURSE))
    assert [s.student for s in found.submissions] == ["Ada-1", "Ada-2"] and not found.stray
    assert all(s.problem is None for s in found.submissions)


def test_the_roster_tells_who_a_directory_is(collect, tmp_path):
    collect((moodle("Ada Lovelace", 12345, f"{ONE}.ipynb"), BOOK))
    assert roster(tmp_path / "submitted") == [
        {
            "student": "Ada_Lovelace-12345",
            "lms": "moodle",
            "chapter": ONE,
            "id": "12345",
            "name": "Ada Lovelace",
        }
    ]


def test_a_name_in_the_roster_is_no_formula(collect, tmp_path):
    member = (moodle("=HYPERLINK(1)", 7, f"{ONE}.ipynb"), BOOK)
    collect(member)
    assert roster(tmp_path / "submitted")[0]["name"] == "'=HYPERLINK(1)"
    collect(member)
    assert len(roster(tmp_path / "submitted")) == 1


def test_a_student_of_moodle_keeps_the_directory_in_the_next_assignment(collect, tree, tmp_path):
    collect((moodle("Ada", 11, f"{ONE}.ipynb"), BOOK))
    _, said = collect((moodle("Ada", 52, f"{TWO}.ipynb"), MINE))
    assert "1 student known from another assignment" in said
    assert set(tree()) == {place("Ada-11"), place("Ada-11", TWO)}
    assert [(r["chapter"], r["id"]) for r in roster(tmp_path / "submitted")] == [
        (ONE, "11"),
        (TWO, "52"),
    ]


def test_students_of_one_name_are_kept_apart(collect, tree):
    collect(*((moodle("Ada", n, f"{ONE}.ipynb"), b"%d" % n) for n in (11, 12)))
    collect(*((moodle("Ada", n, f"{TWO}.ipynb"), b"%d" % n) for n in (51, 52)))
    assert dict(tree().items()) == {
        place("Ada-11"): b"11",
        place("Ada-12"): b"12",
        place("Ada-51", TWO): b"51",
        place("Ada-52", TWO): b"52",
    }


def test_a_known_student_is_not_guessed_among_two_of_the_name(collect, tree):
    collect((moodle("Ada", 11, f"{ONE}.ipynb"), BOOK))
    collect(*((moodle("Ada", n, f"{TWO}.ipynb"), BOOK) for n in (51, 52)))
    assert set(tree()) == {place("Ada-11"), place("Ada-51", TWO), place("Ada-52", TWO)}


def test_a_name_that_looks_like_a_formula_is_known_again(collect, tree):
    collect((moodle("=A1", 11, f"{ONE}.ipynb"), BOOK))
    collect((moodle("=A1", 52, f"{TWO}.ipynb"), BOOK))
    assert set(tree()) == {place("A1-11"), place("A1-11", TWO)}


def test_an_anonymous_id_is_nobodys_in_another_assignment(collect, tree):
    for chapter in (ONE, TWO):
        collect((f"anon_a1B2c_9_{chapter}.ipynb", BOOK), source="canvas")
    assert set(tree()) == {place("anon-a1B2c"), place("anon-a1B2c-2", TWO)}


def test_a_name_in_the_roster_has_no_characters_that_cannot_be_seen(collect, tmp_path):
    collect((moodle("A\u202ed\u200ba\x07  B", 1, f"{ONE}.ipynb"), BOOK))
    assert roster(tmp_path / "submitted")[0]["name"] == "Ada B"


def test_a_notebook_of_two_chapters_is_of_neither(collect, tree):
    cells = [
        {
            "cell_type": "code",
            "source": "",
            "metadata": {"nbgrader": {"grade_id": CHAPTERS[n].exercises[0].name}},
        }
        for n in (1, 2)
    ]
    both = json.dumps({"nbformat": 4, "cells": cells}).encode()
    one = json.dumps({"nbformat": 4, "cells": cells[:1]}).encode()
    collect(
        (moodle("Ada", 1, f"{ONE} {TWO}.ipynb"), MINE),
        (moodle("Bob", 2, "mine.ipynb"), both),
        (moodle("Cy", 3, "mine.ipynb"), one),
    )
    assert set(tree()) == {place("Cy-3")}


def test_another_student_of_the_name_never_takes_a_chapter_that_is_there(collect, tree):
    collect((moodle("Ada", 11, f"{ONE}.ipynb"), b"first"))
    collect((moodle("Ada", 12, f"{ONE}.ipynb"), b"second"))
    assert tree() == {place("Ada-11"): b"first", place("Ada-12"): b"second"}


def test_blind_marking_never_joins_two_participants(collect, tree):
    collect((f"Participant 11_assignsubmission_file_{ONE}.ipynb", BOOK))
    collect((moodle("Participant", 52, f"{TWO}.ipynb"), BOOK))
    assert set(tree()) == {place("Participant-11"), place("Participant-52", TWO)}


def test_anonymous_ids_that_differ_in_case_alone_have_two_directories(collect, tree):
    collect(*((f"anon_{i}_9_{ONE}.ipynb", i.encode()) for i in ("a1B2c", "A1b2C")), source="canvas")
    assert len({path.casefold() for path in tree()}) == 2


def test_a_student_whose_folder_is_called_like_anothers_submission_stays_oneself(collect, tree):
    inner = f"Ada_1_assignsubmission_file_/{ONE}.ipynb"
    collect((moodle("Eve", 5, inner), BOOK), (f"Eve_5_assignsubmission_file_{inner}", BOOK))
    assert set(tree()) == {place("Eve-5")}


@pytest.mark.parametrize("name", ["x_99_12345_678_my.ipynb", f"eve_5_678_99_12_{ONE}.ipynb"])
def test_a_canvas_name_that_can_be_read_in_two_ways_is_refused(collect, tree, name):
    status, said = collect((name, BOOK), source="canvas", chapter=ONE)
    assert (status, tree()) == (2, {}) and "two ways" in said


@pytest.mark.parametrize(
    "file, chapter, data, how",
    [
        (f"{TWO}.ipynb", ONE, BOOK, None),
        (f"{ONE.upper()}.ipynb", None, MINE, None),
        (f"{TWO} (1).ipynb", None, MINE, "by its name"),
        (f"Copy of {TWO}-Copy1.ipynb", None, MINE, "by its name"),
        ("my solution.ipynb", TWO, BOOK, "by --chapter"),
        ("my solution.ipynb", None, BOOK, "by its cells"),
    ],
)
def test_a_chapter_is_known_by_its_name_or_the_option_or_the_cells(
    collect, tree, file, chapter, data, how
):
    status, said = collect((moodle("Ada", 1, file), data), chapter=chapter)
    of = ONE if how == "by its cells" or file.startswith(ONE.upper()) else TWO
    assert (status, set(tree())) == (0, {place("Ada-1", of)})
    assert f"taken for {of}, {how}" in said if how else "taken for" not in said


@pytest.mark.parametrize("data", [MINE, b"", b"[" * 100_000, b"\xff\xfe", b'{"nbformat": 3}'])
def test_a_notebook_of_no_known_chapter_is_passed_over_with_a_line(collect, tree, data):
    status, said = collect(
        (moodle("Ada", 1, "mine.ipynb"), data), (moodle("Bob", 2, f"{ONE}.ipynb"), BOOK)
    )
    assert (status, set(tree())) == (0, {place("Bob-2")})
    assert "Ada_1_assignsubmission_file/mine.ipynb: passed over, neither its name" in said


def test_of_two_notebooks_for_a_chapter_the_newest_counts(collect, tree):
    old, new = moodle("Ada", 1, f"{ONE}.ipynb"), moodle("Ada", 1, f"{ONE}(1).ipynb")
    _, said = collect((new, File(b"new", LATER)), (old, File(b"old")))
    assert tree()[place("Ada-1")] == b"new"
    assert f"{old}: passed over, {new} counts (newer)" in said


def test_where_no_time_tells_which_is_newer_the_chapters_own_name_counts(collect, tree):
    old, new = moodle("Ada", 1, f"{ONE}(1).ipynb"), moodle("Ada", 1, f"{ONE}.ipynb")
    _, said = collect((old, b"1"), (new, b"2"))
    assert tree() == {place("Ada-1"): b"2"} and "which is newer is not known" in said


def test_of_canvas_resubmissions_the_highest_counts(collect, tree):
    numbered = [("", 70), ("-10", 90), ("-2", 80)]
    members = [(f"a_1_{n}_{ONE}{i}.ipynb", str(n).encode()) for i, n in numbered]
    collect(*members, source="canvas")
    assert tree() == {place("a-1"): b"90"}


def test_a_notebook_that_only_the_option_gives_a_chapter_never_beats_one_with_its_name(
    collect, tree
):
    collect(
        (moodle("Ada", 1, "scratch.ipynb"), File(b"scratch", LATER)),
        (moodle("Ada", 1, f"{ONE}.ipynb"), File(b"work")),
        chapter=ONE,
    )
    assert tree()[place("Ada-1")] == b"work"


def test_times_that_can_be_those_of_submissions_become_time_stamps(collect, tree):
    _, said = collect(
        (moodle("Ada", 1, f"{ONE}.ipynb"), File(BOOK, NOON)),
        (moodle("Bob", 2, f"{ONE}.ipynb"), File(BOOK, LATER, utc=1_790_000_000)),
    )
    assert "no time zone" in said
    assert tree()[f"Ada-1/{ONE}/timestamp.txt"] == b"2026-10-01 12:00:00 UTC\n"
    assert tree()[f"Bob-2/{ONE}/timestamp.txt"] == b"2026-09-21 14:13:20 UTC\n"


def test_the_time_of_the_download_is_no_time_stamp(collect, tree):
    times = [(2026, 10, 1, 12, 0, 0), (2026, 10, 1, 12, 4, 0), (1980, 1, 1, 0, 0, 0)]
    collect(*((moodle("Ada", n, f"{ONE}.ipynb"), File(BOOK, t)) for n, t in enumerate(times)))
    assert not any("timestamp" in path for path in tree()) and len(tree()) == 3


def test_a_second_download_replaces_what_differs_and_counts_it(collect, tree):
    a, b, c = (moodle("Ada", n, f"{ONE}.ipynb") for n in (1, 2, 3))
    collect((a, b"1"), (b, b"2"))
    status, said = collect((a, b"1"), (b, b"two"), (c, b"3"))
    assert status == 0 and "3 notebooks" in said and "1 new, 1 changed, 1 unchanged" in said
    assert "Ada-2/01_reset_gate: changed since" in said
    assert tree()[place("Ada-2")] == b"two"


def test_a_replaced_notebook_loses_a_time_that_is_not_its_own(collect, tree, tmp_path):
    collect((moodle("Ada", 1, f"{ONE}.ipynb"), b"1"))
    stamp = tmp_path / "submitted" / "Ada-1" / ONE / "timestamp.txt"
    stamp.write_text("2026-01-01 00:00:00 UTC\n")
    collect((moodle("Ada", 1, f"{ONE}.ipynb"), b"1"))
    assert stamp.exists()
    collect((moodle("Ada", 1, f"{ONE}.ipynb"), b"2"))
    assert not stamp.exists() and tree()[place("Ada-1")] == b"2"


def test_an_older_download_does_not_replace_a_newer_notebook(collect, tree):
    def download(data, time):
        other = (moodle("Bob", 2, f"{ONE}.ipynb"), File(BOOK, (2026, 1, 1, 0, 0, 0)))
        return collect((moodle("Ada", 1, f"{ONE}.ipynb"), File(data, time)), other)

    download(b"new", LATER)
    _, said = download(b"old", NOON)
    assert tree()[place("Ada-1")] == b"new" and "older than" in said


@pytest.mark.parametrize("stop", range(11))  # at the roster, at five stamps, at five notebooks
def test_a_run_that_was_killed_anywhere_is_completed_by_the_next(collect, tree, monkeypatch, stop):
    times = {n: (2026, 10, n, 0, 0, 0) for n in range(1, 6)}
    members = [(moodle("Ada", n, f"{ONE}.ipynb"), File(b"%d" % n, times[n])) for n in times]
    whole = {place(f"Ada-{n}"): b"%d" % n for n in times}
    replace, calls = os.replace, iter(range(99))

    def killed(source, target):
        if next(calls) == stop:
            raise KeyboardInterrupt
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        assert collect(*members)[0] == 130
    half = {path: data for path, data in tree().items() if path.endswith(".ipynb")}
    assert half.items() <= whole.items() and len(half) < 5
    status, _ = collect(*members)
    stamps = {f"Ada-{n}/{ONE}/timestamp.txt": b"2026-10-0%d 00:00:00 UTC\n" % n for n in times}
    assert (status, tree()) == (0, whole | stamps)


GOOD = (moodle("Bob", 2, f"{ONE}.ipynb"), BOOK)
SLIPS = {
    "../evil.ipynb": "leads out",
    moodle("Ada", 1, f"../../{ONE}.ipynb"): "leads out",
    f"/etc/Ada_1_assignsubmission_file_{ONE}.ipynb": "absolute",
    f"C:/Ada_1_assignsubmission_file_{ONE}.ipynb": "absolute",
    f"Ada_1_assignsubmission_file_\\..\\{ONE}.ipynb": "backslash",
    "../": "leads out",
    "x" * 2000 + ".ipynb": "1000 characters",
    moodle("Ada", 1, "all.zip"): "inside the archive",
    moodle("Ada", 1, "all.tar.GZ"): "inside the archive",
}


@pytest.mark.parametrize("name", SLIPS, ids=range(len(SLIPS)))
def test_a_dangerous_name_is_refused_and_the_others_are_collected(collect, tree, name):
    status, said = collect((name, b"x"), GOOD)
    assert (status, set(tree())) == (1, {place("Bob-2")})
    assert SLIPS[name] in said and "1 refused" in said


def test_a_link_in_the_archive_is_refused(collect, tree):
    link = (moodle("Ada", 1, f"{ONE}.ipynb"), File(b"/etc/passwd", link=True))
    status, said = collect(link, GOOD)
    assert (status, set(tree())) == (1, {place("Bob-2")}) and "it is a link" in said


def test_a_name_that_stands_twice_is_refused_both_times(collect, tree):
    name = moodle("Ada", 1, f"{ONE}.ipynb")
    with pytest.warns(UserWarning, match="Duplicate name"):
        status, said = collect((name, b"1"), (name, b"2"), GOOD)
    assert (status, set(tree())) == (1, {place("Bob-2")}) and said.count("2 files of") == 2


def test_an_encrypted_member_is_refused(collect, tree, tmp_path):
    path = make(tmp_path / "a.zip", (moodle("Ada", 1, f"{ONE}.ipynb"), File(b"x" * 50)), GOOD)
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + at] |= 1
    path.write_bytes(data)
    status, said = collect(path=path)
    assert (status, set(tree())) == (1, {place("Bob-2")}) and "it is encrypted" in said


def test_a_member_with_a_wrong_checksum_is_refused(collect, tree, tmp_path):
    plain = File(b"a notebook once", packing=zipfile.ZIP_STORED)
    path = make(tmp_path / "a.zip", (moodle("Ada", 1, f"{ONE}.ipynb"), plain), GOOD)
    patch(path, b"a notebook once", b"a notebook twic")
    status, said = collect(path=path)
    assert (status, set(tree())) == (1, {place("Bob-2")}) and "damaged" in said


def test_a_packing_that_gives_out_memory_without_a_bound_is_refused(collect, tree):
    packed = File(b"0" * 5_000_000, packing=zipfile.ZIP_BZIP2)
    status, said = collect((moodle("Ada", 1, f"{ONE}.ipynb"), packed), GOOD)
    assert (status, set(tree())) == (1, {place("Bob-2")}) and "packed in a way" in said


@pytest.mark.parametrize("size, why", [(25_000_000, "20 MB"), (5_000_000, "500 times")])
def test_a_member_that_unpacks_to_too_much_is_refused(collect, tree, size, why):
    status, said = collect((moodle("Ada", 1, f"{ONE}.ipynb"), b"0" * size), GOOD)
    assert (status, set(tree())) == (1, {place("Bob-2")}) and why in said


def test_a_header_that_understates_a_size_gives_nothing_out(collect, tree, tmp_path):
    size = 5_000_000
    path = make(tmp_path / "a.zip", (moodle("Ada", 1, f"{ONE}.ipynb"), b"0" * size), GOOD)
    patch(path, size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    status, said = collect(path=path)
    assert (status, set(tree())) == (1, {place("Bob-2")}) and "damaged" in said


def test_past_the_bound_of_the_whole_archive_nothing_more_is_read(collect, tree, monkeypatch):
    monkeypatch.setattr(sizes, "ARCHIVE", 250)
    books = [
        (moodle("Ada", n, f"{ONE}.ipynb"), File(b"x" * 100, packing=zipfile.ZIP_STORED))
        for n in range(5)
    ]
    status, said = collect(*books)
    assert (status, len(tree())) == (1, 2) and "3 refused" in said


def test_an_archive_with_too_many_members_is_refused_as_a_whole(collect, monkeypatch):
    monkeypatch.setattr(sizes, "ARCHIVE_MEMBERS", 3)
    status, said = collect(*((f"f{n}", b"") for n in range(4)), GOOD)
    assert status == 2 and "more than 3 files" in said


def test_a_list_of_members_that_is_too_long_is_not_read(collect, monkeypatch):
    monkeypatch.setattr(sizes, "ARCHIVE_DIRECTORY", 70_000)
    status, _ = collect(*((f"{n:0900}", b"") for n in range(100)), GOOD)
    assert status == 2


@pytest.mark.parametrize("what", ["none", "directory", "text", "nothing", "truncated", "empty"])
def test_what_is_no_archive_gets_one_sentence(collect, tmp_path, what):
    path = tmp_path / "a.zip"
    if what == "directory":
        path.mkdir()
    elif what in ("text", "nothing"):
        path.write_bytes(b"no zip" if what == "text" else b"")
    elif what == "truncated":
        path.write_bytes(make(path, GOOD).read_bytes()[:-40])
    elif what == "empty":
        make(path)
    status, said = collect(path=path)
    assert status == 2 and said.count("\n") == 1 and said.startswith("autograder: ")
    assert not (tmp_path / "submitted").exists()


def packed(name, data):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("file", "data"),
    [
        (f"{ONE}.ipynb.txt", BOOK),
        (f"{ONE}.ipynb.json", BOOK),
        (f"{ONE} (1).zip", packed(f"my work/{ONE}.ipynb", BOOK)),
        ("all.zip", packed("in.zip", packed("solution.ipynb", BOOK))),
    ],
)
def test_a_notebook_under_another_ending_or_in_an_archive_is_collected(collect, tree, file, data):
    status, said = collect((moodle("Ada", 1, file), data))
    assert (status, tree()) == (0, {place("Ada-1"): BOOK}), said


def test_an_archive_of_several_chapters_is_refused_with_the_reason(collect, tree):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{ONE}.ipynb", BOOK)
        archive.writestr(f"{TWO}.ipynb", BOOK)
    _, said = collect((moodle("Ada", 1, "all.zip"), made.getvalue()), GOOD)
    assert set(tree()) == {place("Bob-2")} and "notebooks of several chapters" in said


@pytest.mark.parametrize("source, other", [("moodle", "Canvas"), ("canvas", "Moodle")])
def test_the_download_of_another_lms_is_recognised(collect, source, other):
    names_of = {"Canvas": f"ada_12_34_{ONE}.ipynb", "Moodle": GOOD[0]}
    status, said = collect((names_of[other], BOOK), source=source)
    assert status == 2 and f"looks like a download of {other}'s" in said


def test_text_and_other_files_are_passed_over_with_a_line(collect, tree):
    typed = "Ada_1_assignsubmission_onlinetext_/onlinetext.html"
    status, said = collect((typed, b"hi"), (moodle("Ada", 1, "a.pdf"), b"x"), GOOD)
    assert (status, set(tree())) == (0, {place("Bob-2")})
    assert f"{typed}: passed over, text that was typed" in said
    assert "a.pdf: passed over, not a notebook" in said


def test_text_that_was_typed_into_canvas_is_passed_over_with_a_line(collect):
    _, said = collect(("ada_12_text.html", b"hi"), (f"bob_2_3_{ONE}.ipynb", BOOK), source="canvas")
    assert "ada_12_text.html: passed over, text that was typed" in said


@pytest.mark.parametrize(
    "name",
    [
        f"__MACOSX/Ada_1_assignsubmission_file/._{ONE}.ipynb",
        f"Ada_1_assignsubmission_file/._{ONE}.ipynb",
        "Ada_1_assignsubmission_file/.DS_Store",
        f"Ada_1_assignsubmission_file/.ipynb_checkpoints/{ONE}-checkpoint.ipynb",
    ],
)
def test_a_systems_own_files_are_passed_over_in_silence(collect, tree, name):
    status, said = collect((name, b"x"), GOOD)
    assert (status, set(tree()), said.count("\n")) == (0, {place("Bob-2")}, 1)


def test_a_name_in_utf8_that_is_not_marked_so_is_read_as_utf8(collect, tree, tmp_path):
    path = make(tmp_path / "a.zip", (f"zoequ_12_34_{ONE}.ipynb", BOOK))
    patch(path, b"zoequ", "zoéq".encode())  # as Canvas writes it
    status, _ = collect(path=path, source="canvas")
    assert (status, set(tree())) == (0, {place("zoéq-12")})


def test_a_name_in_an_old_code_page_is_read_as_one(collect, tree, tmp_path):
    path = make(tmp_path / "a.zip", (moodle("Zoex", 1, f"{ONE}.ipynb"), BOOK))
    patch(path, b"Zoex", b"Zo\x82x")
    status, _ = collect(path=path)
    assert (status, set(tree())) == (0, {place("Zoéx-1")})


def test_a_name_that_is_marked_as_utf8_and_is_not_gets_a_sentence(collect, tmp_path):
    path = make(tmp_path / "a.zip", (moodle("Zoéx", 1, f"{ONE}.ipynb"), BOOK))
    patch(path, "é".encode(), b"\xff\xff")
    status, said = collect(path=path)
    assert status == 2 and "UTF-8" in said


def test_what_is_printed_cannot_steer_a_terminal(collect):
    _, said = collect((moodle("A\x1b[2J\u202eda", 1, "x\n.pdf"), b""), GOOD)
    assert "\x1b" not in said and "\u202e" not in said and said.count("\n") == 3


def test_nothing_is_written_through_a_link_that_lies_in_submitted(collect, tmp_path):
    outside, into = tmp_path / "outside", tmp_path / "submitted"
    outside.mkdir()
    into.mkdir()
    (into / "Ada-1").symlink_to(outside)
    (into / "Bob-2" / ONE).mkdir(parents=True)
    (outside / "kept").write_bytes(b"kept")
    for name in (f"{ONE}.ipynb", f".{ONE}.ipynb.new"):
        (into / "Bob-2" / ONE / name).symlink_to(outside / "kept")
    status, said = collect((moodle("Ada", 1, f"{ONE}.ipynb"), BOOK), GOOD)
    assert status == 1 and "not a directory of its own" in said
    assert [p.name for p in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_bytes() == b"kept"
    assert (into / "Bob-2" / ONE / f"{ONE}.ipynb").read_bytes() == BOOK


@pytest.mark.parametrize("chapter", ["99_no_such", "../evil"])
def test_an_unknown_chapter_is_a_sentence(collect, chapter):
    status, said = collect(GOOD, chapter=chapter)
    assert status == 2 and "There is no chapter" in said and ONE in said


def test_submitted_that_is_a_file_is_a_sentence(collect, tmp_path):
    (tmp_path / "submitted").write_text("")
    assert collect(GOOD)[0] == 2


def test_a_roster_that_is_none_is_a_sentence(collect, tmp_path):
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted" / ".roster.csv").write_text("a,b\n1,2\n")
    status, said = collect(GOOD)
    assert status == 2 and "no column student" in said


NASTY = [
    *("..", "/", "\\", "C:", "\0", "\n", "\r", "\t", "\x1b[31m", "\u202e", "\u200f", "\ufeff"),
    *("*", "?", "[", "]", "{x}", "%s", "#", "~", "-", ".", " ", "_", "'", '"', "`", "$(id)", ";"),
    *(
        "|",
        "&",
        "<b>",
        "é",
        "e\u0301",
        "名前",
        "اسم",
        "\u0337" * 90,
        "हिन्दी",
        "Ⅷ²",
        "\U000e0001",
        "CON",
        "ﬀ",
    ),
    *("a" * 300, "_1_2_", "_assignsubmission_file_", ONE, ".ipynb", "_9_", "_LATE_", "anon"),
]


@pytest.mark.parametrize("source", ["moodle", "canvas"])
@pytest.mark.parametrize("seed", range(20))
def test_no_name_writes_outside_submitted_or_makes_a_directory_that_grading_cannot_take(
    collect, tmp_path, source, seed
):
    rng = random.Random(seed)

    def word() -> str:
        return "".join(rng.choice(NASTY) for _ in range(rng.randrange(1, 6)))

    def member() -> str:
        number = rng.choice([str(rng.randrange(10**9)), "1" * 30, ""])
        file = rng.choice([word() + ".ipynb", f"{ONE}.ipynb", f"{ONE}{word()}.ipynb"])
        if rng.random() < 0.2:
            return word() + file
        if source == "moodle":
            return moodle(word(), number, file, rng.random() < 0.5)
        return f"{word()}_{number}_{rng.randrange(99)}_{file}"

    members = sorted({member().split("\0")[0] + ".ipynb" for _ in range(25)})
    before = set(tmp_path.rglob("*"))
    collect(*((m, b"x") for m in members), GOOD, source=source, chapter=ONE)
    into = tmp_path / "submitted"
    for path in set(tmp_path.rglob("*")) - before - {into, tmp_path / "download.zip"}:
        parts = path.relative_to(into).parts
        student = parts[0]
        if parts[2:3] == (".attempts",):
            assert not parts[3:] or re.fullmatch(r"[0-9a-f]{12}|[0-9]{8}T[0-9]{6}Z", parts[3])
            parts = (*parts[:2], *parts[4:])
        files = {f"{ONE}.ipynb", f"{TWO}.ipynb", ".collected.json", "timestamp.txt"}
        assert parts == (".roster.csv",) or set(parts[1:2]) <= {ONE, TWO}
        assert len(parts) <= 3 and set(parts[2:]) <= files
        if student != ".roster.csv":
            assert student[0] not in ".-" and not set(student) & set("*?[]{}%#/\\'\"`$;|&<> \n")
            assert student.isprintable() and unicodedata.is_normalized("NFC", student)
            assert len(student.encode()) < 200
    assert not find(into, chapter_names(COURSE), chapter_names(COURSE)).stray


@pytest.mark.parametrize(
    "name, made",
    [
        ("Ada Lovelace", "Ada_Lovelace-7"),
        ("Conan O'Brien", "Conan_O_Brien-7"),
        ("Zoe\u0301", "Zoé-7"),
        ("山田 太郎", "山田_太郎-7"),
        ("ไพลิน", "ไพลิน-7"),
        ("../../etc", "etc-7"),
        ("-rf .", "rf-7"),
        ("\u202eevil\x00\x1b", "evil-7"),
        ("*?[]{}%#", "student-7"),
        ("x" * 300, "x" * 60 + "-7"),
        ("山" * 300, "山" * 40 + "-7"),
    ],
)
def test_a_directorys_name_is_readable_and_safe(name, made):
    assert names.directory(name, "7") == made
