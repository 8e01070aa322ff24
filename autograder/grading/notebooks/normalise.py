"""The released notebook and a student's file -> the notebook that is run, and what was noticed.

The notebook is rebuilt from the release's own cells. Of the student's cells it takes the answers,
and whatever else the student wrote, since answers may need it. **The answer is where the name is
defined**: in the exercise's own cell, or wherever else the student has written it.
What a student does to the course's own text changes nothing.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder import sizes
from autograder.grading.notebooks import saved, written
from autograder.grading.notebooks.helpers import put_before
from autograder.grading.notebooks.parts import Part, parts
from autograder.authoring.answers import Course, which_counts
from autograder.authoring.pieces import pieces
from autograder.grading.notebooks.read import Unreadable, read_cells, writable
from autograder.grading.notebooks.written import Text

__all__ = ["OURS", "Normalised", "Unreadable", "grade_id", "is_answer", "normalise", "read_cells"]
OURS = "autograder"  # the metadata key for what grading itself writes into a notebook
NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
CHECK = "check_"


class Normalised(NamedTuple):
    """The notebook to run, and a sentence for each thing that the student should know of.

    `said` is what the checks in the file have said, by exercise: nothing rests on it.
    """

    notebook: nbformat.NotebookNode
    notes: tuple[str, ...]
    said: dict[str, str]


def grade_id(cell: Any) -> str | None:
    """Return the name that nbgrader knows a cell by."""
    metadata = cell.get("metadata")
    grading = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = grading.get("grade_id") if isinstance(grading, dict) else None
    return name if isinstance(name, str) else None


def is_answer(cell: Any) -> bool:
    """Return whether the student writes this cell of the release: an answer, code or text."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def normalise(release: nbformat.NotebookNode, submitted: bytes) -> Normalised | Unreadable:
    """Return the release with the student's answers and own cells in it."""
    cells = read_cells(submitted)
    if isinstance(cells, Unreadable):
        return cells
    return _Rebuilt(release, cells).made()


class _Rebuilt:
    """A notebook that is put together: the release's cells, and what goes before and behind each."""

    def __init__(self, release: nbformat.NotebookNode, cells: list[dict]) -> None:
        self.release, self.cells = release, cells
        self.places = _places(release, cells)
        self.nb = copy.deepcopy(release)
        self.notes: list[str] = []
        self.before: dict[int, list[nbformat.NotebookNode]] = {}
        self.behind: dict[int, list[nbformat.NotebookNode]] = {}
        self.own = 0
        codes = [i for i, c in enumerate(release.cells) if c.cell_type == "code"]
        self.first = codes[0] if codes else -1
        self.answers = {
            name: i
            for i in codes
            if is_answer(release.cells[i]) and (name := grade_id(release.cells[i]))
        }
        self.course = Course.of(
            {name: release.cells[i].source for name, i in self.answers.items()},
            [release.cells[i].source for i in codes if not is_answer(release.cells[i])],
        )

    def made(self) -> Normalised:
        """Return the notebook."""
        given = self._given()
        of_code = self._parts()
        if not given and not any(part.answers for part in of_code):
            self.notes.append(
                "None of this chapter's cells is in the file. Is it the notebook of another chapter?"
            )
        taken: set[int] = set()
        for name, place in self.answers.items():
            self._answer(name, place, given.get(place, []), of_code, taken)
        used = self._written(given)
        self._own_cells(of_code, taken, used)
        built = []
        for i, cell in enumerate(self.nb.cells):
            built += [*self.before.get(i, []), cell, *self.behind.get(i, [])]
        self.nb.cells = self._with_helpers([*self.behind.get(-1, []), *built])
        said = saved.verdicts(self.cells, self.answers)
        return Normalised(self.nb, tuple(dict.fromkeys(self.notes)), said)

    def _given(self) -> dict[int, list[dict]]:
        """Return what stands in the file for each cell of the release."""
        given: dict[int, list[dict]] = {}
        for cell, place in zip(self.cells, self.places, strict=True):
            if place is not None:
                given.setdefault(place, []).append(cell)
        return given

    def _parts(self) -> list[Part]:
        """Return the parts of all code that the student has written, in the file's order."""
        found: list[Part] = []
        after, left = -1, sizes.CELL_RUN * 2
        for cell, place in zip(self.cells, self.places, strict=True):
            after = after if place is None else place
            known = None if place is None else self.release.cells[place]
            code = cell["cell_type"] == "code" if known is None else known.cell_type == "code"
            if code and not (known is None and written.is_prose(cell["source"])):
                left = left if len(found) < sizes.NOTEBOOK_CELLS else 0
                found += parts(self.course, cell, place, after, known, left)
                left -= len(cell["source"])
                name = (known is not None and grade_id(known)) or ""
                if name.startswith(CHECK):
                    found.append(_checked(name.removeprefix(CHECK), cell, place, after))
        return found

    def _answer(
        self, name: str, place: int, theirs: list[dict], of_code: list[Part], taken: set[int]
    ) -> None:
        """Put a student's answer into the release's cell; note where it comes from."""
        cell = self.nb.cells[place]
        candidates = [i for i, part in enumerate(of_code) if name in part.answers]
        chosen = which_counts(name, of_code)
        if chosen is not None:
            part = of_code[chosen]
            cell.source = self._whole(name, part.text)
            taken.add(chosen)
            earlier = [i for i in candidates if i < chosen and of_code[i].answers == {name}]
            self.before.setdefault(place, []).extend(self._new(of_code[i].text) for i in earlier)
            taken.update(earlier)
            if part.place != place:
                why = "there is no answer in its own cell" if theirs else "its own cell is missing"
                if any(of_code[i].place == place for i in candidates):
                    why = "it is the last one that was checked"
                self.notes.append(f"Your `{name}` of another cell counts: {why}.")
        else:
            changed = [c for c in theirs if c["source"].strip() not in ("", cell.source.strip())]
            if changed:
                cell.source = changed[-1]["source"]
                taken.update(i for i, part in enumerate(of_code) if part.cell is changed[-1])
            else:
                self._note_absence(name, theirs)
        if len(theirs) > 1:
            which = "The last one counts"
            if chosen is not None and of_code[chosen].cell is not theirs[-1]:
                which = "The last one with an answer in it counts"
            self.notes.append(
                f"The answer cell of `{name}` is there {len(theirs)} times. {which}."
            )

    def _note_absence(self, name: str | None, theirs: list[dict]) -> None:
        """Note that there is no answer, where not even its stub is left."""
        if not any(c["source"].strip() for c in theirs):
            how = "empty" if theirs else "missing"
            self.notes.append(
                f"The answer cell of `{name}` is {how}, so it counts as not attempted."
            )

    def _whole(self, name: str, text: str) -> str:
        """Return an answer with what the release's cell gives beside the stub."""
        made = {n for p in pieces(text) for n in p.makes}
        given = [
            p.text
            for p in dict.fromkeys(self.course.owned[name].values())
            if not p.stub and p.makes.isdisjoint(made)
        ]
        return "\n\n\n".join([text, *given]) if given else text

    def _written(self, given: dict[int, list[dict]]) -> set[int]:
        """Put the written answers into their cells; return which of the file's cells were used."""
        places = [
            i for i, c in enumerate(self.release.cells) if is_answer(c) and c.cell_type != "code"
        ]
        stubs = {self.release.cells[i].source for i in places}
        found = written.texts(self.release, self.cells, self.places, stubs)
        used: set[int] = set()
        for place in places:
            cell, theirs = self.nb.cells[place], given.get(place, [])
            name = grade_id(cell)
            answers = [c for c in theirs if c["source"].strip() not in ("", cell.source.strip())]
            if answers:
                cell.source = answers[-1]["source"]
                _with_pictures(cell, answers[-1])
                if len(theirs) > 1:
                    self.notes.append(
                        f"The answer cell of `{name}` is there {len(theirs)} times. "
                        "The last one counts."
                    )
                continue
            at = [i for i, there in enumerate(self.places) if there == place]
            free = [t for t in found if id(t.cell) not in used]
            texts = written.beside(self.release, place, found if at else free or found, at)
            if texts:
                self._beside(cell, texts)
                used |= {id(t.cell) for t in texts}
            else:
                self._note_absence(name, theirs)
        return used

    def _beside(self, cell: nbformat.NotebookNode, texts: list[Text]) -> None:
        cell.source = "\n\n".join(t.says for t in texts)
        for text in texts:
            _with_pictures(cell, text.cell)
        self.notes.append(
            f"The answer to `{grade_id(cell)}` was found in a cell beside its own. A person reads it."
        )

    def _own_cells(self, of_code: list[Part], taken: set[int], used: set[int]) -> None:
        """Put all else that is the student's own where it stood."""
        by_cell: dict[int, list[int]] = {}
        for i, part in enumerate(of_code):
            by_cell.setdefault(id(part.cell), []).append(i)
        after = -1
        for cell, place in zip(self.cells, self.places, strict=True):
            after = after if place is None else place
            if id(cell) in by_cell:
                for i in by_cell[id(cell)]:
                    if i not in taken and of_code[i].text.strip():
                        self._put(of_code[i])
            elif place is None and id(cell) not in used and not _is_code(cell):
                made = self._new(cell["source"], cell["cell_type"])
                self.behind.setdefault(after, []).append(_with_pictures(made, cell))

    def _put(self, part: Part) -> None:
        if part.place is None:
            after = max(part.after, self.first)  # nothing runs before the course's first cell
            self.behind.setdefault(after, []).append(self._new(part.text))
        elif part.place <= self.first:
            self.behind.setdefault(self.first, []).append(self._new(part.text))
        else:  # it ran with the course's cell that it stood in
            self.before.setdefault(part.place, []).append(self._new(part.text))

    def _new(self, text: str, kind: str = "code") -> nbformat.NotebookNode:
        """Return a student's own cell, with nothing of it but its text."""
        self.own += 1
        new = NEW[kind](text, id=f"own-{self.own}")
        new.metadata[OURS] = {"own": True}
        return new

    def _with_helpers(self, cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
        """Return the cells, with what an answer needs from below above it."""
        wanted = put_before(cells, lambda c: grade_id(c) in self.answers, _runs)
        made = []
        for i, cell in enumerate(cells):
            made += [self._new(text) for text in wanted.get(i, [])]
            made.append(cell)
        return made


def _runs(cell: Any) -> bool:
    """Return whether a cell runs when answers are graded, or at least defines what is known."""
    return cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade")


def _is_code(cell: dict) -> bool:
    return cell["cell_type"] == "code" and not written.is_prose(cell["source"])


def _checked(name: str, cell: dict, place: int | None, after: int) -> Part:
    count = cell.get("execution_count")
    count = count if type(count) is int else None
    return Part("", frozenset(), frozenset({name}), place, after, count, cell)


def _places(release: nbformat.NotebookNode, cells: list[dict]) -> list[int | None]:
    """Return the index of the release's cell that each cell is, or None for a student's own.

    The grade_id decides; then the cell's id; then, for files that lost their ids, the same text.
    """
    names, ids, texts = {}, {}, {}
    for i, known in reversed(list(enumerate(release.cells))):
        if name := grade_id(known):
            names[name] = i
        ids[known.id] = i
        texts[known.cell_type, known.source.strip()] = i
    found: list[int | None] = []
    for cell in cells:
        name, number = grade_id(cell), cell.get("id")
        if name is not None and (name in names or not isinstance(number, str)):
            found.append(names.get(name))
        elif isinstance(number, str) and number in ids:
            found.append(ids[number])
        else:
            found.append(texts.get((cell["cell_type"], cell["source"].strip())))
    return found


def _with_pictures(new: nbformat.NotebookNode, cell: dict) -> nbformat.NotebookNode:
    pictures = cell.get("attachments")
    if new.cell_type == "markdown" and isinstance(pictures, dict):
        kept = {
            writable(name): nbformat.from_dict({k: writable(data) for k, data in bundle.items()})
            for name, bundle in pictures.items()
            if isinstance(bundle, dict)
            and all(k in ("image/png", "image/jpeg", "image/gif") for k in bundle)
            and all(isinstance(data, str) for data in bundle.values())
        }
        if kept:
            new["attachments"] = nbformat.from_dict({**new.get("attachments", {}), **kept})
    return new
