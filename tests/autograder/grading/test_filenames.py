"""Which chapter a file is of, by its name; and the one notebook in an archive."""

from __future__ import annotations

import io
import zipfile

import pytest

from autograder import sizes
from autograder.grading.filenames import ARCHIVE, NOTEBOOK, TEXT, NotebookName, read_name
from autograder.grading.packed import NotTaken, notebook_in

ONE, TWO = "01_reset_gate", "02_update_gate"
KNOWN = (ONE, TWO)


@pytest.mark.parametrize(
    ("name", "chapter", "form", "number"),
    [
        (f"{ONE}.ipynb", ONE, NOTEBOOK, 0),
        (f"{ONE.upper()}.IPYNB", ONE, NOTEBOOK, 0),
        (f"{ONE} (1).ipynb", ONE, NOTEBOOK, 1),
        (f"{ONE}(12).ipynb.txt", ONE, NOTEBOOK, 12),
        (f"{ONE}.ipynb.json", ONE, NOTEBOOK, 0),
        (f"{ONE}.json", ONE, NOTEBOOK, 0),
        (f"{ONE}", ONE, NOTEBOOK, 0),
        (f"{TWO}-Copy1.ipynb", TWO, NOTEBOOK, 1),
        (f"Copy of {TWO}.ipynb", TWO, NOTEBOOK, 0),
        (f"{TWO}_final (2).ipynb", TWO, NOTEBOOK, 2),
        (f"{ONE}.py", ONE, TEXT, 0),
        (f"{ONE}.md", ONE, TEXT, 0),
        (f"{ONE}.zip", ONE, ARCHIVE, 0),
        ("homework.ipynb", "", NOTEBOOK, 0),
        ("all.zip", "", ARCHIVE, 0),
    ],
)
def test_a_name_tells_the_chapter_the_form_and_the_number(name, chapter, form, number):
    assert read_name(name, KNOWN) == NotebookName(chapter, form, number)


@pytest.mark.parametrize(
    "name", ["timestamp.txt", "helpers.py", "notes.md", "a.pdf", "data.json", "", f"{ONE}.html"]
)
def test_other_files_are_no_notebooks(name):
    assert read_name(name, KNOWN) is None


def test_a_name_of_many_copies_is_read_like_any_other():
    assert read_name(f"{ONE}{'-copy-1' * 34}!.ipynb", KNOWN).chapter == ""


def archive(*members, times=None):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for i, (name, data) in enumerate(members):
            info = zipfile.ZipInfo(name, (times or {}).get(i, (2026, 1, 1, 0, 0, 0)))
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)
    return made.getvalue()


@pytest.mark.parametrize(
    "members",
    [
        [(f"{ONE}.ipynb", b"it")],
        [("a/b/mine.ipynb", b"it"), ("a/notes.txt", b"x"), ("__MACOSX/._mine.ipynb", b"x")],
        [(f"{ONE}.ipynb", b"it"), ("scratch.ipynb", b"x")],
        [(f"{ONE}.ipynb", b"it"), (f"{ONE}.py", b"x"), (f".ipynb_checkpoints/{ONE}.ipynb", b"x")],
        [("in.zip", archive((f"{ONE}.ipynb", b"it")))],
        [(f"{TWO}.ipynb", b"x"), (f"{ONE}.ipynb", b"it")],
    ],
)
def test_the_chapters_notebook_in_an_archive_is_found(members):
    assert notebook_in(archive(*members), KNOWN, ONE).data == b"it"


def test_of_several_in_an_archive_the_newest_counts():
    members, times = (
        [(f"{ONE}.ipynb", b"new"), (f"{ONE} (1).ipynb", b"old")],
        {0: (2026, 2, 1, 0, 0, 0)},
    )
    assert notebook_in(archive(*members, times=times), KNOWN, ONE).data == b"new"
    assert notebook_in(archive(*members), KNOWN, ONE).data == b"old"  # of equals, the later copy


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04 broken", "damaged"),
        (archive(("a.txt", b"x")), "holds no notebook"),
        (archive(("a.ipynb", b"x"), ("b.ipynb", b"y")), "holds a.ipynb, b.ipynb"),
        (archive((f"{ONE}.ipynb", bytes(sizes.NOTEBOOK + 1))), "more than 20 MB"),
        (archive(*((f"{i}.txt", b"") for i in range(501))), "501 files"),
        (archive(("a.zip", archive(("b.zip", archive((f"{ONE}.ipynb", b"x")))))), "no notebook"),
    ],
)
def test_nothing_is_taken_from_an_archive_without_the_notebook_or_without_bounds(data, why):
    with pytest.raises(NotTaken, match=why):
        notebook_in(data, KNOWN, ONE)
