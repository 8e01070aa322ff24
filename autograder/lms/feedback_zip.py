"""`autograder feedback DIR --zip moodle|canvas`: the pages as the zip that an LMS takes back.

Moodle ("Upload multiple feedback files in a zip", mod/assign/feedback/file/importziplib.php) cuts a
name at its first four underscores: name, number, plugin, area, file. The number is the
participant's, or the team's, each of whom gets the page; a team of those who are in no group has
none. Canvas ("Upload
submissions", Assignment#generate_comments_from_files) takes the first two numbers between
underscores, the user's and the attachment's, as they were in the download; so a page there has the
name of the upload that it is about.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

from autograder.errors import Exit, GradingError
from autograder.grading.people import enrolment
from autograder.grading.people.enrolment import Member
from autograder.grading.people.links import Link, kept_links
from autograder.grading.people.person import clean
from autograder.io import write_file
from autograder.lms.names import count, show
from autograder.tables import folded

FIXED = (2020, 1, 1, 0, 0, 0)  # the same pages make the same zip


class Page(NamedTuple):
    """A student's page of a chapter, and what is known of the upload that it is about."""

    student: str
    chapter: str
    path: Path
    upload: str = ""


def pack(out: Path, lms: str, pages: list[Page]) -> int:
    """Write DIR/feedback_<lms>_<chapter>.zip, one a chapter; return the exit status."""
    if not pages:
        raise GradingError(f"There are no pages in {out}. `autograder grade` writes them.")
    known, links = enrolment.read(out), kept_links(out)
    status = Exit.DONE
    for chapter in sorted({p.chapter for p in pages}):
        mine = [p for p in pages if p.chapter == chapter]
        members: dict[str, Path] = {}
        missing: list[str] = []
        groupless: list[str] = []
        shared: list[str] = []
        for page in mine:
            member = known.get(page.student, Member(page.student))
            name = _moodle(page, member, links) if lms == "moodle" else _canvas(page)
            if name and name not in members:
                members[name] = page.path
            elif name and members[name].read_bytes() != page.path.read_bytes():
                shared.append(page.student)
            elif not name:
                (groupless if _has_no_number(page, member, links) else missing).append(page.student)
        if members:
            target = out / f"feedback_{lms}_{chapter}.zip"
            _write(target, members)
            print(f"{target}: {count(len(members), 'page')}")
        if missing:
            status = Exit.SOME_FAILED
            what = "Moodle's number of" if lms == "moodle" else "the name that Canvas gave to"
            print(f"{chapter}: {what} {_some(missing)} is not known; `collect` notes it. Left out.")
        if groupless:
            status = Exit.SOME_FAILED
            print(
                f"{chapter}: Moodle gives the upload of {_some(groupless)} no number, as it does "
                "where a team's members are in no group, and takes no page back for it. Left out: "
                "attach these by hand."
            )
        if shared:
            status = Exit.SOME_FAILED
            print(
                f"{chapter}: the download has one upload for a team, so one page goes back for "
                f"all of it. Left out: {_some(shared)}, whose page differs from that one."
            )
    return status


def _some(students: list[str]) -> str:
    return ", ".join(show(s) for s in students[:10]) + (", …" if len(students) > 10 else "")


def _uploads(page: Page, member: Member, links: list[Link]) -> list[Link]:
    mine = {page.student, *member.directories.split("/")}
    return [
        x for x in links if x.lms == "moodle" and x.chapter == page.chapter and x.student in mine
    ]


def _has_no_number(page: Page, member: Member, links: list[Link]) -> bool:
    """Return whether the upload of a page is known, and has no number in Moodle."""
    of = _uploads(page, member, links)
    return bool(of) and not any(link.id for link in of)


def _moodle(page: Page, member: Member, links: list[Link]) -> str:
    of = _uploads(page, member, links)
    if not of:
        return ""
    own = [x for x in of if folded(x.name).endswith(folded(member.name) or "\0")]  # of a team's
    link = (own or of)[-1]
    if not link.id:
        return ""
    name = _one_word(link.name) or "Participant"
    return f"{name}_{link.id}_assignsubmission_file_{page.chapter}.html"


def _canvas(page: Page) -> str:
    return f"{page.upload.rpartition('.')[0] or page.upload}.html" if page.upload else ""


def _one_word(name: str) -> str:
    """Return a name without what Moodle would cut it at, or a zip would take for a folder."""
    return "".join(" " if c in '_/\\:*?"<>|' else c for c in clean(name)).strip(" .")


def _write(target: Path, members: dict[str, Path]) -> None:
    """Write a zip beside its place, then into it."""
    beside = target.with_name(f".{target.name}.new")
    beside.unlink(missing_ok=True)
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in sorted(members.items()):
                info = zipfile.ZipInfo(name, FIXED)
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
                archive.writestr(info, path.read_bytes())
        write_file(target, beside.read_bytes())
    finally:
        beside.unlink(missing_ok=True)
