"""`autograder`: the course's command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


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

    grade = commands.add_parser(
        "grade", help="grade SUBMITTED/<student>/<chapter>/<chapter>.ipynb with nbgrader"
    )
    grade.add_argument("submitted", type=Path, metavar="SUBMITTED")
    grade.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go")
    grade.add_argument(
        "--seed", type=_seed, metavar="N", help="draw the hidden cases of an earlier run again"
    )
    grade.add_argument("--chapter", nargs="+", default=[], metavar="NAME", help="only these")
    grade.add_argument(
        "--timeout", type=_seconds, default=30.0, metavar="S", help="seconds a cell (30)"
    )

    feedback = commands.add_parser(
        "feedback", help="write pages and grades.csv again, with the scores given by persons"
    )
    feedback.add_argument("out", type=Path, metavar="DIR")

    form = commands.add_parser("formgrader", help="grade written answers in the browser")
    form.add_argument("out", type=Path, metavar="DIR", help="what `grade` wrote to")
    form.add_argument("--no-browser", action="store_true", help="print the URL only")
    form.add_argument("--port", type=int, help="the first port to try (8888)")
    return parser


def _run(args: argparse.Namespace) -> int:
    """Import what a command needs only when it is asked for: nbgrader alone takes a second."""
    if args.command == "lab":
        from autograder.lab import lab

        return lab(no_browser=args.no_browser, port=args.port)
    if args.command == "reset":
        from autograder.lab import reset_chapter

        return reset_chapter(args.chapter)
    if args.command == "build":
        from autograder.build import build

        for path in build():
            print(f"built {path.name}")
        return 0
    if args.command == "grade":
        from autograder.grading.grade import grade

        return grade(args.submitted, args.out, args.seed, args.chapter, args.timeout)
    if args.command == "feedback":
        from autograder.grading.grade import refresh

        return refresh(args.out)
    from autograder.grading.formgrader import formgrader

    return formgrader(args.out, args.port, not args.no_browser)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 to 2³¹ - 1, not {text}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError(f"seconds are a number above 0, not {text}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
