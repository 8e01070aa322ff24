"""`autograder export --into FILE`: grades into the very file that Moodle or Canvas gave out.

All of the file stays as it is but the grades: language, columns, ids, order, delimiter, encoding.
Moodle passes over a grade whose "Last modified (grade)" is older than its own, so a grade that is
changed here gets a time of its own. It is a day ahead: Moodle reads it in the server's time zone.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from autograder.errors import Exit, GradingError
from autograder.grading.people import columns as named
from autograder.grading.people import enrolment
from autograder.grading.people.class_list import (
    canvas_rows,
    is_canvas,
    is_canvas_person,
    is_moodle,
    moodle_rows,
)
from autograder.grading.people.enrolment import Member
from autograder.grading.people.links import Link, kept_links
from autograder.grading.people.person import Person, clean, first_and_last
from autograder.io import write_file
from autograder.lms.names import count, show
from autograder.lms.totals import Totals
from autograder.lms.whose import Whose, whose
from autograder.tables import Table, folded, number, read_table


class Grader(NamedTuple):
    """The grades of a class, and who is who in it."""

    totals: Totals
    members: dict[str, Member]
    links: list[Link]

    @classmethod
    def of(cls, out: Path, totals: Totals) -> Grader:
        """Return what a class's directory holds."""
        known = enrolment.read(out)
        for student in totals.students:
            name = totals.names.get(student) or student
            known.setdefault(student, Member(student, name, *first_and_last(name)))
        return cls(totals, known, kept_links(out))

    def name(self, student: str) -> str:
        """Return how a student is called in a line of text."""
        name = self.members[student].name
        return show(f"{name} ({student})" if name and name != student else student)


def fill(
    grader: Grader,
    to: str,
    file: Path,
    target: Path,
    chapter: str | None = None,
    column: str | None = None,
) -> int:
    """Write the file with the grades in it; return the exit status: 1 where somebody is missing."""
    table = read_table(file)
    right, other = (is_moodle, is_canvas) if to == "moodle" else (is_canvas, is_moodle)
    if not right(table):
        what = (
            "Moodle's grading worksheet" if to == "moodle" else "a gradebook that Canvas exported"
        )
        hint = ", but looks like the other one's" if other(table) else ""
        raise GradingError(f"{file} is not {what}{hint}.")
    if chapter is not None and chapter not in grader.totals.chapters:
        known = ", ".join(grader.totals.chapters)
        raise GradingError(f"Nothing of {chapter} is graded. Graded are: {known}.")
    fill_one = _moodle if to == "moodle" else _canvas
    said: list[str] = []
    missing = fill_one(grader, table, file, chapter, column, said)
    write_file(target, table.data())
    print(*said, f"  {target}", sep="\n")  # what is said is done
    return Exit.SOME_FAILED if missing else Exit.DONE


def _moodle(
    grader: Grader,
    table: Table,
    file: Path,
    chapter: str | None,
    column: str | None,
    said: list[str],
) -> int:
    found = named.columns(["", *table.header[1:]])
    if column is not None:
        found["grade"] = _column(table, column)
    if "grade" not in found:
        heads = ", ".join(clean(h) for h in table.header)
        raise GradingError(f"{file}: which column has the grade? Name it with --column: {heads}.")
    rows = moodle_rows(table)
    of = chapter or _chapter(grader, rows, file)
    mine = whose(rows, grader.members, grader.links, of)
    most = grader.totals.most[of]
    changed = same = 0
    for i, student in mine.of.items():
        points = grader.totals.points.get((student, of))
        if points is None:
            continue
        row = table.rows[i]
        limit = number(table.cell(row, found.get("most")))
        text = _written(_scaled(points, most, limit), row, table, found.get("most"))
        if _put(row, found["grade"], text):
            changed += 1
            if "modified_grade" in found:
                later = datetime.now(UTC) + timedelta(days=1)
                _put(row, found["modified_grade"], f"{later:%Y-%m-%d %H:%M}")
        else:
            same += 1
    limits = {number(table.cell(row, found.get("most"))) for row in table.rows} - {None, most}
    if limits:
        shown = ", ".join(f"{x:g}" for x in sorted(x for x in limits if x))
        said.append(f"  Moodle's maximum is {shown}, the chapter's is {most:g}: scaled.")
    if "modified_grade" not in found:
        said.append(
            "  No column for the time of the grade was found: when you import, tick that records"
        )
        said.append("  that were modified more recently in Moodle are updated.")
    return _say(grader, of, mine, rows, (changed, same), said)


def _canvas(
    grader: Grader,
    table: Table,
    file: Path,
    chapter: str | None,
    column: str | None,
    said: list[str],
) -> int:
    rows = canvas_rows(table)
    wanted = [chapter] if chapter else grader.totals.chapters
    if column is not None and len(wanted) != 1:
        raise GradingError("--column needs --chapter: of which chapter are its grades?")
    at = {c: _column(table, column) if column else _titled(table, c) for c in wanted}
    there = {c: i for c, i in at.items() if i is not None}
    if not there:
        titles = ", ".join(clean(h) for h in table.header[4:])
        raise GradingError(
            f"{file}: no column has the name of {' or '.join(wanted)}. Name it with --chapter and "
            f"--column. The columns: {titles}."
        )
    missing = 0
    for of, i in there.items():
        mine = whose(rows, grader.members, grader.links, of)
        most, limit = grader.totals.most[of], _possible(table, i)
        if limit not in (None, most):
            said.append(f"  Canvas's maximum is {limit:g}, the chapter's is {most:g}: scaled.")
        changed = same = 0
        for at_row, student in mine.of.items():
            points = grader.totals.points.get((student, of))
            if points is not None:
                text = _written(_scaled(points, most, limit), table.rows[at_row], table, None)
                put = _put(table.rows[at_row], i, text)
                changed, same = changed + put, same + (not put)
        missing += _say(grader, of, mine, rows, (changed, same), said)
    for of in wanted:
        if of not in there:
            said.append(f"{of}: no column of the file has this name; left out.")
    return missing


def _chapter(grader: Grader, rows: list[Person], file: Path) -> str:
    """Return which chapter a worksheet is of: by its participants, by the file's name."""
    chapters = grader.totals.chapters
    numbers = {p.participant for p in rows}
    collected = [x.chapter for x in grader.links if x.lms == "moodle" and x.id in numbers]
    held = Counter(collected).most_common(2)
    if held and (len(held) == 1 or held[0][1] > 2 * held[1][1]):
        if held[0][0] in chapters:
            return held[0][0]
        raise GradingError(
            f"{file}: its participants have handed in {held[0][0]}, of which nothing is graded. "
            "Grade it first, or name another with --chapter."
        )
    if len(chapters) == 1:
        return chapters[0]
    by_name = [c for c in chapters if folded(c) in folded(file.stem)]
    if len(by_name) == 1:
        return by_name[0]
    raise GradingError(f"{file}: of which chapter is it? Name it with --chapter.")


def _column(table: Table, name: str) -> int:
    for i, head in enumerate(table.header):
        if folded(head) == folded(name) or folded(_bare(head)) == folded(name):
            return i
    raise GradingError(f"There is no column {name}. The columns: {', '.join(table.header)}.")


def _bare(head: str) -> str:
    """Return a title without the number that Canvas puts after it."""
    return re.sub(r"\s*\([0-9]+\)\s*\Z", "", head)


def _titled(table: Table, chapter: str) -> int | None:
    """Return the one column of Canvas's whose title is, or holds, a chapter's name."""
    heads = [folded(_bare(h)) for h in table.header]
    name, some = folded(chapter), table.rows[:4]
    bare = folded(chapter.partition("_")[2])
    for fits in (lambda h: h == name, lambda h: name in h, lambda h: bare and bare in h):
        found = [i for i, h in enumerate(heads) if i >= 4 and fits(h)]
        found = [i for i in found if not any(folded(table.cell(r, i)) == "readonly" for r in some)]
        if len(found) == 1:
            return found[0]
    return None


def _possible(table: Table, column: int) -> float | None:
    for row in table.rows[:4]:
        if not is_canvas_person(row) and (found := number(table.cell(row, column))):
            return found
    return None


def _scaled(points: float, most: float, limit: float | None) -> float:
    return points * limit / most if limit and most and limit != most else points


def _written(points: float, row: list[str], table: Table, like: int | None) -> str:
    """Return points as the file writes numbers: with a comma where its own have one.

    Two digits, since an LMS shows two: were there more, its next file would have another grade.
    """
    text = f"{points:.2f}".rstrip("0").rstrip(".") or "0"
    text = "0" if text == "-0" else text
    return text.replace(".", ",") if "," in table.cell(row, like) else text


def _put(row: list[str], column: int, text: str) -> bool:
    """Put a grade into a row; return whether it is another one than there was."""
    row.extend([""] * (column + 1 - len(row)))
    before, now = number(row[column]), number(text)
    if before is not None and now is not None and abs(before - now) < 0.005:
        return False  # an LMS keeps two digits
    row[column] = text
    return True


def _say(
    grader: Grader,
    of: str,
    mine: Whose,
    rows: list[Person],
    grades: tuple[int, int],
    said: list[str],
) -> int:
    """Add to `said` what was filled and who was not found; return how many were not."""
    changed, same = grades
    graded = {s for s in grader.totals.students if (s, of) in grader.totals.points}
    missing = sorted(graded - set(mine.of.values()))
    said.append(f"{of}: {count(changed, 'grade')} written, {same} as they were.")
    for i, could in mine.unclear.items():
        who = "; ".join(grader.name(s) for s in could)
        said.append(
            f"  {show(rows[i].called)}: {len(could)} students may be this one ({who}); left out."
        )
    if missing:
        said.append(f"  Not in the file: {', '.join(grader.name(s) for s in missing)}.")
    waiting = grader.totals.waiting.get(of, 0)
    if waiting:
        said.append(f"  {count(waiting, 'answer')} waiting for a person: these points are missing.")
    return len(missing)
