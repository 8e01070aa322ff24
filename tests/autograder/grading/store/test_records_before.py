"""Our table in nbgrader's database, also in one that version 0.1 made."""

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import inspect, text

from autograder.grading.store import database, records
from autograder.grading.store.records import NAME, NAME_BEFORE, Record


@pytest.fixture
def gradebook(tmp_path):
    address = f"sqlite:///{tmp_path / 'gradebook.db'}"
    database.prepare(address)
    with Gradebook(address) as gb:
        yield gb


def test_a_record_comes_back_as_it_was_put(gradebook):
    records.make_table(gradebook)
    record = Record("ada", "01", "d", 3, notes=("n",), answers={"a": "x\0"}, asked={"a": True})
    records.put(gradebook, record)
    gradebook.db.commit()
    assert records.get(gradebook, "ada", "01") == record


def test_the_records_of_a_class_of_version_0_1_are_taken_over(gradebook):
    records.make_table(gradebook)
    records.put(gradebook, Record("ada", "01", "digest"))
    gradebook.db.commit()
    with gradebook.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {NAME} RENAME TO {NAME_BEFORE}"))
    records.make_table(gradebook)
    assert records.get(gradebook, "ada", "01").digest == "digest"
    assert not inspect(gradebook.engine).has_table(NAME_BEFORE)
