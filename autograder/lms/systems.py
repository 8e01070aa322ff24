r"""What ILIAS, Brightspace, Blackboard and nbgrader's exchange write into the names of members.

ILIAS, "Download all submissions": a folder a person, the login and the user's number at its end.

    Exercise/Submissions/Lovelace_Ada_alovelace_1234/20261006235900_01_reset_gate.ipynb

Brightspace (D2L): user's and submission's number, the name, the time in the words of its language.

    12345-678901 - Ada Lovelace - Oct 6, 2026 1159 PM/01_reset_gate.ipynb

Blackboard: the assignment, the login, the attempt's time.

    Chapter 1_alovelace_attempt_2026-10-06-23-59-00_01_reset_gate.ipynb

nbgrader's exchange, the directory `inbound` of a course, or a zip of it.

    alovelace+01_reset_gate+2026-10-06 23:59:00.123456 UTC+a1b2c3/01_reset_gate.ipynb
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from autograder.grading.submissions import read_time
from autograder.lms.names import Named, clean

ILIAS = re.compile(
    r"(?s)(?:[^/]*/)*?(?P<last>[^/_]+)_(?P<first>[^/]+)_(?P<login>[^/_]+)_(?P<number>[0-9]{1,12})/"
    r"(?:[^/]*/)*?(?:(?P<when>[0-9]{14})_)?(?P<file>[^/]+)\Z"
)
BRIGHTSPACE = re.compile(
    r"(?s)(?:[^/]*/)*?(?P<id>[0-9]{1,20})-(?P<number>[0-9]{1,20})\s*-\s*(?P<name>[^/]+?)\s*-\s*"
    r"(?P<when>[^/-]*?[0-9]{4}[^/-]*?)(?:/(?:[^/]*/)*| - )(?P<file>[^/]+)\Z"
)
BLACKBOARD = re.compile(
    r"(?s)(?:[^/]*/)*(?P<what>[^/]*)_(?P<login>[^/_]+)_attempt_"
    r"(?P<when>[0-9]{4}(?:-[0-9]{2}){5})(?:_(?P<file>[^/]+)|(?P<about>\.txt))\Z"
)
EXCHANGE = re.compile(
    r"(?s)(?:[^/]*/)*?(?P<login>[^/+]+)\+(?P<chapter>[^/+]+)\+(?P<when>[^/+]+)(?:\+[^/]*)?/"
    r"(?:[^/]*/)*(?P<file>[^/]+)\Z"
)
SPOKEN = ("%b %d, %Y %I%M %p", "%b %d, %Y %I:%M %p", "%d %B, %Y %H%M", "%d %b, %Y %H%M")


def ilias(member: str) -> Named | None:
    """Return what ILIAS wrote into a member's name, or None."""
    if not (found := ILIAS.match(member)):
        return None
    when = _time(found["when"] or "", "%Y%m%d%H%M%S")
    name = clean(f"{found['first']} {found['last']}".replace("_", " "))
    return Named("ilias", found["login"], name, "file", found["file"], _order(when), when)


def brightspace(member: str) -> Named | None:
    """Return what Brightspace wrote into a member's name, or None."""
    if not (found := BRIGHTSPACE.match(member)):
        return None
    said = found["when"].replace("\N{NARROW NO-BREAK SPACE}", " ").strip()
    when = next((t for form in SPOKEN if (t := _time(said, form))), None)
    order = (_order(when)[0], int(found["number"]))
    name = clean(found["name"])
    return Named("brightspace", found["id"], name, "file", found["file"], order, when)


def blackboard(member: str) -> Named | None:
    """Return what Blackboard wrote into a member's name, or None."""
    if not (found := BLACKBOARD.match(member)):
        return None
    login, when = found["login"], _time(found["when"], "%Y-%m-%d-%H-%M-%S")
    kind = "about" if found["about"] else "file"
    return Named("blackboard", login, login, kind, found["file"] or "", _order(when), when)


def nbgrader(member: str) -> Named | None:
    """Return what nbgrader's exchange wrote into a submission's name, or None."""
    if not (found := EXCHANGE.match(member)):
        return None
    time = read_time(found["when"])
    when = None if time is None else time.replace(tzinfo=UTC)
    login = found["login"]
    return Named("nbgrader", login, login, "file", found["file"], _order(when), when)


def _time(text: str, form: str) -> datetime | None:
    """Return a time without a zone: it is that of the system's own clock."""
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _order(when: datetime | None) -> tuple[int, int]:
    if when is None:
        return 0, 0
    return int(when.replace(tzinfo=when.tzinfo or UTC).timestamp()), when.microsecond
