"""`nbgrader release_feedback` and `nbgrader export` work on what was graded here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nbgrader.utils import notebook_hash

from autograder.grading.people.enrolment import ENROLLED, Member
from tests.autograder.grading.store.classroom import came, opened
from tests.helpers.submissions import CHAPTER


def test_release_feedback_puts_each_page_where_the_exchange_looks_for_it(tmp_path):
    with opened(tmp_path) as room:
        ada = room.hand_in("ada", "2026-10-06 12:00:00.000000 UTC")
        (ada.path.parent / "submission_secret.txt").write_text("ab" * 64)
        room.grade(ada, came())
        room.grade(room.hand_in("bo"), came())
        zoe = Member("zoe", "Zoe", state=ENROLLED)
        room.directory.agreed = room.directory.agreed._replace(members={"zoe": zoe})
        room.writer().write_absent("zoe", CHAPTER)
        exchange = tmp_path / "exchange"
        exchange.mkdir()
        command = [
            *(str(Path(sys.executable).with_name("nbgrader")), "release_feedback", CHAPTER),
            *("--course", "c1", f"--Exchange.root={exchange}"),
        ]
        done = subprocess.run(command, cwd=room.root, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        pages = {p.stem: p.read_text() for p in (exchange / "c1" / "feedback").iterdir()}
        assert len(pages) == 3
        assert '"sigmoid": 2.0' in pages[notebook_hash(secret="ab" * 64, notebook_id=CHAPTER)]


def test_export_leaves_our_own_table_alone(tmp_path):
    with opened(tmp_path) as room:
        room.grade(room.hand_in("ada"), came())
        (room.root / "grades.csv").write_text("ours")
        nbgrader = str(Path(sys.executable).with_name("nbgrader"))
        command = [nbgrader, "export"]
        done = subprocess.run(command, cwd=room.root, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert (room.root / "grades.csv").read_text() == "ours"
        assert "ada" in (room.root / "nbgrader_grades.csv").read_text()
