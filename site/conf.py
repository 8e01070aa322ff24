"""Sphinx's settings; `build.py` lays the pages that they speak of."""

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
code = sorted(HERE.glob("*.py"))
made_by = hashlib.sha256(b"".join(p.read_bytes() for p in code)).hexdigest()

project = "The GRU course"
author = copyright = "the authors of the GRU course"
html_title = project
extensions = ["myst_nb", "mathml"]
html_math_renderer = "mathml"
nb_execution_mode = "off"  # executed.py runs the chapters
nb_ipywidgets_js = {}
myst_enable_extensions = ["colon_fence", "dollarmath", "fieldlist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nb_mime_priority_overrides = [("html", "text/html", 0)]
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False
suppress_warnings = ["config.cache"]

html_theme = "sphinx_book_theme"
html_static_path = ["static", "../build/site-static"]
html_css_files = ["site.css"]
html_js_files = ["frames.js", "theme.js"]
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_last_updated_fmt = None
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": False,
    "logo": {"text": project},
}
