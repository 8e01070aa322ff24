"""What is handed out: the chapters, the package, three commands, and no key in plain text."""

import json
import tomllib
import zipfile
from dataclasses import replace

import pytest

from autograder.authoring import source
from autograder.course import COURSE, ROOT
from autograder.errors import UserError
from autograder.workspace import folder, release

SHORT = 12  # shorter lines (`return a`) say nothing


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    place = tmp_path_factory.mktemp("release") / "gru"
    assert release.release(COURSE, place, zipped=True) == 0
    return place


def key_lines():
    """Yield (chapter, exercise, line) for every line between the markers of every key."""
    for chapter in source.chapter_names(COURSE):
        for cell in source.read(COURSE, chapter):
            if "solution" in cell.keys:
                for part in cell.text.split(source.BEGIN)[1:]:
                    for line in part.split(source.END)[0].split("\n"):
                        if len(line.strip()) >= SHORT:
                            yield chapter, cell.keys["solution"], line.strip()


def texts(place):
    """Return the lines of each text to be read in the folder and its archive, by name."""
    with zipfile.ZipFile(place.with_suffix(".zip")) as archive:
        files = {f"zip/{n}": archive.read(n) for n in archive.namelist()}
    files |= {p.name: p.read_bytes() for p in place.iterdir()}
    found = {}
    for name, data in files.items():
        if name.endswith(".ipynb"):
            found[name] = "\n".join("".join(c["source"]) for c in json.loads(data)["cells"])
        elif not name.endswith(".whl"):
            found[name] = data.decode()
    return {name: {x.strip() for x in text.split("\n")} for name, text in found.items()}


def test_no_line_of_a_key_can_be_read_in_it(handed_out):
    lines, found = list(key_lines()), texts(handed_out)
    assert len(lines) > 100 and len(found) > 20
    assert [(n, k) for n, seen in found.items() for k in lines if k[2] in seen] == []


def test_it_holds_what_a_student_needs_and_nothing_of_an_authors(handed_out):
    (wheel,) = handed_out.glob("*.whl")
    there = {p.name for p in handed_out.iterdir()} - {f"{c}.ipynb" for c in COURSE.names}
    assert there == {wheel.name, "README.md", "constraints.txt", ".course.json", ".originals.json"}
    readme = (handed_out / "README.md").read_text(encoding="utf-8")
    assert f'"./{wheel.name}[{release.EXTRAS}]"' in readme
    assert sum(line.startswith("    ") for line in readme.split("\n")) == 4  # and `reset`
    with zipfile.ZipFile(handed_out.with_suffix(".zip")) as archive:
        assert {n.split("/")[1] for n in archive.namelist()} == {
            p.name for p in handed_out.iterdir()
        }
    assert folder.chosen(COURSE, handed_out) == handed_out


def test_students_are_told_to_install_extras_that_there_are():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(release.EXTRAS.split(",")) <= set(project["optional-dependencies"])


def test_nothing_that_is_there_is_overwritten(handed_out, tmp_path):
    with pytest.raises(UserError, match="something else"):
        release.release(COURSE, handed_out)
    (tmp_path / "gru.zip").write_text("mine")
    with pytest.raises(UserError, match=r"gru\.zip is there already"):
        release.release(COURSE, tmp_path / "gru", zipped=True)
    assert [p.name for p in tmp_path.iterdir()] == ["gru.zip"]


def test_a_notebook_older_than_its_source_is_not_handed_out(tmp_path):
    (tmp_path / "notebooks").mkdir()
    with pytest.raises(UserError, match="00_start_here.*autograder build"):
        release.release(replace(COURSE, notebooks=tmp_path / "notebooks"), tmp_path / "gru")
    assert not (tmp_path / "gru").exists()
