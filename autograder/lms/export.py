"""`autograder export`: DIR/grades.csv -> a file for a spreadsheet, Canvas or Moodle.

Canvas (lib/gradebook_importer.rb) takes five columns about the student, then one an assignment, and
finds an assignment by its title, a student by the ID. Moodle (mod/assign/feedback/offline) needs
Identifier, Grade and Last modified (grade), the names of columns and "Participant" in the language
that Moodle is set to, here English, and one file an assignment. It has no column of feedback here,
since an empty one would delete what stands in Moodle.
"""

from __future__ import annotations

from pathlib import Path

from autograder.errors import Exit, GradingError
from autograder.grading.people import enrolment
from autograder.grading.people.links import KEPT, KEPT_BEFORE, NOTED, Link, is_links, read_links
from autograder.lms import totals
from autograder.lms.export_into import Grader, fill
from autograder.lms.names import count
from autograder.lms.roster import write_rows
from autograder.lms.totals import Totals
from autograder.spreadsheet import escape_formula

OWN = (
    "grades.csv",
    "roster.csv",
    "collected.csv",
    "people.csv",
    "gradebook.db",
    "run.json",
)  # files in DIR that stay as they are
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"]


def export(out: Path, to: str, file: Path | None = None, roster_file: Path | None = None) -> int:
    """Write the file or files; GradingError where there is nothing to write."""
    made = totals.read(out / "grades.csv")
    target = file or out / f"{to}.csv"
    _check_target(out, target)
    if to == "csv":
        _write(target, _spreadsheet(made), made, made.chapters)
    elif to == "canvas":
        table = _canvas(made, _roster(out, roster_file))
        _write(target, table, made, made.chapters)
        _say("  Canvas finds an assignment by its title, and asks where it finds none.")
    else:
        _moodle(made, _roster(out, roster_file), target, file is not None)
    return Exit.DONE


def export_into(
    out: Path,
    to: str,
    into: Path,
    file: Path | None = None,
    chapter: str | None = None,
    column: str | None = None,
) -> int:
    """Fill a file that the LMS gave out, in its place or as `file`; return the exit status."""
    if to == "csv":
        raise GradingError("--into is for --to moodle and --to canvas.")
    made = totals.read(out / "grades.csv")
    target = file or into
    _check_target(out, target)
    return fill(Grader.of(out, made), to, into, target, chapter, column)


def points(number: float) -> str:
    """Return points without an exponent and without more digits than they have."""
    text = f"{number:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _check_target(out: Path, target: Path) -> None:
    if target.is_dir():
        raise GradingError(f"--out {target} is a directory; name a file.")
    if not target.parent.is_dir():
        raise GradingError(f"--out {target}: there is no directory {target.parent}.")
    if target.name in OWN and target.parent.resolve() == out.resolve():
        raise GradingError(f"--out {target} is a file of the grader's own; choose another name.")


def _roster(out: Path, given: Path | None) -> list[Link]:
    before = out / KEPT_BEFORE
    path = given or (before if is_links(before) else out / KEPT)
    if not path.exists():
        raise GradingError(
            f"There is no {path}, which tells who is who in the LMS. `autograder collect` writes "
            f"it as {NOTED} beside the submissions; name it with --roster."
        )
    owner = _owner(out)
    return [e._replace(student=owner.get(e.student, e.student)) for e in read_links(path)]


def _owner(out: Path) -> dict[str, str]:
    """Return the student of each directory that is one student's, and not a team's."""
    of: dict[str, set[str]] = {}
    for m in enrolment.read(out).values():
        for directory in m.directories.split("/"):
            of.setdefault(directory, set()).add(m.student)
    return {directory: next(iter(who)) for directory, who in of.items() if len(who) == 1}


def _cell(made: Totals, student: str, chapter: str) -> str:
    number = made.points.get((student, chapter))
    return "" if number is None else points(number)


def _spreadsheet(made: Totals) -> list[list[str]]:
    header = ["student", "name"]
    for chapter in made.chapters:
        header += [chapter, f"{chapter} max"]
    rows = [[*map(escape_formula, header)]]
    for student in made.students:
        row = [escape_formula(student), escape_formula(made.names.get(student, ""))]
        for chapter in made.chapters:
            row += [_cell(made, student, chapter), points(made.most[chapter])]
        rows.append(row)
    return rows


def _canvas(made: Totals, known: list[Link]) -> list[list[str]]:
    here = {e.student: e for e in known if e.lms == "canvas"}
    hidden = {e.student for e in known if e.lms == "canvas-anonymous"} - here.keys()
    if not any(student in here for student in made.students):
        raise GradingError("The roster holds no Canvas ID of anybody who was graded.")
    rows = [CANVAS + [escape_formula(c) for c in made.chapters]]
    rows.append(["    Points Possible", *[""] * 4, *(points(made.most[c]) for c in made.chapters)])
    unknown = 0
    for student in made.students:
        if student in hidden:
            continue
        entry = here.get(student)
        unknown += entry is None
        name, number = (entry.name, entry.id) if entry else (student, "")
        scores = [_cell(made, student, chapter) for chapter in made.chapters]
        rows.append([escape_formula(name), escape_formula(number), "", "", "", *scores])
    if hidden & set(made.students):
        n = len(hidden & set(made.students))
        _say(f"{count(n, 'student')} anonymous, with no ID that Canvas imports: left out.")
    if unknown:
        _say(
            f"{count(unknown, 'student')} with no Canvas ID in the roster: Canvas goes by the name."
        )
    return rows


def _moodle(made: Totals, known: list[Link], target: Path, named: bool) -> None:
    here = {(e.student, e.chapter): e for e in known if e.lms == "moodle" and e.id}
    if not any(key in here for key in made.points):
        raise GradingError("The roster holds no Moodle number of anybody who was graded.")
    for chapter in made.chapters:
        rows, unknown = [MOODLE], []
        most = points(made.most[chapter])
        for student in (s for s in made.students if (s, chapter) in made.points):
            entry = here.get((student, chapter))
            if entry is None:
                unknown.append(student)
                continue
            who = [f"Participant {entry.id}", escape_formula(entry.name)]
            rows.append([*who, _cell(made, student, chapter), most, "-"])
        if unknown:
            _say(
                f"{chapter}: {count(len(unknown), 'student')} with no Moodle number in the roster "
                f"left out ({', '.join(unknown[:3])}{', …' if len(unknown) > 3 else ''})."
            )
        if len(rows) > 1:
            one = named and len(made.chapters) == 1
            path = target if one else target.with_name(f"{target.stem}_{chapter}{target.suffix}")
            _write(path, rows, made, [chapter])
            _say(
                f"  Moodle passes over grades above the assignment's own maximum: let it be {most}."
            )


def _write(path: Path, rows: list[list[str]], made: Totals, chapters: list[str]) -> None:
    write_rows(path, rows)
    waiting = sum(made.waiting.get(chapter, 0) for chapter in chapters)
    _say(f"{path}: {', '.join(f'{c} of {points(made.most[c])} points' for c in chapters)}")
    if waiting == 1:
        _say("  1 answer waits for a person; its points are missing in this file.")
    elif waiting:
        _say(f"  {waiting} answers wait for a person; their points are missing in this file.")


def _say(line: str) -> None:
    print(line.encode("utf-8", "replace").decode(), flush=True)
