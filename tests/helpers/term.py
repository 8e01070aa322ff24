"""A made-up class of eight, and what its members hand in over three weeks through a Moodle.

Two people are called Ada Li; Bo and Cyd are the team Rot; Eve is late, and hands in twice; Fay's
file has a name of its own, in a folder; Gus's is a page that asks to log in, and a notebook a week
later; Hal hands in nothing. Moodle numbers everybody anew in each assignment.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import nbformat

from autograder.authoring import source
from autograder.course import COURSE
from tests.helpers.archives import make, moodle
from tests.helpers.submissions import named, notebook

ZERO, ONE = "00_start_here", "01_reset_gate"
WHY = {ZERO: "why_the_transpose", ONE: "why_sigmoid"}
LOGIN = b"<!DOCTYPE html><html><title>Log in to the site</title></html>"
WRONG = "def sigmoid(a):\n    return 1 / (1 + np.exp(a))\n"
ROSTER = """id;Name;E-Mail;Gruppe;Verlängerung;Ordner
2001;Ada Li;ada1@uni.example;;;{first}
2002;Ada Li;ada2@uni.example;;;{second}
2003;Bo Weiß;bo@uni.example;Rot;;
2004;Cyd Roy;cyd@uni.example;Rot;2,0;
2005;Eve Óg;eve@uni.example;;;
2006;Fay Low;fay@uni.example;;;
2007;Gus Ray;gus@uni.example;;;
2008;Hal Sim;hal@uni.example;;;
"""
TERMS = """timezone = "Europe/Berlin"
[late]
per_day = 10
maximum = 50
[chapters.{zero}]
due = 2026-10-{day:02}T23:59:00
[chapters.{one}]
due = 2026-10-19T23:59:00
"""
HEADER = (
    *("ID", "Vollständiger Name", "E-Mail-Adresse", "Bewertung", "Bestwertung"),
    *("Zuletzt geändert (Abgabe)", "Zuletzt geändert (Bewertung)", "Feedback als Kommentar"),
)


class Person(NamedTuple):
    """Whom Moodle knows; `number` is that of the first assignment, the second's is 60 more."""

    number: int
    name: str
    email: str


CLASS = (
    Person(11, "Ada Li", "ada1@uni.example"),
    Person(12, "Ada Li", "ada2@uni.example"),
    Person(13, "Bo Weiß", "bo@uni.example"),
    Person(14, "Cyd Roy", "cyd@uni.example"),
    Person(15, "Eve Óg", "eve@uni.example"),
    Person(16, "Fay Low", "fay@uni.example"),
    Person(17, "Gus Ray", "gus@uni.example"),
    Person(18, "Hal Sim", "hal@uni.example"),
)


def solved(chapter: str, *names: str, says: str = "", **answers: str) -> bytes:
    """Return a chapter with the key of these exercises, these answers, and a written one."""
    nb, keys = notebook(chapter), source.keys(COURSE, chapter)
    for name, text in {**{n: keys[n] for n in names}, **answers}.items():
        named(nb, name).source = text
    if says:
        named(nb, WHY[chapter]).source = says
    return nbformat.writes(nb).encode()


def download(path: Path, *uploads: tuple[str, int, str, bytes]) -> Path:
    """Write an archive as Moodle makes it, of names, numbers, files and what is in them."""
    return make(path, *((moodle(name, n, file), data) for name, n, file, data in uploads))


def folder(file: str, data: bytes) -> bytes:
    """Return a zip of a folder with one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"my work/{file}", data)
    return made.getvalue()


def worksheet(path: Path, most: str, times: dict[int, str], more: int = 0) -> Path:
    """Write the worksheet of an assignment as a German Moodle gives it out."""
    rows = [
        (
            *(f"Teilnehmer/in{p.number + more}", p.name, p.email, "", most),
            *(times.get(p.number, "-"), "-", ""),
        )
        for p in CLASS
    ]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerows([HEADER, *rows])
    path.write_bytes(file.getvalue().encode("utf-8-sig"))
    return path


def grades(path: Path) -> list[str]:
    """Return the column of grades of a worksheet, in the order of the class."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [row["Bewertung"] for row in csv.DictReader(file, delimiter=";")]


def october(day: int, clock: str = "12:00") -> str:
    """Return a time as a German Moodle writes it."""
    return f"Montag, {day}. Oktober 2026, {clock}"
