"""A class graded into PostgreSQL: a server of our own, for the time of these tests."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import parts
from tests.helpers.submissions import hand_in, solved, written

pytestmark = pytest.mark.needs("postgresql", "bubblewrap")
PASSWORD = "se/cr@et"


def account() -> dict[str, str]:
    """Return whom the server runs as: it refuses to be root's."""
    if os.getuid() != 0:
        return {}
    names = {p.pw_name for p in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Yield the directory of the socket of a server with a password."""
    place = Path(tempfile.mkdtemp(prefix="gru-pg-"))  # short: a socket's path has 107 characters
    who = account()
    if who:
        shutil.chown(place, who["user"])
    initdb = parts.initdb()
    control = str(Path(initdb).with_name("pg_ctl"))
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(place)}

    def run(*command: str) -> None:
        with (place / "said").open("a") as said:  # a pipe would stay open as long as the server
            about = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said, "timeout": 120}
            done = subprocess.run(command, **who, cwd=place, env=environment, **about)
        assert done.returncode == 0, (place / "said").read_text()

    (place / "password").write_text(PASSWORD)
    (place / "password").chmod(0o644)
    try:
        run(
            *(initdb, "-D", f"{place}/data", "-U", "teacher", "-A", "scram-sha-256"),
            *("--pwfile", f"{place}/password", "-E", "UTF8", "--no-sync"),
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
        run(control, "-D", f"{place}/data", "-w", "-l", f"{place}/log", "-o", options, "start")
        try:
            yield str(place)
        finally:
            run(control, "-D", f"{place}/data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place)


def autograder(*args: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "autograder", *map(str, args)]
    env = {k: v for k, v in os.environ.items() if k != "PGPASSWORD"} | (env or {})
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=env)


def test_a_class_is_graded_into_postgresql_as_into_sqlite(server, tmp_path):
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    odd = solved("sigmoid", **{written(solved())[0]: "a \x00 and \ud800"})
    for student, nb in (("ada", solved("sigmoid", "affine")), ("bob", odd), ("Çyd", "no")):
        hand_in(submitted, student, nb)
    there = f"{server}".replace("/", "%2F")
    url = f"postgresql://teacher:se%2Fcr%40et@/postgres?host={there}"

    done = autograder("grade", submitted, "--out", out, "--seed", 1, "--db", url)
    assert done.returncode == 0, done.stdout + done.stderr
    here = autograder("grade", submitted, "--out", tmp_path / "here", "--seed", 1)
    assert here.returncode == 0, here.stderr
    rows = (out / "grades.csv").read_text()
    assert rows == (tmp_path / "here" / "grades.csv").read_text()
    assert "ada,00_start_here,affine,3,3,passed," in rows
    assert not (out / "gradebook.db").exists()

    noted = json.loads((out / "run.json").read_text())["db"]
    assert noted.startswith("postgresql+psycopg2://teacher@")
    for path in out.rglob("*"):
        if path.is_file():
            assert b"cr@et" not in path.read_bytes() and b"cr%40et" not in path.read_bytes()

    again = autograder("grade", submitted, "--out", out, env={"PGPASSWORD": PASSWORD})
    assert "3 of them graded before and unchanged" in again.stdout, again.stderr
    (out / "grades.csv").unlink()
    assert autograder("feedback", out, "--db", url).returncode == 0
    assert (out / "grades.csv").read_text() == rows

    wrong = autograder("feedback", out)
    assert wrong.returncode == 2
    assert "The gradebook postgresql+psycopg2://teacher@" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    other = autograder("grade", submitted, "--out", tmp_path / "here", "--db", url)
    assert other.returncode == 2
    assert "not the one that --db names" in other.stderr
