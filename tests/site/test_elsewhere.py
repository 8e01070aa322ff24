"""Binder and Colab: addresses where the repository is known, and what each does with the course."""

import os
import subprocess
import sys
import types

import nbformat
import pytest

from autograder.course import COURSE
from autograder.errors import UserError
from tests.site.conftest import ROOT

pytestmark = pytest.mark.needs("site")

SOURCE = "git+https://example.org/owner/name"


def test_without_a_repository_no_button_is_shown():
    from elsewhere import Places

    assert Places("", lite=False).bar("01_reset_gate") == ""


def test_buttons_lead_to_the_repository_that_was_named():
    from elsewhere import Places

    bar = Places("owner/name", lite=True).bar("01_reset_gate", "../")
    assert "/github/owner/name/blob/colab/01_reset_gate.ipynb" in bar
    assert "/gh/owner/name/HEAD?urlpath=lab%2Ftree%2Fnotebooks%2F01_reset_gate.ipynb" in bar
    assert "../lite/lab/index.html?path=01_reset_gate.ipynb" in bar


def test_a_chapter_that_needs_torch_does_not_lead_to_the_browser():
    from elsewhere import Places

    assert Places("", lite=True).bar("08_training") == ""


def test_what_is_no_repository_is_named():
    import elsewhere

    with pytest.raises(UserError, match="owner/name"):
        elsewhere.repository("https://example.org/owner/name")


def run_on_colab(monkeypatch, capsys, chapter, code):
    """Run Colab's cell where pip is a stand-in; return what it was asked for and what was said."""
    import colab

    asked = []

    def pip(command, **_):
        asked.append(command[-1])
        return types.SimpleNamespace(returncode=code, stderr="pip's words")

    monkeypatch.setattr(subprocess, "run", pip)
    exec(colab.cell(chapter, SOURCE), {})
    return asked, capsys.readouterr().out


def test_the_cell_does_nothing_elsewhere(monkeypatch, capsys):
    assert run_on_colab(monkeypatch, capsys, "01_reset_gate", 0) == ([], "")


def test_the_cell_installs_the_course_on_colab(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    asked, said = run_on_colab(monkeypatch, capsys, "01_reset_gate", 0)
    assert asked == [f"gru-course @ {SOURCE}"] and said == "The course is installed.\n"
    asked, said = run_on_colab(monkeypatch, capsys, "08_training", 1)
    assert asked == [f"gru-course[train,music] @ {SOURCE}"] and said == "pip's words\n"


def test_the_cell_stands_before_the_first_code_and_is_nobodys_answer():
    import colab

    ours = nbformat.read(COURSE.notebooks / "01_reset_gate.ipynb", 4)
    made = colab.notebook("01_reset_gate", SOURCE)
    codes = [c for c in made.cells if c.cell_type == "code"]
    assert "google.colab" in codes[0].source and not codes[0].metadata
    made.cells.remove(codes[0])
    assert made.cells == ours.cells


@pytest.mark.filterwarnings("ignore:pythonjsonlogger:DeprecationWarning")  # repo2docker's import
def test_binder_reads_its_environment_and_installs_the_course_after_it(monkeypatch):
    from repo2docker.app import Repo2Docker

    monkeypatch.chdir(ROOT)
    app = Repo2Docker()
    kind = next(k for k in app.buildpacks if k(app.base_image).detect())
    pack = kind(app.base_image)
    pack.platform = "linux/amd64"
    assert (kind.__name__, pack.binder_dir, pack.python_version) == (
        "CondaBuildPack",
        ".binder",
        "3.12",
    )
    text = pack.render(build_args={})
    assert '--file ".binder/environment.yml"' in text and "RUN ./.binder/postBuild" in text
    assert os.access(ROOT / ".binder" / "postBuild", os.X_OK)
    assert subprocess.run(["bash", "-n", ".binder/postBuild"]).returncode == 0
