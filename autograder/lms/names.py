r"""What an LMS writes into the names of a download's members, and what becomes of a student's name.

Moodle (mod/assign/classes/downloader.php), "Download submissions in folders" on and off. A name has
no underscore in it (Moodle puts spaces), and the number is the *participant's in this assignment*:
the same student has another one in the next assignment. Blind marking gives "Participant" as name.

    Ada Lovelace_12345_assignsubmission_file/01_reset_gate.ipynb     (older: ..._file_/...)
    Ada Lovelace_12345_assignsubmission_file_01_reset_gate.ipynb

Canvas (lib/content_zipper.rb): the sortable name in small letters without spaces, the user's and
the attachment's number, the file's name; `-N` before its ending counts files of the same name.

    lovelaceada_12345_678901_01_reset_gate-2.ipynb
    lovelaceada_LATE_12345_678901_01_reset_gate.ipynb
    anon_a1B2c_678901_01_reset_gate.ipynb            (anonymous grading)

The names are taken apart by nbgrader's FileNameCollectorPlugin. The rest of its zip collector is
not used: it knows one assignment at a time, fails on a second file of a student, and takes whatever
the expression finds as a directory's name.
"""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

from nbgrader.plugins import FileNameCollectorPlugin
from traitlets import Unicode

MOODLE = (
    r"(?s)(?:[^/]*/)*?"  # lazy: a student's own folder may be called like another's submission
    r"(?P<full_name>[^/_]*)(?:_(?P<student_id>[0-9]{1,20}))?_assignsubmission_(?P<kind>[a-z]+)"
    r"(?:_?/(?:.*/)?|_)(?P<file_id>[^/]+)\Z"
)
NUMBERS = r"(?P<attachment>[0-9]{1,20})_(?P<file_id>[^/]+)\Z"
ANONYMOUS = r"(?:[^/]*/)*(?:LATE_)?(?P<full_name>anon)_(?P<student_id>[0-9A-Za-z]{1,20})_" + NUMBERS
CANVAS = r"(?s)(?:[^/]*/)*(?P<full_name>[^/]*?)_(?:LATE_)?(?P<student_id>[0-9]{1,20})_" + NUMBERS
CANVAS_TEXT = re.compile(r"(?:[^/]*/)*[^/]*_(?:text|link)\.html\Z")
RESUBMITTED = re.compile(r"(?s)(.+?)-([0-9]{1,4})(\.ipynb)\Z", re.IGNORECASE)


class MoodleNames(FileNameCollectorPlugin):
    """Takes the name of a member of Moodle's download apart."""

    named_regexp = Unicode(MOODLE)


class AnonymousNames(FileNameCollectorPlugin):
    """Takes the name of a member of Canvas's download apart, where grading is anonymous."""

    named_regexp = Unicode(ANONYMOUS)


class CanvasNames(FileNameCollectorPlugin):
    """Takes the name of a member of Canvas's download apart."""

    named_regexp = Unicode(CANVAS)


class Named(NamedTuple):
    """What a member's name tells. `order` grows with what was handed in later.

    `when` is the time in the name, without a zone where it is the LMS's own; `late` is its mark.
    """

    lms: str
    id: str
    name: str
    kind: str
    file: str
    order: tuple[int, int] = (0, 0)
    when: datetime | None = None
    late: bool = False


def moodle(member: str) -> Named | None:
    """Return what Moodle wrote into a member's name, or None where it is not Moodle's."""
    found = MoodleNames(valid_ext=[os.path.splitext(member)[1]]).collect(member)
    if not found:
        return None
    name, number = found["full_name"], found["student_id"] or ""
    if not number and (apart := re.fullmatch(r"(.*\S) ([0-9]{1,20})", name)):
        name, number = apart.groups()  # Participant 123_assignsubmission_...
    return Named("moodle", number, clean(name), found["kind"], found["file_id"])


def canvas(member: str) -> Named | None:
    """Return what Canvas wrote into a member's name, or None where it is not Canvas's."""
    for lms, names in (("canvas-anonymous", AnonymousNames), ("canvas", CanvasNames)):
        if found := names(valid_ext=[os.path.splitext(member)[1]]).collect(member):
            file, again = found["file_id"], 0
            if apart := RESUBMITTED.match(file):
                file, again = apart[1] + apart[3], int(apart[2])
            name = clean(found["full_name"])
            order = (again, int(found["attachment"]))
            marked = re.search(
                rf"(?:\A|[/_])LATE_(?:anon_)?{found['student_id']}_|/?LATE_anon_", member
            )
            return Named(lms, found["student_id"], name, "file", file, order, late=bool(marked))
    return None


def clean(name: str) -> str:
    """Return a name in NFC without control characters and overrides of the reading direction."""
    shown = "".join(
        c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    return unicodedata.normalize("NFC", " ".join(shown.split()))[:200]


def directory(name: str, number: str) -> str:
    """Return a directory's name for a student: letters, their marks and digits of any script.

    Between them stand `_`, `-` and `.`; the roster has the whole name.
    """
    kept = "".join(
        c if unicodedata.category(c)[0] in "LMN" or c in "_.-" else "_" for c in clean(name)
    )
    word = re.sub(r"_+", "_", kept)
    word = unicodedata.normalize("NFC", _short(word, 60, 120)).strip("._-")
    if name == number and word:  # a login, which is both
        return word
    return "-".join(part for part in (word or "student", number) if part)


def show(name: str) -> str:
    """Return a name from an archive as it can be printed on one line of a terminal."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return shown if len(shown) <= 120 else shown[:117] + "..."


def count(n: int, what: str) -> str:
    """Return a number of things as words."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _short(text: str, characters: int, size: int) -> str:
    return text[:characters].encode("utf-8")[:size].decode("utf-8", "ignore")
