"""`make lite`: the course in JupyterLite, where Python itself runs in the reader's browser.

A custom lock tells Pyodide of the course's wheel: a chapter's first cell, unchanged, imports
`autograder`, and the kernel finds and loads it with what it needs. So the files that a student
downloads are those of a release, and are graded like them. `wheels.py` fetches the parts.

The usual build takes Pyodide from its delivery network, version for version that of the kernel;
`--self-hosted` lays every file beside the page, which then asks nothing of another host.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import wheels
from elsewhere import WITHOUT_TORCH
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL

from autograder.course import COURSE, ROOT
from autograder.errors import UserError

EXTENSIONS = ("@jupyterlite/pyodide-kernel-extension", "@jupyter-widgets/jupyterlab-manager")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
HERE = Path(__file__).resolve().parent
PARTS = ROOT / "build" / "lite-parts"  # what was fetched, kept for the next build


def main() -> int:
    """Read what is asked for and build it."""
    parser = argparse.ArgumentParser(prog="make lite", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "lite")
    parser.add_argument("--self-hosted", action="store_true", help="lay Pyodide beside the page")
    parser.add_argument("--pyodide", type=Path, help="a folder with a full Pyodide; self-hosted")
    parser.add_argument("--partial", action="store_true", help="go on without what cannot be had")
    args = parser.parse_args()
    return make(args.out, args.self_hosted or bool(args.pyodide), args.pyodide, args.partial)


def make(
    out: Path, self_hosted: bool = False, pyodide: Path | None = None, partial: bool = False
) -> int:
    """Build into a folder and say so; return 0, or 1 after a sentence on what could not be had."""
    out = out.resolve()  # JupyterLite is run elsewhere
    try:
        lacking = build(out, self_hosted, pyodide)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    if lacking:
        print(f"Not to be had here, and not in the build: {', '.join(lacking)}.", file=sys.stderr)
        if not partial:
            print("Without them no chapter runs. --partial builds all the same.", file=sys.stderr)
            return 1
    size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
    print(f"The course for the browser is built, {size:.0f} MB: {out / 'lab' / 'index.html'}")
    print(f"A browser opens it from a server alone: python -m http.server -d {out}")
    return 0


def build(out: Path, self_hosted: bool, pyodide: Path | None = None) -> list[str]:
    """Build into a folder; return the wheels that could not be had.

    UserError where Pyodide itself cannot be had, or a program that makes the build fails.
    """
    laid = ROOT / "build" / "lite-pages"
    shutil.rmtree(laid, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    _lay_chapters(laid / "chapters")
    core = pyodide or wheels.core(PARTS)
    into = laid / "static" / "pyodide"
    into.mkdir(parents=True)
    lock, lacking = wheels.locked(core, into, PARTS, self_hosted)
    (into / "course-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    settings: dict[str, Any] = {
        "disablePyPIFallback": self_hosted,
        "loadPyodideOptions": {"lockFileURL": "./static/pyodide/course-lock.json"},
    }
    if self_hosted:
        wheels.copy_core(core, into)
    else:
        settings["pyodideUrl"] = f"{PYODIDE_CDN_URL}/pyodide.mjs"
    page = json.loads((HERE / "lite" / "jupyter-lite.json").read_text(encoding="utf-8"))
    page["jupyter-config-data"]["litePluginSettings"] = {KERNEL: settings}
    (laid / "jupyter-lite.json").write_text(json.dumps(page), encoding="utf-8")
    shutil.copyfile(HERE / "lite" / "overrides.json", laid / "overrides.json")
    _run_jupyterlite(laid, out)
    if not self_hosted:  # JupyterLite points at the folder because it is there
        _set(out / "jupyter-lite.json", "pyodideUrl", settings["pyodideUrl"])
    return lacking


def _lay_chapters(into: Path) -> None:
    into.mkdir(parents=True)
    for name in WITHOUT_TORCH:
        shutil.copyfile(COURSE.notebooks / f"{name}.ipynb", into / f"{name}.ipynb")
    shutil.copyfile(HERE / "lite" / "README.md", into / "README.md")


def _run_jupyterlite(laid: Path, out: Path) -> None:
    places = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    config = {
        "lite_dir": str(laid),
        "output_dir": str(out),
        "cache_dir": str(PARTS / "cache"),
        "contents": ["chapters"],
        "apps": ["lab"],
        "no_sourcemaps": True,
        "ignore_sys_prefix": ["federated_extensions"],  # of those installed here, two are wanted
        "federated_extensions": [str(places / name) for name in EXTENSIONS],
    }
    (laid / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": config}))
    command = [sys.executable, "-m", "jupyter", "lite", "build"]
    done = subprocess.run(command, cwd=laid, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"JupyterLite could not be built.\n{(done.stdout + done.stderr)[-2000:]}")


def _set(path: Path, name: str, value: str) -> None:
    page = json.loads(path.read_text(encoding="utf-8"))
    page["jupyter-config-data"]["litePluginSettings"][KERNEL][name] = value
    path.write_text(json.dumps(page, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
