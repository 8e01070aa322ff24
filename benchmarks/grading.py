"""How fast a class is graded, against nbgrader's own way: `python -m benchmarks.grading`.

The same submissions go through `nbgrader autograde` as it comes, with its kernels, and through
`autograder grade` with one worker and with two. All run as an instructor runs them, in processes
of their own, start-up included; `autograder grade` also grades the key and writes every page, the
table and the class report, which `nbgrader autograde` does not. The scores must be the same.

Students are made from keys, from other right answers, from wrong ones and from stubs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from autograder.authoring import source
from autograder.authoring.build import instructor_notebook, student_notebook, text
from autograder.course import COURSE, ROOT
from benchmarks.diagnosis import texts

CHAPTER = "01_reset_gate"
SEED = 0  # what a check draws its cases from where nothing else is said, as in nbgrader's kernel
CONFIG = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.db_url = {db!r}
"""


def make_class(root: Path, students: int, chapter: str = CHAPTER) -> Path:
    """Write a class of submissions; return its directory."""
    rng = np.random.default_rng(students)
    keys, stubs = source.keys(COURSE, chapter), source.stubs(COURSE, chapter)
    blank = student_notebook(COURSE, chapter)
    for i in range(students):
        nb = blank.copy()
        nb.cells = [cell.copy() for cell in blank.cells]
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in keys:
                wrong = [code for holds, code in texts().get(name, []) if len(holds) == 1]
                kind = rng.choice(["key", "wrong", "stub"], p=[0.7, 0.25, 0.05])
                if kind == "wrong" and wrong:
                    cell.source = str(rng.choice(wrong))
                else:
                    cell.source = stubs[name] if kind == "stub" else keys[name]
        path = root / "submitted" / f"student{i:04d}" / chapter / f"{chapter}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text(nb), encoding="utf-8")
    return root / "submitted"


def run(*command: str, cwd: Path) -> tuple[float, float]:
    """Return wall seconds of a command, and the most memory of its main process in MB."""
    env = os.environ | {"AUTOGRADER_SEED": str(SEED), "PYTHONPATH": str(ROOT)}
    env["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), env["PATH"]))
    code = (
        "import resource, runpy, sys; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
        "finally: print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=cwd, env=env, capture_output=True, text=True
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return seconds, int(done.stdout.rsplit("peak ", 1)[1]) / 1024


def stock(root: Path, chapter: str = CHAPTER) -> float:
    """Return the seconds of `nbgrader autograde` over what is in root/submitted."""
    place = root / "source" / chapter / f"{chapter}.ipynb"
    place.parent.mkdir(parents=True)
    place.write_text(text(instructor_notebook(COURSE, chapter)), encoding="utf-8")
    db = f"sqlite:///{root / 'gradebook.db'}"
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root), db=db))
    run("nbgrader", "generate_assignment", chapter, cwd=root)
    seconds, _ = run("nbgrader", "autograde", chapter, cwd=root)
    return seconds


def ours(root: Path, submitted: Path, workers: int) -> tuple[float, float]:
    """Return the seconds of `autograder grade`, and the most memory of its main process in MB."""
    out = root / f"graded{workers}"
    command = ("autograder", "grade", str(submitted), "--out", str(out))
    return run(*command, "--workers", str(workers), "--seed", str(SEED), cwd=root)


def scores(db: Path) -> dict[tuple[str, str], float]:
    """Return every automatic score in a gradebook."""
    code = (
        "import json, sys, warnings; warnings.simplefilter('ignore')\n"
        "from nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///' + sys.argv[1]) as gb:\n"
        "    print(json.dumps([[s.student_id, g.name, g.auto_score] for a in gb.assignments\n"
        "        for s in a.submissions for n in s.notebooks for g in n.grades]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(db)], capture_output=True, text=True)
    return {(student, name): score for student, name, score in json.loads(done.stdout)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading")
    parser.add_argument("--students", type=int, default=20, help="compared with nbgrader (20)")
    parser.add_argument("--more", type=int, nargs="*", default=[200], help="without nbgrader (200)")
    parser.add_argument("--markdown", action="store_true", help="print the README's table alone")
    args = parser.parse_args()
    say = (lambda *words: None) if args.markdown else print
    table: list[tuple[int, str, float, float | None]] = []  # students, by what, seconds, ratio
    cores = len(os.sched_getaffinity(0))
    say(f"{CHAPTER}, {cores} cores, seconds from start to end\n")
    with tempfile.TemporaryDirectory(prefix="gru-course-bench-") as scratch:
        root = Path(scratch)
        submitted = make_class(root, args.students)
        plain = stock(root)
        say(f"{args.students:>5} students  nbgrader autograde       {plain:7.1f} s")
        table.append((args.students, "`nbgrader autograde`", plain, None))
        wanted = scores(root / "gradebook.db")
        for workers in (1, 2):
            seconds, peak = ours(root, submitted, workers)
            same = scores(root / f"graded{workers}" / "gradebook.db") == wanted
            if args.markdown and not same:
                raise SystemExit("The scores are not nbgrader's: there is nothing to compare.")
            table.append((args.students, _workers(workers), seconds, plain / seconds))
            say(
                f"{args.students:>5} students  autograder, {workers} worker(s)  {seconds:7.1f} s  "
                f"{plain / seconds:5.1f} x   {'the same' if same else 'OTHER'} scores   "
                f"{peak:.0f} MB"
            )
        for students in args.more:
            for workers in (1, 2):
                place = root / f"more{students}-{workers}"
                seconds, peak = ours(place, make_class(place, students), workers)
                each = seconds / students
                ratio = plain / args.students / each
                table.append((students, _workers(workers), seconds, ratio))
                say(
                    f"{students:>5} students  autograder, {workers} worker(s)  {seconds:7.1f} s  "
                    f"{ratio:5.1f} x a submission   {peak:.0f} MB"
                )
    if args.markdown:
        print(markdown(table), end="")


def _workers(workers: int) -> str:
    return f"`autograder grade`, {workers} worker{'s' * (workers != 1)}"


def markdown(table: list[tuple[int, str, float, float | None]]) -> str:
    """Return the README's table."""
    lines = ["students | | seconds | times as fast, a submission", "---|---|---|---"]
    lines += [f"{n} | {by} | {s:.1f} | {f'{x:.1f}' if x else ''}" for n, by, s, x in table]
    return "".join(f"  | {' '.join(line.split())} |\n" for line in lines)


if __name__ == "__main__":
    main()
