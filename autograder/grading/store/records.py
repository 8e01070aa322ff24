"""What grading knows of a submission beyond nbgrader's scores, in a table of nbgrader's database.

A record is committed together with its scores. Its digest says of what it is the grading; "" means
that grading has begun and not ended, or that the grader failed. What it then still has are the
answers of the last good grading, since a person's scores were given for those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbgrader.api import Gradebook
from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    MetaData,
    String,
    Table,
    Text,
    delete,
    inspect,
    select,
    text,
    update,
)

from autograder.grading.job import Result

NAME, NAME_BEFORE = "autograder_records", "gru_course_records"  # before version 0.2
TABLE = Table(
    NAME,
    MetaData(),
    Column("student", String(128), primary_key=True),
    Column("chapter", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("walls", String(32), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("time", String(32), nullable=False),
    # JSON as text: PostgreSQL's own JSON refuses the character 0, which a student may write
    *(Column(n, Text, nullable=False) for n in ("notes", "refused", "results", "answers", "asked")),
    Column("about", Text, nullable=False, server_default="{}"),
)
AS_JSON = ("notes", "refused", "results", "answers", "asked", "about")
KEYS = ("student", "chapter")
NOT_GRADED = "not_graded"


class CheckRecord(NamedTuple):
    """What came of one check cell: a `Result` without its panel."""

    exercise: str
    status: str
    mistake: str
    cause: str
    stopped: bool
    score: float
    max_score: float
    said: str = ""

    @classmethod
    def of(cls, result: Result) -> CheckRecord:
        """Return what is kept of a result."""
        return cls(**{name: getattr(result, name) for name in cls._fields})


class Record(NamedTuple):
    """One submission's grading; `time` is when it ended, in UTC.

    `refused` is (mistake, sentence) where there was nothing to grade, or grading failed. `answers`
    are what the student wrote, by the name of the cell. `asked` keeps, while a submission is graded
    again, whether a person was asked to look at a cell that has a person's score. `about` has what
    is known of the upload: `late` where the LMS says so, `team`, `attempts` and which one counts.
    """

    student: str
    chapter: str
    digest: str = ""
    seed: int = 0
    isolation: str = ""
    seconds: float = 0.0
    time: str = ""
    notes: tuple[str, ...] = ()
    refused: tuple[str, str] | None = None
    results: tuple[CheckRecord, ...] = ()
    answers: dict[str, str] = {}
    asked: dict[str, bool] = {}
    about: dict[str, Any] = {}


def make_table(gb: Gradebook) -> None:
    """Make the table, where it is not there; take over that of a class of version 0.1."""
    there = inspect(gb.engine)
    if there.has_table(NAME_BEFORE) and not there.has_table(NAME):
        with gb.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {NAME_BEFORE} RENAME TO {NAME}"))
    TABLE.create(gb.engine, checkfirst=True)
    if "about" not in {column["name"] for column in inspect(gb.engine).get_columns(NAME)}:
        with gb.engine.begin() as connection:  # of a class of version 0.2
            connection.execute(
                text(f"ALTER TABLE {NAME} ADD COLUMN about TEXT NOT NULL DEFAULT '{{}}'")
            )


def get(gb: Gradebook, student: str, chapter: str) -> Record | None:
    """Return a submission's record, or None."""
    row = gb.db.execute(select(TABLE).where(*_is(student, chapter))).first()
    return None if row is None else _record(row._mapping)


def put(gb: Gradebook, record: Record) -> None:
    """Put a record in the place of an older one; whoever calls commits."""
    gb.db.execute(delete(TABLE).where(*_is(record.student, record.chapter)))
    fields = record._asdict()
    fields["walls"] = fields.pop("isolation")  # the column's name, as gradebooks have it
    for name in AS_JSON:
        fields[name] = json.dumps(fields[name])
    gb.db.execute(TABLE.insert().values(**fields))


def give(gb: Gradebook, old: str, new: str, chapter: str) -> None:
    """Make a record another student's; whoever calls commits."""
    remove(gb, new, chapter)
    gb.db.execute(update(TABLE).where(*_is(old, chapter)).values(student=new))


def remove(gb: Gradebook, student: str, chapter: str) -> None:
    """Delete a record; whoever calls commits."""
    gb.db.execute(delete(TABLE).where(*_is(student, chapter)))


def all(gb: Gradebook) -> Iterator[Record]:
    """Yield every record, by student and chapter."""
    query = select(TABLE).order_by(TABLE.c.student, TABLE.c.chapter)
    for row in gb.db.execute(query.execution_options(yield_per=100)):
        yield _record(row._mapping)


def known(gb: Gradebook) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the digest and the isolation of every record, by student and chapter."""
    query = select(TABLE.c.student, TABLE.c.chapter, TABLE.c.digest, TABLE.c.walls)
    return {(s, c): (digest, isolation) for s, c, digest, isolation in gb.db.execute(query)}


def _is(student: str, chapter: str) -> tuple[Any, Any]:
    return TABLE.c.student == student, TABLE.c.chapter == chapter


def _record(row: Any) -> Record:
    fields = dict(row)
    fields["isolation"] = fields.pop("walls")
    for name in AS_JSON:
        fields[name] = json.loads(fields[name])
    fields["notes"] = tuple(fields["notes"])
    fields["refused"] = tuple(fields["refused"]) if fields["refused"] else None
    fields["results"] = tuple(CheckRecord(*result) for result in fields["results"])
    return Record(**fields)
