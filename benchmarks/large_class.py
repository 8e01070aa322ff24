"""How grading holds in a large class: `python -m benchmarks.large_class`.

    --students 200      every chapter: that many notebooks, a third solved, a third half solved, a
                        third damaged (no metadata, an answer that Python cannot read)
    --many 2000         that many submissions of one chapter: does one cost the same at the end?
    --workers 2

Seconds are by the clock, from start to end. Memory is what a process holds for itself and its share
of what it has in common with others (PSS), the most that was seen, of each kind of process.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from autograder.authoring import source
from autograder.authoring.build import student_notebook, text
from autograder.course import COURSE, ROOT
from benchmarks.diagnosis import texts
from benchmarks.grading import CHAPTER, make_class

KINDS = {  # of processes, by what stands in their command line
    "autograder.sandbox.zygote": "warm parent",
    "forkserver": "worker",
    "-m autograder grade": "grader",
}
LOOK = 1.0  # seconds between two looks at the memory
PARTS = 4  # of the class, in the order in which it was graded
STAMP = re.compile(r"^(\S+ \S+),(\d+) INFO student")


class Ran(NamedTuple):
    """A run of `autograder grade`: seconds, MB by kind of process, when each was graded."""

    seconds: float
    memory: dict[str, float]
    times: list[float]


def make_chapter(root: Path, chapter: str, students: int) -> Path:
    """Write a class for one chapter: solved, half solved and damaged in turn; return its folder."""
    rng = np.random.default_rng(0)
    keys, stubs = source.keys(COURSE, chapter), source.stubs(COURSE, chapter)
    names = list(keys)
    for i in range(students):
        nb = student_notebook(COURSE, chapter)
        kind = ("solved", "half", "damaged")[i % 3]
        answers = dict(keys)
        if kind == "half":
            answers |= {name: stubs[name] for name in names[len(names) // 2 :]}
        name = str(rng.choice(names[: len(names) // 2 or 1]))
        wrong = [code for held, code in texts().get(name, []) if len(held) == 1]
        if kind == "half" and wrong:
            answers[name] = str(rng.choice(wrong))
        if kind == "damaged":
            answers[name] = answers[name].replace(":", "", 1)
        for cell in nb.cells:
            answer = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = answers.get(answer, cell.source)
            if kind == "damaged":
                cell.metadata = {}
                cell.pop("id", None)
        path = root / "submitted" / f"student{i:04d}" / chapter / f"{chapter}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text(nb), encoding="utf-8")
    return root / "submitted"


def grade(submitted: Path, out: Path, workers: int) -> Ran:
    """Grade a class in a process of its own, and watch it."""
    command = ["-m", "autograder", "grade", str(submitted), "--out", str(out), "--seed", "0"]
    memory: dict[str, float] = {}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *command, "--workers", str(workers)],
        cwd=out.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        watch = threading.Thread(target=_watch, args=(process, memory), daemon=True)
        watch.start()
        _, words = process.communicate()
    seconds = time.perf_counter() - began
    watch.join()
    if process.returncode:
        raise SystemExit(f"autograder {' '.join(command[2:])} failed:\n{words[-4000:]}")
    lines = (out / "grading.log").read_text(encoding="utf-8").splitlines()
    return Ran(seconds, memory, [_when(m) for line in lines if (m := STAMP.match(line))])


def _watch(process: subprocess.Popen[Any], memory: dict[str, float]) -> None:
    while process.poll() is None:
        for kind, mb in _held(process.pid):
            memory[kind] = max(memory.get(kind, 0.0), mb)
        time.sleep(LOOK)


def _held(grader: int) -> list[tuple[str, float]]:
    """Return kind and MB of the processes that a grader has started, and of itself."""
    parents: dict[int, int] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            stat = (place / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:  # it has ended
            continue
        parents[int(place.name)] = int(stat.rpartition(")")[2].split()[1])
    found = []
    for pid in parents:
        above = pid
        while above and above != grader:
            above = parents.get(above, 0)
        if above == grader:
            kind, mb = _kind(pid), _pss(pid)
            if kind and mb:
                found.append((kind, mb))
    return found


def _kind(pid: int) -> str:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((kind for mark, kind in KINDS.items() if mark in line), "")


def _pss(pid: int) -> float:
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


def _when(match: re.Match[str]) -> float:
    moment = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S")
    return moment.timestamp() + int(match[2]) / 1000


def rates(times: Sequence[float]) -> list[float]:
    """Return the seconds a submission of each part of a class, in the order of grading."""
    edges = [round(i * (len(times) - 1) / PARTS) for i in range(PARTS + 1)]
    return [(times[b] - times[a]) / (b - a) for a, b in itertools.pairwise(edges)]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_class")
    parser.add_argument("--students", type=int, default=200, help="of every chapter (200)")
    parser.add_argument("--many", type=int, default=2000, help="of one chapter (2000)")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gru-course-bench-") as scratch:
        root = Path(scratch)
        if args.students:
            print(f"every chapter, {args.students} students, {args.workers} workers")
        for chapter in COURSE.names if args.students else ():
            place = root / chapter
            ran = grade(make_chapter(place, chapter, args.students), place / "out", args.workers)
            each = ran.seconds / args.students
            print(f"  {chapter:24} {ran.seconds:7.1f} s  {each * 1000:6.0f} ms a submission")
        if args.many:
            print(f"{args.many} submissions of {CHAPTER}, {args.workers} workers")
            ran = grade(make_class(root / "many", args.many), root / "many" / "out", args.workers)
            parts = rates(ran.times)
            print(f"  {ran.seconds:.0f} s; ms a submission in each quarter: ", end="")
            print(", ".join(f"{1000 * r:.0f}" for r in parts), end="")
            print(f"; the last is {parts[-1] / median(parts):.2f} of the median")
            for kind, mb in sorted(ran.memory.items()):
                print(f"  {kind:12} {mb:6.0f} MB")


if __name__ == "__main__":
    main()
