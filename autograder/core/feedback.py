"""A verdict as a student reads it: an HTML panel, and the same as plain text.

Colours are translucent, text takes the page's own colour: the panel reads on light and on dark.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from autograder.core.verdict import (
    BROKEN,
    ERROR,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    FailingCase,
    Verdict,
)

COLOUR = {
    PASSED: "46, 160, 67",
    FAILED: "218, 54, 51",
    ERROR: "218, 54, 51",
    NOT_ATTEMPTED: "130, 140, 150",
    BROKEN: "163, 113, 247",
}
SIGN = {PASSED: "✓", FAILED: "✗", ERROR: "✗", NOT_ATTEMPTED: "○", BROKEN: "⚠"}
NO_POINTS = "No points yet: the values come first."
CODE = (
    "font-family:var(--jp-code-font-family, ui-monospace, monospace);font-size:.92em;"
    "white-space:pre;overflow-x:auto;margin:.3em 0;padding:.45em .7em;"
    "background:rgba(128,128,128,.12);border-radius:4px;color:inherit;border:0;"
)


DIGITS, MOST_DIGITS = 4, 16
WIDTH = 88  # characters
PARTS = 3  # of a result of many arrays, those that are shown; the others are named
ROWS = 14  # of arguments that a panel shows; more are behind a title


def numbers(value: Any, digits: int = DIGITS) -> str:
    """Return a value of a case as short text: arrays on their own lines where they need it."""
    if isinstance(value, str):
        return value
    if hasattr(value, "_fields"):
        rows = [f"{k} = {numbers(v, digits)}" for k, v in value._asdict().items()]
        return "\n".join(rows) if any("\n" in row for row in rows) else _side_by_side(rows)
    if isinstance(value, tuple):
        return "\n".join(f"[{i}]\n{numbers(v, digits)}" for i, v in enumerate(value))
    if callable(value):
        return str(value)
    a = np.asarray(value)
    if a.dtype.kind not in "fiub":
        return repr(value)
    with np.printoptions(precision=digits, suppress=True, linewidth=WIDTH, threshold=60):
        if a.ndim == 0:
            return f"{a:.{digits + 2}g}"
        size = np.abs(a[np.isfinite(a) & (a != 0)])
        if size.size and size.min() < 1e-3:  # four decimals would show nothing of it
            return np.array2string(
                a, separator=", ", formatter={"float": lambda v: f"{v:.{digits}g}"}
            )
        return np.array2string(a, separator=", ")


def _side_by_side(rows: list[str]) -> str:
    """Return short rows, as many in a line as there is room for."""
    lines: list[str] = []
    for row in rows:
        if lines and len(lines[-1]) + len(row) + 3 <= WIDTH:
            lines[-1] += f"   {row}"
        else:
            lines.append(row)
    return "\n".join(lines)


def _shown(parts: dict[str, np.ndarray] | str, digits: int = DIGITS) -> str:
    if isinstance(parts, str):
        return parts
    return "\n".join(_line(k, v, digits) for k, v in parts.items())


def _both(seen: Any, expected: Any) -> tuple[str, str]:
    """Return both as text, with as many digits as it takes to see where they differ."""
    for digits in range(DIGITS, MOST_DIGITS + 1, 2):
        texts = _shown(seen, digits), _shown(expected, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _line(name: str, value: Any, digits: int = DIGITS) -> str:
    text = numbers(value, digits)
    if not name or isinstance(value, tuple):
        return text if not name or hasattr(value, "_fields") else f"{name}:\n{text}"
    return f"{name} = " + text.replace("\n", "\n" + " " * (len(name) + 3))


def _only_differing(case: FailingCase) -> tuple[Any, Any]:
    """Return seen and expected, without the parts of a tuple that agree, and the first of them."""
    seen, expected = case.seen, case.expected
    if isinstance(seen, str) or len(expected) < 2:
        return seen, expected
    wrong = [k for k in expected if not _agree(seen[k], expected[k])][:PARTS]
    if not wrong:
        return seen, expected
    return {k: seen[k] for k in wrong}, {k: expected[k] for k in wrong}


def _agree(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, 1e-7, 1e-9))


def _left_out(case: FailingCase) -> str:
    """Return the sentence that names the wrong parts that are not shown, "" where all are."""
    if isinstance(case.seen, str):
        return ""
    wrong = [k for k in case.expected if not _agree(case.seen[k], case.expected[k])]
    return f"Wrong too: {', '.join(wrong[PARTS:])}." if len(wrong) > PARTS else ""


def _title(verdict: Verdict) -> str:
    return f"{verdict.exercise}: {verdict.status}"


def _points(verdict: Verdict) -> str:
    unit = "point" if verdict.max_score == 1 else "points"
    return f"{verdict.score:g} of {verdict.max_score:g} {unit}"


def as_text(verdict: Verdict, solution: str = "", beside: str = "") -> str:
    """Return the verdict as plain text; after a pass with the solution, and what `beside` says."""
    lines = [f"{SIGN[verdict.status]} {_title(verdict)}, {_points(verdict)}"]
    if verdict.cause:
        lines += ["", verdict.cause]
    lines += [f"Note: {r}" for r in verdict.remarks]
    if verdict.case:
        seen, expected = _only_differing(verdict.case)
        lines += ["", "The smallest failing case:"]
        lines += ["  " + row for k, v in verdict.case.inputs.items() for row in _rows(k, v)]
        if verdict.shows:
            lines.append(f"Compared is {verdict.shows}.")
        yours, due = _both(seen, expected)
        lines += _block("yours:", yours) + _block("expected:", due)
        if left_out := _left_out(verdict.case):
            lines.append(left_out)
    if verdict.aspects and verdict.status != PASSED:
        parts = ", ".join(_aspect_text(a) for a in verdict.aspects)
        lines += ["", f"Points: {parts}" if verdict.score else NO_POINTS]
    if solution and verdict.status == PASSED:
        lines += ["", "One way to write it:", solution, *(["", beside] if beside else [])]
    return "\n".join(lines)


def _rows(name: str, value: Any) -> list[str]:
    return _line(name, value).split("\n")


def _block(label: str, text: str) -> list[str]:
    rows = text.split("\n")
    return [f"{label:<10}{rows[0]}"] + [" " * 10 + row for row in rows[1:]]


def _aspect_text(a: Any) -> str:
    return f"{'✓' if a.passed else '✗'} {a.name} {a.points:g}/{a.max_points:g}"


def as_html(verdict: Verdict, solution: str = "", beside: str = "") -> str:
    """Return the verdict as one self-contained HTML panel.

    After a pass the solution stands behind a title; `beside`, HTML that holds it, in its place.
    """
    rgb = COLOUR[verdict.status]
    out = [
        f'<div class="autograder-verdict" data-status="{verdict.status}" '
        f'style="border-left:5px solid rgb({rgb});background:rgba({rgb},.10);'
        "padding:.7em 1em;border-radius:4px;margin:.3em 0;max-width:60em;line-height:1.45;"
        'color:inherit">',
        f'<div style="display:flex;justify-content:space-between;gap:1em;flex-wrap:wrap">'
        f"<b>{SIGN[verdict.status]} {escape(_title(verdict))}</b>"
        f"<span>{_points(verdict)}</span></div>",
    ]
    if verdict.cause:
        out.append(f'<div style="margin-top:.45em">{prose(verdict.cause)}</div>')
    for remark in verdict.remarks:
        out.append(f'<div style="margin-top:.3em;opacity:.85">{prose(remark)}</div>')
    if verdict.case:
        out.append(_case_html(verdict, verdict.case))
    if verdict.aspects and verdict.status != PASSED:
        chips = " ".join(_aspect_html(a) for a in verdict.aspects)
        marks = chips if verdict.score else NO_POINTS
        out.append(f'<div style="margin-top:.5em;font-size:.92em">{marks}</div>')
    if solution and verdict.status == PASSED:
        title = "One way to write it, beside yours" if beside else "One way to write it"
        shown = beside or f'<pre style="{CODE}">{escape(solution)}</pre>'
        out.append(
            '<details style="margin-top:.45em"><summary style="cursor:pointer">'
            f"{title}</summary>{shown}</details>"
        )
    out.append("</div>")
    return "\n".join(out)


def _case_html(verdict: Verdict, case: FailingCase) -> str:
    seen, expected = _only_differing(case)
    rows = [row for k, v in case.inputs.items() for row in _rows(k, v)]
    given = f'<pre style="{CODE}">{escape(chr(10).join(rows))}</pre>'
    if len(rows) > ROWS:
        title = f'<summary style="cursor:pointer">The arguments, {len(rows)} lines</summary>'
        given = f"<details>{title}{given}</details>"
    body = [given]
    if verdict.shows:
        body.append(f"<div>Compared is {prose(verdict.shows)}.</div>")
    cell = "padding:.15em .8em .15em 0;vertical-align:top;text-align:left;border:0"
    mono = f'style="{CODE};margin:0"'
    table = "".join(
        f'<tr style="background:none"><td style="{cell}">{label}</td>'
        f'<td style="{cell}"><pre {mono}>{escape(text)}</pre></td></tr>'
        for label, text in zip(("yours", "expected"), _both(seen, expected), strict=True)
    )
    body.append(
        '<table style="border-collapse:collapse;border:0;margin:.2em 0;color:inherit">'
        f"{table}</table>"
    )
    if left_out := _left_out(case):
        body.append(f"<div>{escape(left_out)}</div>")
    return (
        '<div style="margin-top:.5em"><span style="opacity:.85">The smallest failing case '
        f"({escape(case.aspect)})</span>{''.join(body)}</div>"
    )


def _aspect_html(a: Any) -> str:
    rgb = COLOUR[PASSED if a.passed else FAILED]
    return (
        f'<span style="display:inline-block;background:rgba({rgb},.18);border-radius:9px;'
        f'padding:0 .6em;margin:.1em .2em .1em 0">{"✓" if a.passed else "✗"} {escape(a.name)} '
        f"{a.points:g}/{a.max_points:g}</span>"
    )


def prose(text: str) -> str:
    """Return text as HTML; what stands between backticks is code."""
    pieces = escape(text).split("`")
    code = '<code style="background:rgba(128,128,128,.15);color:inherit;padding:0 .25em">'
    return "".join(p if i % 2 == 0 else f"{code}{p}</code>" for i, p in enumerate(pieces))
