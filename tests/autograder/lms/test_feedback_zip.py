"""Pages go back to Moodle and Canvas under the names that these take."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from autograder.errors import GradingError
from autograder.lms.feedback_zip import Page, pack

ONE = "01_reset_gate"
LINKS = f"""student,lms,chapter,id,name
Ada-11,moodle,{ONE},11,Ada_Li / x
Team,moodle,{ONE},12,Team Rot
"""
PEOPLE = """student,name,first,last,email,group,state,extension,canvas,id,username,key,directories
bo,Bo,,Bo,,,enrolled,0,,,,bo,Team
"""


@pytest.fixture
def out(tmp_path):
    (tmp_path / "collected.csv").write_text(LINKS)
    (tmp_path / "people.csv").write_text(PEOPLE)
    return tmp_path


def page(out: Path, student: str, upload: str = "") -> Page:
    path = out / f"{student}.html"
    path.write_text(f"<p>{student}")
    return Page(student, ONE, path, upload)


def names(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def moodle_reads(name: str) -> tuple[str, str]:
    """Return the participant and the file as Moodle's importer cuts a name."""
    parts = name.split("_", 4)
    assert len(parts) == 5 and parts[2:4] == ["assignsubmission", "file"] and "/" not in name
    return parts[1], parts[4]


def canvas_reads(name: str) -> list[str]:
    """Return the user and the attachment as Canvas's importer takes them from a name."""
    return [part for part in name.split("_") if re.fullmatch(r"\d+", part)][:2]


def test_moodle_finds_the_participant_in_each_name_also_of_a_team(out):
    pack(out, "moodle", [page(out, "Ada-11"), page(out, "bo")])
    found = {moodle_reads(n): data for n, data in names(out / f"feedback_moodle_{ONE}.zip").items()}
    assert found == {
        ("11", f"{ONE}.html"): b"<p>Ada-11",
        ("12", f"{ONE}.html"): b"<p>bo",
    }


def test_each_of_a_team_gets_the_page_with_the_own_name(out):
    (out / "collected.csv").write_text(
        f"student,lms,chapter,id,name\nRot-12,moodle,{ONE},12,Rot-Bo\n"
        f"Rot-13,moodle,{ONE},13,Rot-Cy\n"
    )
    rows = "bo,Bo,,Bo,,,enrolled,0,,,,bo,{0}\ncy,Cy,,Cy,,,enrolled,0,,,,cy,{0}\n"
    (out / "people.csv").write_text(PEOPLE.partition("\n")[0] + "\n" + rows.format("Rot-12/Rot-13"))
    assert pack(out, "moodle", [page(out, "bo"), page(out, "cy")]) == 0
    found = {moodle_reads(n)[0]: p for n, p in names(out / f"feedback_moodle_{ONE}.zip").items()}
    assert found == {"12": b"<p>bo", "13": b"<p>cy"}


def test_a_page_that_has_no_upload_of_its_own_is_said(out, capsys):
    with (out / "people.csv").open("a") as file:
        file.write("cy,Cy,,Cy,,,enrolled,0,,,,cy,Team\n")
    assert pack(out, "moodle", [page(out, "bo"), page(out, "cy")]) == 1
    assert "so one page goes back for all of it. Left out: cy, whose" in capsys.readouterr().out


def test_canvas_finds_the_user_and_the_attachment_in_each_name(out):
    pack(out, "canvas", [page(out, "li-7", f"li_LATE_7_8_{ONE}-2.ipynb")])
    (name,) = names(out / f"feedback_canvas_{ONE}.zip")
    assert canvas_reads(name) == ["7", "8"] and name.endswith(".html")


def test_who_cannot_be_named_is_listed_with_an_exit_status(out, capsys):
    assert pack(out, "moodle", [page(out, "Ada-11"), page(out, "zoe")]) == 1
    assert "Moodle's number of zoe is not known" in capsys.readouterr().out


def test_the_same_pages_make_the_same_zip(out):
    pages = [page(out, "Ada-11")]
    pack(out, "moodle", pages)
    before = (out / f"feedback_moodle_{ONE}.zip").read_bytes()
    pack(out, "moodle", pages)
    assert (out / f"feedback_moodle_{ONE}.zip").read_bytes() == before


def test_without_pages_there_is_a_sentence(out):
    with pytest.raises(GradingError, match="There are no pages"):
        pack(out, "moodle", [])
