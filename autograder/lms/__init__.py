"""Between a learning management system and the grader: a download in, a table of grades out.

In reading order, each module importing only from those above it:

| module | what it does |
|---|---|
| `archive` | a zip from outside, member by member, within bounds; nothing is unpacked to disk |
| `names` | what Moodle and Canvas write into a member's name; a student's directory name |
| `roster` | SUBMITTED/.roster.csv: which directory is which student of the LMS |
| `chapters` | which chapter a notebook is of: by its name, `--chapter`, its cells |
| `sift` | which members are collected, which passed over, which refused |
| `collect` | the command: an archive -> SUBMITTED/<student>/<chapter>/<chapter>.ipynb |
| `totals` | DIR/grades.csv -> one total a student and chapter |
| `export` | the command: totals -> csv, Canvas's gradebook import, Moodle's grading worksheet |
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add `collect` and `export` to the commands of `autograder`."""
    collect = commands.add_parser(
        "collect", help="unpack a Moodle or Canvas download into the layout that `grade` reads"
    )
    collect.add_argument("archive", type=Path, metavar="ARCHIVE", help="the zip, as downloaded")
    collect.add_argument("--from", dest="lms", required=True, choices=("moodle", "canvas"))
    collect.add_argument(
        "--into", type=Path, required=True, metavar="SUBMITTED", help="where `grade` reads"
    )
    collect.add_argument(
        "--chapter", metavar="NAME", help="the chapter of notebooks that are not named after one"
    )

    export = commands.add_parser("export", help="DIR/grades.csv -> a file that an LMS imports")
    export.add_argument("out", type=Path, metavar="DIR", help="what `grade` wrote to")
    export.add_argument("--to", required=True, choices=("csv", "canvas", "moodle"))
    export.add_argument(
        "--out", dest="file", type=Path, metavar="FILE", help="what to write (DIR/<format>.csv)"
    )
    export.add_argument(
        "--roster", type=Path, metavar="FILE", help="what `collect` noted (DIR/roster.csv)"
    )


def run(args: argparse.Namespace) -> int:
    """Run `collect` or `export` and return its exit status."""
    if args.command == "collect":
        from autograder.lms.collect import collect

        return collect(args.archive, args.lms, args.into, args.chapter)
    from autograder.lms.export import export

    return export(args.out, args.to, args.file, args.roster)
