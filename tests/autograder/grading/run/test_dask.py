"""A class graded by Dask: a scheduler and two workers, in processes of their own on loopback."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.programs import running
from tests.helpers.submissions import CHAPTER, hand_in, solved

pytestmark = pytest.mark.needs("bubblewrap")


@contextlib.contextmanager
def program(*args: object, until: str) -> Iterator[str]:
    """Run one of Dask's programs; yield the line in which it says `until`."""
    with running([sys.executable, "-m", "dask", *args]) as process:
        yield process.until(until).string


@contextlib.contextmanager
def cluster(workers: int, *tls: str) -> Iterator[str]:
    """Yield the address of a scheduler with so many workers."""
    kind = "tls" if tls else "tcp"
    host = ("--host", f"{kind}://127.0.0.1") if tls else ("--host", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        said = stack.enter_context(
            program(
                *("scheduler", *host, "--port", 0, "--no-dashboard", *tls), until="Scheduler at:"
            )
        )
        address = said.split()[-1]
        for _ in range(workers):
            where = ("--host", "127.0.0.1", "--no-dashboard", "--nthreads", 1, "--no-nanny")
            stack.enter_context(program("worker", address, *where, *tls, until="Registered to:"))
        yield address


def grade(*args: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "autograder", "grade", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("dask") / "submitted"
    for i in range(4):
        hand_in(root, f"s{i}", solved("sigmoid", "affine"))
    return root


def test_two_workers_give_the_same_grades_as_this_machine(submitted, tmp_path):
    with cluster(2) as address:
        done = grade(submitted, "--out", tmp_path / "dask", "--seed", 1, "--dask", address)
        assert done.returncode == 0, done.stdout + done.stderr
    here = grade(submitted, "--out", tmp_path / "here", "--seed", 1)
    assert here.returncode == 0, here.stderr
    made = [(tmp_path / out / "grades.csv").read_bytes() for out in ("dask", "here")]
    assert made[0] == made[1]
    assert f"s3,{CHAPTER},affine,3,3,passed," in made[0].decode()


def test_a_scheduler_that_is_not_there_is_told(submitted, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        done = grade(submitted, "--out", tmp_path / "out", "--dask", address)
    assert done.returncode == 2
    assert f"No Dask scheduler answers at {address}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "gradebook.db").exists()


@pytest.mark.needs("openssl")
def test_a_connection_by_tls_needs_the_certificate(submitted, tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    files = ("--tls-ca-file", str(cert), "--tls-cert", str(cert), "--tls-key", str(key))
    with cluster(1, *files) as address:
        assert address.startswith("tls://")
        ours = ("--dask-ca", cert, "--dask-cert", cert, "--dask-key", key)
        done = grade(submitted, "--out", tmp_path / "out", "--dask", address, *ours)
        assert done.returncode == 0, done.stdout + done.stderr
        done = grade(submitted, "--out", tmp_path / "other", "--dask", address)
        assert done.returncode == 2
        assert "No Dask scheduler answers" in done.stderr
