"""`autograder`: the course's command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder import lms


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    args = _parser().parse_args(argv)
    try:
        return _run(args)
    except KeyboardInterrupt:
        print("\nautograder: stopped.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="The GRU course.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    lab = commands.add_parser("lab", help="open the course in JupyterLab")
    lab.add_argument("--no-browser", action="store_true", help="print the URL only")
    lab.add_argument("--port", type=int, help="the first port to try")

    reset = commands.add_parser("reset", help="give a chapter's notebook its stubs back")
    reset.add_argument("chapter", metavar="CHAPTER")

    commands.add_parser("build", help="solutions/*.py -> notebooks/*.ipynb")

    _add_grading(commands)
    lms.add_commands(commands)
    return parser


def _add_grading(commands: argparse._SubParsersAction) -> None:
    grade = commands.add_parser(
        "grade",
        help="grade SUBMITTED/<student>/<chapter>/<chapter>.ipynb into nbgrader's gradebook",
    )
    grade.add_argument("submitted", type=Path, metavar="SUBMITTED")
    grade.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go")
    grade.add_argument("--seed", type=_seed, metavar="N", help="draw these hidden cases")
    grade.add_argument("--chapter", nargs="+", default=[], metavar="NAME", help="only these")
    grade.add_argument("--force", action="store_true", help="also what is graded and unchanged")
    grade.add_argument(
        "--timeout", type=_seconds, default=10.0, metavar="S", help="seconds of one call (10)"
    )
    grade.add_argument(
        "--sandbox",
        choices=("required", "auto", "off"),
        default="required",
        help="run answers behind bubblewrap or not at all (the default), if it is there, or never",
    )
    grade.add_argument("--workers", type=_count, metavar="N", help="processes (as many as cores)")
    grade.add_argument("--dask", default="", metavar="tcp://HOST:8786", help="a Dask scheduler")
    for what, meaning in (
        ("ca", "authority's certificate, for a scheduler at tls://"),
        ("cert", "certificate of this machine"),
        ("key", "key of this machine"),
    ):
        grade.add_argument(f"--dask-{what}", default="", metavar="FILE", help=meaning)
    database = "the gradebook: postgresql://USER@HOST/NAME (DIR/gradebook.db)"
    grade.add_argument("--db", default="", metavar="URL", help=database)

    feedback = commands.add_parser(
        "feedback", help="write pages and grades.csv again, with the scores given by persons"
    )
    feedback.add_argument("out", type=Path, metavar="DIR")
    feedback.add_argument("--db", default="", metavar="URL", help="where it needs a password")

    report = commands.add_parser("report", help="write the class report again")
    report.add_argument("out", type=Path, metavar="DIR")

    form = commands.add_parser("formgrader", help="grade written answers in the browser")
    form.add_argument("out", type=Path, metavar="DIR", help="what `grade` wrote to")
    form.add_argument("--no-browser", action="store_true", help="print the URL only")
    form.add_argument("--port", type=int, help="the first port to try (8888)")
    form.add_argument("--db", default="", metavar="URL", help="where it needs a password")


def _run(args: argparse.Namespace) -> int:
    """Import what a command needs only when it is asked for: nbgrader alone takes a second."""
    if args.command == "lab":
        from autograder.workspace.lab import lab

        return lab(no_browser=args.no_browser, port=args.port)
    if args.command == "reset":
        from autograder.workspace.lab import reset_chapter

        return reset_chapter(args.chapter)
    if args.command == "build":
        from autograder.authoring.build import build

        for path in build():
            print(f"built {path.name}")
        return 0
    if args.command == "grade":
        return _grade(args)
    if args.command == "feedback":
        from autograder.grading.reports.rewrite import refresh

        return refresh(args.out, args.db)
    if args.command == "report":
        from autograder.grading.reports.class_report import report

        return report(args.out)
    if args.command == "formgrader":
        from autograder.grading.nbgrader.formgrader import formgrader

        return formgrader(args.out, args.port, not args.no_browser, args.db)
    return lms.run(args)


def _grade(args: argparse.Namespace) -> int:
    if args.submitted.is_dir() and not args.dask:
        from autograder.grading.run.worker import prepare

        prepare()  # the workers import while this process does
    from autograder.grading.run.grade import Options, grade
    from autograder.grading.run.pools import Tls

    options = Options(
        seed=args.seed,
        chapters=tuple(args.chapter),
        workers=args.workers,
        dask=args.dask,
        tls=Tls(args.dask_ca, args.dask_cert, args.dask_key),
        db=args.db,
        level=args.sandbox,
        timeout=args.timeout,
        force=args.force,
    )
    return grade(args.submitted, args.out, options)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 to 2³¹ - 1, not {text}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"a number of workers is from 1 to 1000, not {text}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError(f"seconds are a number above 0, not {text}")
    return seconds
