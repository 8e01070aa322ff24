"""`make gpu`: everything of the course that needs an NVIDIA card, and a table of what held.

python -m tests.helpers.card [--full] [OPTIONS OF bench --gpu]

The tests that are marked `needs("gpu")`, what a compiler says of the kernels (`bench --kernels`),
and `bench --gpu`; with --full also `compare --preset full`, which takes hours. Status 1 where
something did not hold, 0 where all did or where there is no card.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from tests.helpers.parts import lacking

TESTS = "tests/gru_ref"
SKIPPED = "skipped"


class Row(NamedTuple):
    """What was checked, whether it held (None: it was skipped), and a word on it."""

    what: str
    held: bool | None
    word: str = ""


class OnCard:
    """A plugin of pytest that runs the tests of a card alone, and keeps how each ended."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Leave out every test that needs no card."""
        chosen = [i for i in items if any("gpu" in m.args for m in i.iter_markers("needs"))]
        config.hook.pytest_deselected(items=[i for i in items if i not in chosen])
        items[:] = chosen

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a test ended, under the name of its function."""
        if report.when == "call" or report.outcome != "passed":
            file, _, test = report.nodeid.partition("::")
            name = test.partition("[")[0].removeprefix("test_").replace("_", " ")
            held = None if report.outcome == SKIPPED else report.outcome == "passed"
            word = str(report.longrepr).splitlines()[-1] if held is False else ""
            self.rows.setdefault(name, []).append(Row(report.nodeid, held, word))


def run_tests(*arguments: str) -> list[Row]:
    """Run the tests of a card; return a row for each function, how many of its cases held."""
    plugin = OnCard()
    status = pytest.main(["-q", "-p", "no:cacheprovider", *arguments], plugins=[plugin])
    rows = [_together(name, cases) for name, cases in plugin.rows.items()]
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not rows:
        rows.append(Row("the tests of a card", False, f"pytest ended with status {int(status)}"))
    return rows


def _together(name: str, cases: list[Row]) -> Row:
    failed = [case for case in cases if case.held is False]
    ran = [case for case in cases if case.held is not None]
    if not ran:
        return Row(name, None)
    word = f"{len(ran) - len(failed)} of {len(ran)}"
    return Row(name, not failed, f"{word}; {failed[0].what}: {failed[0].word}" if failed else word)


def command(*words: str) -> Row:
    """Run `python -m gru_ref WORDS`, whose output is shown; return whether it ended with 0."""
    print(f"\n$ python -m gru_ref {' '.join(words)}", flush=True)
    status = subprocess.run([sys.executable, "-m", "gru_ref", *words]).returncode
    return Row(f"gru_ref {' '.join(words)}", status == 0, f"status {status}" if status else "")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text, those that did not hold marked."""
    said = {True: "held", False: "DID NOT HOLD", None: SKIPPED}
    width = max(len(row.what) for row in rows)
    return "\n".join(
        f"{row.what:{width}}  {said[row.held]:12}  {row.word}".rstrip() for row in rows
    )


def card() -> str:
    """Return the card's name, its memory and the versions that ran."""
    import torch

    there = torch.cuda.get_device_properties(0)
    return (
        f"{there.name}, {there.total_memory / 2**30:.0f} GiB, torch {torch.__version__}, "
        f"CUDA {torch.version.cuda}"
    )


def main(arguments: Sequence[str]) -> int:
    """Run it all; return the exit status."""
    if why := lacking("gpu"):
        print(f"Nothing is checked on a card, since there is none: {why}")
        return 0
    options = [word for word in arguments if word != "--full"]
    rows = run_tests(TESTS)
    rows += [
        command("bench", "--kernels") if not lacking("triton") else Row("bench --kernels", None),
        command("bench", "--gpu", *options),
    ]
    if "--full" in arguments:
        rows.append(command("compare", "--preset", "full", "--out", "runs/full"))
    print(f"\nOn {card()}:\n{table(rows)}")
    return 1 if any(row.held is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
