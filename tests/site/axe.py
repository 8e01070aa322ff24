"""What axe-core finds on a page that is serious or critical; `python -m tests.site.axe` for all.

All: every page of the site, two feedback pages and a class report, light and dark, 1280 and 400
pixels wide. The review page is in the tests alone; JupyterLite's own pages are JupyterLab's.
"""

import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.helpers.parts import browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SITE = Path(__file__).resolve().parents[2] / "build" / "site"
WIDTHS, SCHEMES = (1280, 400), ("light", "dark")
FIND = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(v => ["serious", "critical"].includes(v.impact))
    .flatMap(v => v.nodes.map(n => `${v.id}: ${n.target.join(" ")}: ${n.html.slice(0, 120)}`))"""


def faults(chromium, url, scheme="light", width=1280, shows="body"):
    """Return a line for each serious or critical fault of a page, once it shows something."""
    context = chromium.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    try:
        page.set_default_timeout(120_000)  # ms; how long a busy machine may take
        page.goto(url)
        page.locator(shows).first.wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate(AXE)
        return page.evaluate(FIND)
    finally:
        context.close()


def grading_pages(into, names=("honest", "hostile", "report")):
    """Make feedback pages and a class report, with all that students can write; their paths."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.helpers.hostile", str(into)]
    subprocess.run(command, check=True, capture_output=True)
    return [Path(into) / f"{name}.html" for name in names]


def main():
    """Print the faults of all pages; return their number, 1 at most."""
    found = 0
    with sync_playwright() as tool, tempfile.TemporaryDirectory() as folder:
        chromium = tool.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        ours = [p.relative_to(SITE) for p in sorted(SITE.rglob("*.html"))]
        every = [SITE / p for p in ours if p.parts[0] not in ("_static", "lite")]
        every += grading_pages(folder)
        for page in every:
            for scheme in SCHEMES:
                for width in WIDTHS:
                    for fault in faults(chromium, page.as_uri(), scheme, width):
                        print(f"{page.name} {scheme} {width}: {fault}", flush=True)
                        found += 1
        print(f"{len(every)} pages, {len(SCHEMES) * len(WIDTHS)} times each: {found} faults.")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
