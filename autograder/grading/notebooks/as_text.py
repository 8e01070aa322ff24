"""A notebook that was handed in as text -> its cells: Jupytext's and VS Code's `.py`, `.md`.

| form | a cell begins with |
|---|---|
| percent (Jupytext, VS Code, Spyder) | `# %%`, `#%%`, `# %% [markdown]` |
| Databricks' source | `# COMMAND ----------`; text in `# MAGIC %md` |
| light (Jupytext) | `# +`, and ends with `# -` |
| Markdown, MyST, R Markdown | a fence with the language python |
"""

from __future__ import annotations

import re

PERCENT = re.compile(r"^#\s?%%(?!%)(.*)$")
DATABRICKS = "# COMMAND ----------"
FENCE = re.compile(r"^(`{3,}|~{3,})\s*\{?(?:code-cell|\.?i?python3?|python,?)[^`]*$", re.IGNORECASE)
NAME = re.compile(r'"grade_id": *"(\w+)"')
OPTION = re.compile(r":[\w-]+:|\+\+\+")  # of MyST, whose longer ones stand between two ---
FORGED = re.compile(r"^#\s?([%!].*)$")  # a magic, as Jupytext comments it out


def cells(text: str) -> list[dict] | None:
    """Return the cells of a notebook in one of these forms, or None for another text."""
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\r\n", "\n")
    lines = _without_header(text.split("\n"))
    if lines and lines[0].startswith("# Databricks notebook source"):
        return _databricks(lines[1:])
    if any(PERCENT.match(line) for line in lines):
        return _percent(lines)
    if sum(bool(FENCE.match(line)) for line in lines) >= 2:
        return _markdown(lines)
    if "# +" in lines and "def " in text:
        return _light(lines)
    return None


def _without_header(lines: list[str]) -> list[str]:
    """Return a text without the settings between two lines of dashes with which it begins."""
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    mark = lines[first].strip()
    if mark in ("---", "# ---"):
        ends = [i for i in range(first + 1, min(len(lines), first + 200)) if lines[i] == mark]
        return lines[ends[0] + 1 :] if ends else lines
    return lines


def _cell(kind: str, lines: list[str], name: str = "") -> dict:
    about = {"nbgrader": {"grade_id": name}} if name else {}
    return {"cell_type": kind, "source": "\n".join(lines).strip("\n"), "metadata": about}


def _percent(lines: list[str]) -> list[dict]:
    made: list[dict] = []
    kind, name, body = "code", "", []
    for line in [*lines, "# %%"]:
        begins = PERCENT.match(line)
        if not begins:
            body.append(line)
            continue
        if "".join(body).strip():
            made.append(_cell(kind, _body(kind, body), name))
        title = begins[1]
        kind = "markdown" if re.search(r"\[(?:markdown|md)\]", title) else "code"
        kind = "raw" if "[raw]" in title else kind
        found = NAME.search(title)
        name, body = found[1] if found else "", []
    return made


def _body(kind: str, lines: list[str]) -> list[str]:
    if kind == "code":
        return [m[1] if (m := FORGED.match(line)) else line for line in lines]
    return _without_marks(lines)


def _without_marks(lines: list[str]) -> list[str]:
    """Return a text that stands in comments, or in one string, as it reads."""
    text = "\n".join(lines).strip()
    if quoted := re.fullmatch(r"r?(\"{3}|'{3})(.*)\1", text, re.DOTALL):
        return quoted[2].strip("\n").split("\n")
    return [re.sub(r"^# ?", "", line) for line in lines]


def _databricks(lines: list[str]) -> list[dict]:
    made: list[dict] = []
    body: list[str] = []
    for line in [*lines, DATABRICKS]:
        if line.strip() != DATABRICKS:
            body.append(line)
            continue
        text = [re.sub(r"^# MAGIC ?", "", x) for x in body if not x.startswith("# DBTITLE")]
        first = next((x for x in text if x.strip()), "")
        if first.startswith("%md"):
            made.append(_cell("markdown", "\n".join(text).replace("%md", "", 1).split("\n")))
        elif first:
            made.append(_cell("code", text))
        body = []
    return made


def _light(lines: list[str]) -> list[dict]:
    """Return the cells between `# +` and `# -`, and those that blank lines part."""
    made: list[dict] = []
    body: list[str] = []
    inside = False

    def end(kind: str = "") -> None:
        if "".join(body).strip():
            prose = all(line.startswith("#") for line in body if line.strip())
            kind = kind or ("markdown" if prose else "code")
            made.append(_cell(kind, _without_marks(body) if kind == "markdown" else body))
        body.clear()

    for line in lines:
        if re.match(r"# \+(?:\s|$)", line):
            end()
            inside = True
        elif line.strip() == "# -" and inside:
            end("code")
            inside = False
        elif not line.strip() and not inside and body and _is_over(body):
            end()
        else:
            body.append(line)
    end()
    return made


def _is_over(body: list[str]) -> bool:
    return all(line.startswith("#") for line in body) or not body[-1].startswith((" ", "\t"))


def _markdown(lines: list[str]) -> list[dict]:
    made: list[dict] = []
    body: list[str] = []
    fence = name = ""
    for line in lines:
        begins = FENCE.match(line)
        if not fence and begins:
            if "".join(body).strip():
                made.append(_cell("markdown", body))
            found = NAME.search(line)
            fence, name, body = begins[1], found[1] if found else "", []
        elif fence and line.strip() == fence:
            found = re.search(r"(?m)^ *grade_id: (\w+)", "\n".join(body))
            name = name or (found[1] if found else "")
            made.append(_cell("code", _without_options(body), name))
            fence, body = "", []
        else:
            body.append(line)
    if "".join(body).strip():
        made.append(_cell("code" if fence else "markdown", body))
    return made


def _without_options(body: list[str]) -> list[str]:
    if body and body[0].strip() == "---" and "---" in body[1:]:
        body = body[body.index("---", 1) + 1 :]
    return [line for line in body if not OPTION.match(line)]
