"""`autograder`: the course's command line."""

from __future__ import annotations

import argparse
import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(prog="autograder", description="The GRU course.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="solutions/*.py -> notebooks/*.ipynb")
    args = parser.parse_args(argv)
    if args.command == "build":
        from autograder.build import build

        for path in build():
            print(f"built {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
