"""Where the gradebook is: --db, or what the last run noted; a password is never written down."""

from __future__ import annotations

from pathlib import Path

from alembic.script import ScriptDirectory
from nbgrader.api import Base, Course
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import (
    URL,
    Column,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError

from autograder.errors import GradingError

VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False))


def chosen(out: Path, given: str, noted: str) -> str:
    """Return the address of the database, "" for OUT/gradebook.db; GradingError for an odd one.

    A bare postgresql:// becomes postgresql+psycopg2://, which SQLAlchemy alone would take for the
    driver psycopg 3.
    """
    if not given:
        return noted
    try:
        made = _made(given)
    except ArgumentError as error:
        raise GradingError(
            "--db is not an address of a database. Wanted: postgresql://USER@HOST/NAME."
        ) from error
    if made.drivername.startswith("sqlite") and not (made.database or "").startswith("/"):
        raise GradingError("--db sqlite:// needs the whole path: sqlite:////path/to/gradebook.db.")
    before = noted or ("gradebook.db" if (out / "gradebook.db").exists() else "")
    if before and without_password(given) != before:
        raise GradingError(
            f"The gradebook of {out} is {before}, not the one that --db names. Leave --db out, or "
            "grade into a new directory."
        )
    return made.render_as_string(hide_password=False)


def without_password(address: str) -> str:
    """Return an address that may be written down; the password comes from PGPASSWORD or .pgpass."""
    if not address:
        return ""
    made = _made(address).difference_update_query(["password"])
    parts = (made.username, None, made.host, made.port, made.database, made.query)
    return URL.create(made.drivername, *parts).render_as_string(hide_password=False)


def prepare(address: str) -> None:
    """Make nbgrader's tables where there are none, and note which version of them they are.

    nbgrader would do so itself, but asks the program `alembic` for the version: where that is not
    found, or the grader is killed meanwhile, it leaves a database that can never be upgraded.
    """
    engine = create_engine(address)
    try:
        with engine.begin() as connection:
            made = inspect(connection).has_table(VERSION.name)
            if made and connection.execute(select(VERSION)).first() is not None:
                return
            Base.metadata.create_all(connection)
            VERSION.create(connection, checkfirst=True)
            head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
            connection.execute(insert(VERSION).values(version_num=head))
            # nbgrader's assignments name this course, and it does not make it; SQLite lets that be
            connection.execute(insert(Course).values(id=""))
    finally:
        engine.dispose()


def password(address: str) -> dict[str, str]:
    """Return the environment that carries an address's password to another program."""
    found = make_url(address).password if address else None
    return {"PGPASSWORD": str(found)} if found else {}


def _made(address: str) -> URL:
    made = make_url(address)
    bare = made.drivername in ("postgres", "postgresql")
    return made.set(drivername="postgresql+psycopg2") if bare else made
