"""A student's folder: copies of the chapters, made once, never overwritten, set aside on request.

`autograder init` makes one anywhere. In a checkout it is `work/`, so that `notebooks/` stays as it
came and a newer course can be fetched over it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.core.course import Course
from autograder.errors import UserError
from autograder.io import write_file

MARKER = ".course.json"  # what `init` was asked for: the course, and its chapters or none for all
ORIGINS = ".originals.json"  # chapter -> digest of the original that the copy was made from
README = """# {title}

Your copies of the chapters. In this folder,

    autograder lab                    opens them in JupyterLab,
    autograder reset {first}    sets your copy of a chapter aside and takes a fresh one.

Write in an answer cell and run the check cell below it. What you save here is yours: nothing
overwrites it. Your instructor says how a notebook (`{first}.ipynb`) is handed in.
"""


def init(course: Course, folder: Path, only: Collection[str] = ()) -> int:
    """Make a student's folder, or complete one: `only` these chapters, all where none is named."""
    for name in only:
        need_chapter(course, name)
    new = not is_a_students(folder)
    if new:
        need_empty(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if new or not only or not is_everything(folder):
            before = [] if new else wanted(course, folder)
            names = sorted({*before, *only}) if only else []
            note = {"course": course.name, "chapters": names}
            write_file(folder / MARKER, json.dumps(note, indent=1) + "\n")
        said = copy_chapters(course, folder)
        if not (folder / "README.md").exists():
            first = wanted(course, folder)[0]
            write_file(folder / "README.md", README.format(title=course.title, first=first))
    print("\n".join(said or [f"{short(folder)} has these chapters already; nothing was changed."]))
    if new:
        go = f"cd {short(folder)}, then " if folder.resolve() != Path.cwd() else ""
        print(f"To open them: {go}autograder lab")
    return 0


def chosen(course: Course, folder: Path | None) -> Path:
    """Return the student's folder that a command works in: the one named, or the one it is run in.

    A checkout has `work/`. UserError where there is none.
    """
    place = (folder or Path.cwd()).resolve()
    if is_a_students(place):
        return place
    mine = work_folder(course).resolve() if is_checkout(course) else None
    if mine is not None and (folder is None or place == mine):
        return mine
    if folder is None:
        raise UserError(
            "There is no course in this folder. `autograder init my-course` makes a folder that "
            "has one: then `cd my-course`, and this command again."
        )
    raise UserError(f"There is no course in {folder}. `autograder init {folder}` makes one.")


def is_a_students(folder: Path) -> bool:
    """Return whether this folder was made here: by `init`, or as the `work/` of a checkout."""
    return (folder / MARKER).is_file() or (folder / ORIGINS).is_file()


def is_checkout(course: Course) -> bool:
    """Return whether the course lies here with its sources, not as an installed package."""
    return course.solutions.is_dir()


def work_folder(course: Course) -> Path:
    """Return where a student writes in a checkout: `work/` beside the course's notebooks."""
    return course.notebooks.parent / "work"


def chapters(course: Course) -> list[str]:
    """Return the names of the chapters that can be opened, in order."""
    return sorted(path.stem for path in course.notebooks.glob("*.ipynb"))


def need_chapter(course: Course, name: str) -> None:
    """Raise UserError where the course has no such chapter."""
    if name not in chapters(course):
        raise UserError(
            f"There is no chapter {name!r}. The chapters: {', '.join(chapters(course))}."
        )


def wanted(course: Course, folder: Path) -> list[str]:
    """Return the chapters that a folder is for: those that `init` was asked for, or all."""
    names = _note(folder).get("chapters") or []
    return [c for c in chapters(course) if c in names] or chapters(course)


def is_everything(folder: Path) -> bool:
    """Return whether a folder is for all chapters, also those that are still to be written."""
    return not _note(folder).get("chapters")


def need_empty(folder: Path) -> None:
    """Raise UserError where something of somebody's lies in a folder; hidden files may."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file. Name a new folder.")
    with writing(folder):
        there = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    there = [name for name in there if not name.startswith(".")]
    if there:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise UserError(
            f"There is something else in {folder}: {', '.join(there[:3])}{more}. "
            "Name a new or an empty folder."
        )


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system refuses into one sentence about the folder."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise UserError(
            f"{folder} cannot be made: {error.strerror or error} ({where}). "
            "Name a folder that you may write to."
        ) from error


def copy_chapters(course: Course, work: Path) -> list[str]:
    """Copy what is not yet there; return what there is to say about it."""
    work.mkdir(parents=True, exist_ok=True)
    origins, new, newer = _origins(work), [], []
    for chapter in wanted(course, work):
        original, copy = course.notebooks / f"{chapter}.ipynb", work / f"{chapter}.ipynb"
        if not copy.exists():
            shutil.copyfile(original, copy)
            origins[chapter] = _digest(original)
            new.append(chapter)
        elif origins.get(chapter, _digest(original)) != _digest(original):
            newer.append(chapter)
    if new:
        _store(work, origins)
    said = [f"Copied to {short(work)}/: {', '.join(new)}."] if new else []
    said += [
        f"{chapter} has changed since your copy was made; yours is as you left it. "
        f"To set yours aside and take the new one: {_command(course, chapter, work)}"
        for chapter in newer
    ]
    return said


def reset_chapter(course: Course, name: str, work: Path) -> int:
    """Set the student's copy of a chapter aside and put a fresh one in its place."""
    chapter = name.removesuffix(".ipynb")
    need_chapter(course, chapter)
    work.mkdir(parents=True, exist_ok=True)
    copy = work / f"{chapter}.ipynb"
    if copy.exists():
        aside = _free(work / f"{chapter}.before-{time.strftime('%Y%m%d-%H%M%S')}.ipynb")
        copy.rename(aside)
        print(f"Your copy is now {short(aside)}.")
    shutil.copyfile(course.notebooks / f"{chapter}.ipynb", copy)
    _store(work, _origins(work) | {chapter: _digest(copy)})
    print(f"{short(copy)} is fresh. If it is open in JupyterLab, close it there and open it again.")
    return 0


def short(path: Path) -> str:
    """Return a path as seen from here where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _note(folder: Path) -> dict:
    return _read(folder / MARKER)


def _origins(work: Path) -> dict[str, str]:
    return _read(work / ORIGINS)


def _read(path: Path) -> dict:
    """Return a record; {} where there is none or it cannot be read, which costs the news only."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _store(work: Path, origins: dict[str, str]) -> None:
    write_file(work / ORIGINS, json.dumps(origins, indent=1) + "\n")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _free(path: Path) -> Path:
    """Return the path, numbered when it is taken."""
    found, n = path, 2
    while found.exists():
        found, n = path.with_stem(f"{path.stem}-{n}"), n + 1
    return found


def _command(course: Course, chapter: str, work: Path) -> str:
    """Return what to type here to get a chapter anew."""
    with contextlib.suppress(UserError):
        if chosen(course, None) == work.resolve():
            bare = is_checkout(course) and shutil.which("autograder") is None
            return f"make reset CHAPTER={chapter}" if bare else f"autograder reset {chapter}"
    return f"autograder reset {chapter} {short(work)}"
