"""`python -m gru_ref bench`: print how fast the reference GRU is on this machine."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def main(arguments: list[str] | None = None) -> int:
    """Run the command in `arguments`, sys.argv's where None; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m gru_ref", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "bench",
        help="ratios to torch.nn.GRU, to a plain loop and to onnxruntime; options as printed by "
        "`python benchmarks/sequence.py --help`",
        add_help=False,
    )
    _, options = parser.parse_known_args(arguments)
    return bench(options)


def bench(options: list[str]) -> int:
    """Run benchmarks/sequence.py in a process of its own, since it sets the number of threads."""
    file = BENCHMARKS / "sequence.py"
    if not file.exists():
        print(
            f"{file.name} is not beside gru_ref: run this from a clone of the course, installed "
            f"with `pip install -e .`.",
            file=sys.stderr,
        )
        return 2
    return subprocess.run([sys.executable, str(file), *options]).returncode


if __name__ == "__main__":
    sys.exit(main())
