"""The chapters of the browser, solved, beside the packages that Pyodide has and no others.

`python -m tests.site.browser_versions [CHAPTER ...]` makes an environment in build/ with the
course's wheel and what it needs at the versions of Pyodide's lock, runs the chapters there with
their keys, and says of each how many checks passed. A version that this Python cannot have is
named and left free: the lock is of another Python than most machines have.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.site.conftest import ROOT

PARTS = ROOT / "build" / "lite-parts"
PLACE = ROOT / "build" / "browser-versions"
RUN = """
import json, os, sys
os.environ["MPLBACKEND"] = "Agg"
from IPython.core.interactiveshell import InteractiveShell
shell, passed, wrong = InteractiveShell.instance(), 0, []
shell.colors = "NoColor"
for text in json.load(open(sys.argv[1])):
    result = shell.run_cell(text)
    verdict = getattr(result.result, "verdict", None)
    if not result.success or (verdict is not None and verdict.status != "passed"):
        wrong.append(text[:80])
    passed += verdict is not None and verdict.status == "passed"
print("\\nSAID " + json.dumps([passed, wrong]))
"""


def made():
    """Return the Python of an environment with Pyodide's versions; those left free are printed."""
    import wheels

    lock = json.loads((wheels.core(PARTS) / "pyodide-lock.json").read_text(encoding="utf-8"))
    names = wheels.closure(lock["packages"], wheels.ASKED)
    pins = {n: f"{lock['packages'][n]['name']}=={lock['packages'][n]['version']}" for n in names}
    venv.create(PLACE, with_pip=True, clear=True)
    python = PLACE / "bin" / "python"
    for name, pin in sorted(pins.items()):
        ask = [python, "-m", "pip", "download", "-q", "--no-deps", "-d", PLACE / "there", pin]
        if subprocess.run(ask, capture_output=True).returncode:
            print(f"Left free, since this Python cannot have it: {pin}", flush=True)
            del pins[name]
    (PLACE / "pins.txt").write_text("\n".join(pins.values()))
    wheel = wheels.ours(PARTS)
    command = [python, "-m", "pip", "install", "-q", "-c", PLACE / "pins.txt", wheel]
    subprocess.run(command, check=True)
    return python


def solved(python, chapter):
    """Return how many checks passed, and the cells that failed or did not pass."""
    import executed

    cells = [c.source for c in executed.solved(chapter).cells if c.cell_type == "code"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "cells.json").write_text(json.dumps(cells), encoding="utf-8")
        command = [python, "-c", RUN, "cells.json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if "SAID " not in done.stdout:
        return 0, [done.stderr[-500:]]
    return json.loads(done.stdout.rpartition("SAID ")[2])


def main(chapters):
    """Run the chapters; return how many of them have a cell that is wrong, 1 at most."""
    from elsewhere import WITHOUT_TORCH

    from autograder.course import COURSE

    python, bad = made(), 0
    for chapter in chapters or WITHOUT_TORCH:
        passed, wrong = solved(python, chapter)
        due = len(COURSE.chapter(chapter).exercises)
        print(f"{chapter}: {passed} of {due} checks passed, {len(wrong)} cells failed", flush=True)
        print(*(f"  {text!r}\n" for text in wrong), sep="", end="")
        bad += bool(wrong) or passed != due
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
