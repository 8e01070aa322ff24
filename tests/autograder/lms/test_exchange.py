"""The exchange of a hub, to which every student may write: what lies there costs itself alone."""

from __future__ import annotations

import os
import random
import shutil
import socket
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.lms import exchange
from autograder.lms.exchange import Inbound

ONE = "01_reset_gate"
BOOK = b'{"nbformat": 4, "cells": []}'
SECRET = b"another one's"
WHEN = "2026-10-06 23:59:00.500000 UTC"


def honest(inbound: Path, user: str = "alove") -> None:
    home = inbound / f"{user}+{ONE}+{WHEN}+a1b2"
    home.mkdir(parents=True)
    (home / f"{ONE}.ipynb").write_bytes(BOOK)
    (home / "timestamp.txt").write_text(WHEN)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**13)


FILES = {
    "a link to a secret": lambda p: p.symlink_to(p.parents[2] / "secret"),
    "a link to itself": lambda p: p.symlink_to(p.name),
    "a link to a device": lambda p: p.symlink_to("/dev/zero"),
    "a pipe": pipe,
    "a socket": listening,
    "a folder": lambda p: p.mkdir(),
    "ten terabytes": endless,
    "nothing": lambda p: p.touch(),
    "no text": lambda p: p.write_bytes(bytes(range(256)) * 40),
    "its own mode": lambda p: (p.write_bytes(BOOK), p.chmod(0)),
}
TIMES = [WHEN, "", "../../x", "9999-12-31 23:59:59 UTC", "\0", "2026-13-45 99:99", "x" * 5000]
USERS = ["eve", "..", "-rf", "e\nve", "e+v+e", "évé", "‮eve", "e" * 200, "ALOVES", " "]


@pytest.fixture
def inbound(tmp_path):
    (tmp_path / "secret").write_bytes(SECRET)
    honest(tmp_path / "inbound")
    return tmp_path / "inbound"


def collect(inbound: Path, capsys) -> str:
    into = inbound.parent / "submitted"
    main(["collect", str(inbound), "--from", "nbgrader", "--into", str(into)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return said.out + said.err


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", [f"{ONE}.ipynb", "timestamp.txt", "submission_secret.txt"])
def test_a_hostile_file_costs_its_own_submission_alone(inbound, capsys, kind, name):
    home = inbound / f"eve+{ONE}+{WHEN}+ffff"
    home.mkdir()
    (home / f"{ONE}.ipynb").write_bytes(BOOK)
    (home / name).unlink(missing_ok=True)
    FILES[kind](home / name)
    said = collect(inbound, capsys)
    assert (inbound.parent / "submitted" / "alove" / ONE / f"{ONE}.ipynb").read_bytes() == BOOK, (
        said
    )
    for path in (inbound.parent / "submitted").rglob("*"):
        assert not path.is_symlink()
        assert not path.is_file() or path.stat().st_size < 10**6
        assert not path.is_file() or SECRET not in path.read_bytes()


@pytest.mark.parametrize("seed", range(40))
def test_a_heap_of_anything_leaves_the_honest_ones_what_they_handed_in(inbound, capsys, seed):
    rng = random.Random(seed)
    honest(inbound, "bo")
    for k in range(12):
        home = inbound / f"{rng.choice(USERS)}+{rng.choice([ONE, '', 'x/../y'][:2])}+{k}+{k}"[:250]
        kind = rng.randrange(4)
        if home.exists() or home.is_symlink():
            continue
        if kind == 0:
            home.symlink_to(inbound.parent, target_is_directory=True)
        elif kind == 1:
            home.write_bytes(BOOK)
        else:
            home.mkdir()
            (home / "timestamp.txt").write_text(rng.choice(TIMES))
            for name in rng.sample([f"{ONE}.ipynb", "x\n.ipynb", "a.zip", ".ipynb"], 2):
                FILES[rng.choice(list(FILES))](home / name)
    said = collect(inbound, capsys)
    for user in ("alove", "bo"):
        path = inbound.parent / "submitted" / user / ONE / f"{ONE}.ipynb"
        assert path.read_bytes() == BOOK, said
    assert "\x1b" not in said and "\u202e" not in said
    written = {p for p in inbound.parent.rglob("*") if inbound not in (p, *p.parents)}
    assert {p.relative_to(inbound.parent).parts[0] for p in written} <= {"submitted", "secret"}


def test_a_folder_that_becomes_a_link_while_it_is_read_gives_nothing_out(inbound):
    home = inbound / f"eve+{ONE}+{WHEN}+ffff"
    home.mkdir()
    (home / f"{ONE}.ipynb").write_bytes(BOOK)
    read = Inbound(inbound)
    other = inbound.parent / "other"
    other.mkdir()
    (other / f"{ONE}.ipynb").write_bytes(SECRET)
    shutil.rmtree(home)
    home.symlink_to(other, target_is_directory=True)
    member = next(m for m in read.members if m.name.startswith("eve"))
    with pytest.raises(exchange.Refused, match="cannot be read"):
        read.read(member)


def test_a_file_that_goes_while_the_folder_is_listed_is_not_there(inbound, monkeypatch):
    lstat = Path.lstat

    def gone(path):
        if path.suffix == ".ipynb" and "eve" in str(path):
            raise FileNotFoundError(2, "No such file or directory")
        return lstat(path)

    home = inbound / f"eve+{ONE}+{WHEN}+ffff"
    home.mkdir()
    (home / f"{ONE}.ipynb").write_bytes(BOOK)
    monkeypatch.setattr(Path, "lstat", gone)
    assert [m.name.partition("+")[0] for m in Inbound(inbound).members] == ["alove", "alove"]


def test_a_folder_in_anothers_name_is_refused_where_folders_are_their_users(
    inbound, capsys, monkeypatch
):
    forged = inbound / f"alove+{ONE}+2026-10-07 00:00:00.000000 UTC+ffff"
    forged.mkdir()
    (forged / f"{ONE}.ipynb").write_bytes(b"forged")
    monkeypatch.setattr(exchange, "_owner", lambda home: "eve" if home == forged else "alove")
    said = collect(inbound, capsys)
    assert "its folder is eve's, and it is called alove's" in said
    assert (inbound.parent / "submitted" / "alove" / ONE / f"{ONE}.ipynb").read_bytes() == BOOK


def test_in_a_copy_of_an_exchange_the_owner_says_nothing(inbound, capsys, monkeypatch):
    honest(inbound, "bo")
    monkeypatch.setattr(exchange, "_owner", lambda home: "teacher")
    collect(inbound, capsys)
    assert {p.name for p in (inbound.parent / "submitted").iterdir() if p.is_dir()} >= {
        "alove",
        "bo",
    }
