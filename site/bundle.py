"""What the pages' scripts are made of: modules in one file each, the palette, the review's gates.

A page that is opened as a file may load no module, so a page's modules become one plain script.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from gru_ref.figures.palette import BRIGHTER, COLOURS, brightened

HERE = Path(__file__).resolve().parent
SCRIPTS = {"touch.js": ("gru.js", "presets.js", "chart.js", "touch.js"), "front.js": ("front.js",)}


def write(into: Path) -> None:
    """Write the scripts and the palette into a folder of static files."""
    into.mkdir(parents=True, exist_ok=True)
    for name, modules in SCRIPTS.items():
        _write(into / name, bundled(modules))
    _write(into / "palette.css", palette())


def bundled(modules: tuple[str, ...]) -> str:
    """Return modules as one script: in order of use, without their imports and exports."""
    parts = [(HERE / "js" / name).read_text(encoding="utf-8") for name in modules]
    text = re.sub(
        r"^import .*?;\n|^export (?=function|const|class)", "", "".join(parts), flags=re.M
    )
    review = json.loads((HERE / "review.json").read_text(encoding="utf-8"))
    text = text.replace("REVIEW_JSON", json.dumps(review, separators=(",", ":")))
    return '(() => {\n"use strict";\n' + text + "})();\n"


def palette() -> str:
    """Return the figures' colours as CSS: each quantity's, brighter on a dark page."""
    light = "".join(f"--{name}:{c};" for name, c in COLOURS.items())
    dark = "".join(f"--{name}:{brightened(c, BRIGHTER)};" for name, c in COLOURS.items())
    return f":root{{{light}}}\nhtml[data-theme=dark]{{{dark}}}\n"


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
