"""Where a class and its gradebook are: settings, addresses, paths that nbgrader cannot take."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, inspect, text

from autograder.course import COURSE
from autograder.errors import GradingError
from autograder.grading.run.start import check_path
from autograder.grading.store import database
from autograder.grading.store.class_directory import (
    SETTINGS,
    ClassDirectory,
    environment_as_found,
    log_to,
    settings_of,
)
from tests.autograder.grading.store.classroom import LOG, came, opened
from tests.helpers.submissions import CHAPTER


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


def test_the_settings_of_the_last_run_are_read_and_the_rest_is_usual(tmp_path):
    (tmp_path / "run.json").write_text('{"seed": 7, "level": "optional"}')
    assert settings_of(tmp_path) == SETTINGS | {"seed": 7, "level": "optional"}


@pytest.mark.parametrize("content", [None, "no JSON", "[1, 2]", "3"])
def test_without_settings_that_can_be_read_all_is_as_usual(tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    assert settings_of(tmp_path) == SETTINGS


def test_the_usual_settings_are_a_required_sandbox_and_a_run_that_has_ended():
    assert SETTINGS["level"] == "required"
    assert SETTINGS["finished"] is True
    assert (SETTINGS["seed"], SETTINGS["timeout"], SETTINGS["db"]) == (0, 10.0, "")


def test_saving_a_setting_keeps_the_others_and_no_other_names(room):
    room.directory.save(finished=False, nonsense=1)
    noted = json.loads((room.root / "run.json").read_text())
    assert set(noted) == set(SETTINGS)
    assert (noted["finished"], noted["seed"]) == (False, 3)


@pytest.mark.parametrize("sign", "*?[]{}%#")
def test_a_path_that_nbgrader_takes_for_a_pattern_is_refused(tmp_path, sign):
    with pytest.raises(GradingError, match="nbgrader cannot work"):
        check_path(tmp_path / f"a{sign}b")


def test_an_ordinary_path_is_taken(tmp_path):
    check_path(tmp_path / "class of 2030, A-B (ü)")


def test_laid_out_again_a_class_keeps_its_scores_and_an_instructors_configuration(room):
    room.grade(room.hand_in(), came())
    with (room.root / "nbgrader_config.py").open("a") as file:
        file.write("c.Mine.own = 1\n")
    release = room.directory.path("release", ".", CHAPTER)
    before = release.stat().st_mtime_ns
    room.directory.lay_out([CHAPTER], seed=4)
    assert room.total() == 5.0
    assert release.stat().st_mtime_ns == before
    assert room.directory.config.Mine.own == 1
    assert settings_of(room.root)["seed"] == 4


@pytest.mark.parametrize("what", ["release", "source"])
def test_a_chapter_whose_files_are_missing_or_another_is_registered_again(room, what):
    path = room.directory.path(what, ".", CHAPTER)
    if what == "release":
        path.unlink()
    else:
        path = room.root / "source" / CHAPTER / f"{CHAPTER}.ipynb"
        path.write_text("{}")
    room.directory.lay_out([CHAPTER])
    assert json.loads(path.read_text())["cells"]
    assert json.loads(room.directory.released(CHAPTER))["cells"]


def test_each_step_has_its_own_place(room):
    page = room.directory.path("feedback", "ada", CHAPTER, ".html")
    assert page == room.root / "feedback" / "ada" / CHAPTER / f"{CHAPTER}.html"
    assert room.directory.path("release", ".", CHAPTER).is_file()


def test_a_gradebook_that_cannot_be_opened_is_told_in_one_sentence(tmp_path):
    (tmp_path / "gradebook.db").write_bytes(b"this is no database, whatever it is called" * 100)
    with pytest.raises(GradingError, match="cannot be opened"):
        ClassDirectory(COURSE, tmp_path, LOG).gradebook()


def test_a_database_that_is_named_takes_the_place_of_the_usual_one(tmp_path):
    where = f"sqlite:///{tmp_path}/other.db"
    (tmp_path / "graded").mkdir()
    with ClassDirectory(COURSE, tmp_path / "graded", LOG, where).gradebook() as gb:
        assert gb.students == []
    assert (tmp_path / "other.db").is_file()
    assert not (tmp_path / "graded" / "gradebook.db").exists()


def test_a_database_is_prepared_once_and_nbgrader_takes_it_for_its_own(tmp_path):
    where = f"sqlite:///{tmp_path}/gradebook.db"
    database.prepare(where)
    database.prepare(where)
    engine = create_engine(where)
    with engine.connect() as connection:
        assert len(connection.execute(text("SELECT * FROM alembic_version")).all()) == 1
        assert len(connection.execute(text("SELECT * FROM course")).all()) == 1
        assert inspect(connection).has_table("grade")
    engine.dispose()
    with Gradebook(where, "") as gb:
        assert gb.students == []


def test_tables_without_a_version_get_one(tmp_path):
    where = f"sqlite:///{tmp_path}/gradebook.db"
    engine = create_engine(where)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    database.prepare(where)
    with engine.connect() as connection:
        assert len(connection.execute(text("SELECT * FROM alembic_version")).all()) == 1
    engine.dispose()


POSTGRES = "postgresql://ada:secret@there:5432/grades"
DRIVER = "postgresql+psycopg2://ada:secret@there:5432/grades"


@pytest.mark.parametrize(
    ("given", "noted", "there", "due"),
    [
        ("", "", False, ""),
        ("", "", True, ""),
        ("", "sqlite:////a/b.db", False, "sqlite:////a/b.db"),
        ("sqlite:////a/b.db", "", False, "sqlite:////a/b.db"),
        ("sqlite:////a/b.db", "sqlite:////a/b.db", False, "sqlite:////a/b.db"),
        (POSTGRES, "", False, DRIVER),
        ("postgres://there/grades", "", False, "postgresql+psycopg2://there/grades"),
        ("postgresql+psycopg://there/g", "", False, "postgresql+psycopg://there/g"),
        (POSTGRES, "postgresql+psycopg2://ada@there:5432/grades", True, DRIVER),
    ],
)
def test_the_gradebook_is_the_one_that_is_named_or_noted(tmp_path, given, noted, there, due):
    if there:
        (tmp_path / "gradebook.db").touch()
    assert database.chosen(tmp_path, given, noted) == due


@pytest.mark.parametrize(
    ("given", "noted", "there", "says"),
    [
        ("nonsense", "", False, "not an address"),
        ("sqlite:///relative.db", "", False, "whole path"),
        ("sqlite://", "", False, "whole path"),
        ("sqlite:////a/b.db", "", True, "is gradebook.db, not the one"),
        ("sqlite:////a/b.db", "sqlite:////a/c.db", False, "not the one that --db names"),
        (POSTGRES, "postgresql+psycopg2://ada@elsewhere/grades", False, "not the one"),
    ],
)
def test_another_gradebook_than_the_classs_own_is_refused(tmp_path, given, noted, there, says):
    if there:
        (tmp_path / "gradebook.db").touch()
    with pytest.raises(GradingError, match=says):
        database.chosen(tmp_path, given, noted)


@pytest.mark.parametrize(
    ("address", "due"),
    [
        ("", ""),
        (POSTGRES, "postgresql+psycopg2://ada@there:5432/grades"),
        ("postgresql://there/g?password=secret&sslmode=require", "sslmode=require"),
    ],
)
def test_a_password_is_never_written_down(address, due):
    made = database.without_password(address)
    assert "secret" not in made and "password" not in made
    assert made == due or (due and made.endswith(due))


def test_a_password_travels_in_the_environment():
    assert database.password(POSTGRES) == {"PGPASSWORD": "secret"}
    assert database.password("postgresql://there/g") == {}
    assert database.password("") == {}


def test_the_environment_is_as_it_was_found_whatever_happens(monkeypatch):
    monkeypatch.setenv("MINE", "1")
    before = dict(os.environ)
    with pytest.raises(KeyError), environment_as_found():
        os.environ["NBGRADER_EXECUTION"] = "autograde"
        del os.environ["MINE"]
        assert os.environ["PATH"].endswith(before["PATH"])
        assert os.environ["PATH"] != before["PATH"]
        raise KeyError
    assert dict(os.environ) == before


@pytest.mark.parametrize(("mode", "lines"), [("w", 1), ("a", 2)])
def test_a_log_begins_anew_or_goes_on(tmp_path: Path, mode, lines):
    for _ in range(2):
        with log_to(tmp_path / "a.log", mode=mode) as log:
            log.info("said")
            log.debug("not said")
    assert (tmp_path / "a.log").read_text().count("INFO said") == lines
    assert "not said" not in (tmp_path / "a.log").read_text()
    assert logging.getLogger("nbgrader").handlers == []
