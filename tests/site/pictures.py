"""The README's pictures of the built site: `python -m tests.site.pictures` writes them to docs/."""

from playwright.sync_api import sync_playwright

from tests.helpers.parts import browser
from tests.site.conftest import ROOT

SITE = ROOT / "build" / "site"
SHOWN = {  # a file of docs/ -> the page, and what of it
    "touch_page.png": ("touch.html", "#touch"),
    "rounds_heat_map.png": ("chapters/10_parallel.html", "img.gru-figure[alt*='18 rounds']"),
}
EDGE = 14  # pixels of the page around it


def main():
    """Write each as a picture of a light page, with a margin."""
    with sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        for name, (page, part) in SHOWN.items():
            tab = chromium.new_page(viewport={"width": 1380, "height": 1100}, color_scheme="light")
            tab.set_default_timeout(120_000)
            tab.goto((SITE / page).as_uri())
            seen = tab.locator(part).first
            seen.scroll_into_view_if_needed()
            x, y, width, height = seen.bounding_box().values()
            clip = {"x": x - EDGE, "y": y - EDGE, "width": width + 2 * EDGE}
            tab.screenshot(path=ROOT / "docs" / name, clip={**clip, "height": height + 2 * EDGE})
            print(f"docs/{name}: {(ROOT / 'docs' / name).stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
