r"""The graded notebook, made so that nothing in it runs in the browser of who grades.

nbgrader's formgrader shows the notebook through nbconvert, which lets HTML in markdown and in
outputs through, follows any link, and hands mathematics to MathJax. Each change below works
whatever a parser makes of the text around it (code, mathematics, a list), for it does not ask:

| in the text | becomes | since |
|---|---|---|
| `<b`, `</`, `<!`, `<?` | `< b` … | a tag begins right after its `<`, everywhere |
| `](x`, `]: x` | `] (x`, `] : x` | no link; to the web and to a chapter it stays |
| `![` | `! [` | no picture is fetched; those that were pasted into the cell stay |
| `\href` … | `\ href` | MathJax sets letters in place of following a link or a style |

A text without these is left as it is, and a second time changes nothing.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection
from typing import Any


from autograder import sizes
from autograder.grading.notebooks import outputs
from autograder.grading.notebooks.effort import Effort
from autograder.grading.notebooks.normalise import OURS
from autograder.grading.notebooks.panel_html import clean_panel
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.notebooks.check_cells import is_check
from autograder.core.verdict import VERDICT_MIME

TAG = re.compile(r"<(?=[A-Za-z/!?])")
WEB = r"(?:https?://[A-Za-z0-9._~:/?#@!&*+,;=%-]+|[A-Za-z0-9_]+\.ipynb)\)"
LINK = re.compile(
    r"(?P<pasted>!\[[^][\\`<>\n]*\]\(attachment:(?P<name>[A-Za-z0-9_.-]+)\))"
    rf"|!(?=\[)|\](?=\((?!{WEB})|:)"
)
TEX = re.compile(
    r"\\(?=(?:href|require|style|class|cssId|unicode|bbox|enclose|mmlToken|toggle|mathtip|texttip)"
    r"(?![A-Za-z]))"
)
BASE64 = re.compile(r"[A-Za-z0-9+/\s]+=*\s*")
CELL_KEYS = ("nbgrader", OURS, "deletable", "editable")
NOTEBOOK_KEYS = ("kernelspec", "language_info", OURS)


def sanitize(nb: Any) -> Any:
    """Return a copy of a graded notebook that can be shown through nbconvert."""
    nb, effort = copy.deepcopy(nb), Effort()
    nb.metadata = type(nb.metadata)({k: nb.metadata[k] for k in NOTEBOOK_KEYS if k in nb.metadata})
    for cell in nb.cells:
        cell.metadata = type(cell.metadata)(
            {k: cell.metadata[k] for k in CELL_KEYS if k in cell.metadata}
        )
        if cell.cell_type == "code":
            check = is_check(cell)
            cell.outputs = [o for out in cell.outputs if (o := _output(out, check)) is not None]
        else:
            _pictures(cell)
            cell.source = effort.cut(markdown(cell.source, set(cell.get("attachments", {}))))
    return nb


def markdown(source: str, pictures: Collection[str] = ()) -> str:
    """Return markdown of which no parser makes a tag, a picture from elsewhere or an odd link."""

    def unlink(m: re.Match[str]) -> str:
        if m["pasted"] and m["name"] in pictures:
            return m[0]
        if m["pasted"]:  # nbconvert stops at a picture that is not there
            return m[0].replace("![", "! [").replace("](", "] (")
        return m[0] + " "

    text = TAG.sub("< ", plaintext(source, sizes.CELL_MARKDOWN))
    return TEX.sub(r"\\ ", LINK.sub(unlink, text))


def _output(output: Any, check: bool) -> Any:
    """Return an output as text, and a verdict with its panel; None for what has no text."""
    kind, data = output.output_type, output.get("data", {})
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return outputs.stream(plaintext(output.text, sizes.CELL_OUTPUT), name)
    if kind == "error":
        said = [plaintext(str(line), sizes.CELL_OUTPUT) for line in output.traceback[-40:]]
        ename, evalue = plaintext(str(output.ename), 200), plaintext(str(output.evalue), 2000)
        return outputs.error(ename, evalue, said)
    text = data.get("text/plain")
    kept = {"text/plain": plaintext(text, sizes.CELL_OUTPUT)} if isinstance(text, str) else {}
    if check and kind == "execute_result" and isinstance(data.get(VERDICT_MIME), dict):
        kept["text/html"] = TEX.sub(r"\\ ", clean_panel(str(data.get("text/html", ""))))
        kept[VERDICT_MIME] = data[VERDICT_MIME]
    if not kept:
        return None
    if kind == "execute_result":
        return outputs.result(kept, output.get("execution_count"))
    return outputs.shown(kept)


def _pictures(cell: Any) -> None:
    """Keep of the pasted pictures those that are pictures."""
    kept = {}
    for name, bundle in cell.get("attachments", {}).items():
        bundle = {
            kind: data
            for kind, data in bundle.items()
            if kind in ("image/png", "image/jpeg", "image/gif")
            and isinstance(data, str)
            and BASE64.fullmatch(data)
        }
        if bundle:
            kept[name] = bundle
    if kept:
        cell["attachments"] = kept
    else:
        cell.pop("attachments", None)
