"""A solved chapter as the tools that people use write it to a file.

Each writer makes what its tool makes of a notebook that was handed out: which metadata and ids are
left, how sources and outputs are laid out, how the JSON is written.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import nbformat

from tests.helpers.reworked import Cell

IPYKERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "version": "3.11.4", "mimetype": "text/x-python"}
Writer = Callable[[list[Cell]], bytes]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _name(cell: Cell) -> dict[str, Any]:
    return {"nbgrader": {"grade_id": cell.name, "schema_version": 3}} if cell.name else {}


def _cell(cell: Cell, metadata: dict, source: Any = None, count: Any = None, **more: Any) -> dict:
    made = {"cell_type": cell.kind, "metadata": metadata, **more}
    made["source"] = _lines(cell.text) if source is None else source
    if cell.kind == "code":
        made |= {"execution_count": count, "outputs": []}
    return made


def _notebook(cells: list[dict], minor: Any = 5, major: Any = 4, **metadata: Any) -> dict:
    about = {"kernelspec": IPYKERNEL, "language_info": LANGUAGE} | metadata
    return {"cells": cells, "metadata": about, "nbformat": major, "nbformat_minor": minor}


def _json(nb: dict, **how: Any) -> bytes:
    return (json.dumps(nb, **({"indent": 1, "ensure_ascii": False} | how)) + "\n").encode()


def _plain(cells: list[Cell]) -> dict:
    return _notebook([_cell(c, _name(c), count=i, id=c.id) for i, c in enumerate(cells)])


def jupyterlab(cells: list[Cell]) -> bytes:
    return _json(_plain(cells))


def classic(cells: list[Cell]) -> bytes:
    """Jupyter Notebook 6: no ids."""
    return _json(_notebook([_cell(c, _name(c)) for c in cells], minor=4))


def colab(cells: list[Cell]) -> bytes:
    made = []
    for i, c in enumerate(cells):
        about = {**_name(c), "id": f"Kx3_{i:08d}"}
        if c.kind == "code":
            about |= {"colab": {"base_uri": "https://localhost:8080/"}, "outputId": str(i)}
        made.append(_cell(c, about, count=i))
    kernel = {"name": "python3", "display_name": "Python 3"}
    about = {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU"}
    return _json(_notebook(made, minor=0, kernelspec=kernel, **about), indent=2)


def vscode_old(cells: list[Cell]) -> bytes:
    """The Python extension of 2020: metadata and ids are gone."""
    made = [
        _cell(c, {"tags": []} if c.kind == "code" else {}, count=i) for i, c in enumerate(cells)
    ]
    return _json(_notebook(made, minor=2, orig_nbformat=2, file_extension=".py"))


def vscode_new(cells: list[Cell]) -> bytes:
    """Ids of its own; a cell that was typed has the language in its metadata."""
    about = {"vscode": {"languageId": "python"}}
    made = [_cell(c, about, id=uuid.UUID(int=i).hex[-8:]) for i, c in enumerate(cells)]
    return _json(_notebook(made), indent=4)


def pycharm(cells: list[Cell]) -> bytes:
    made = []
    for c in cells:
        about = {
            "collapsed": False,
            "pycharm": {"name": "#%%\n" if c.kind == "code" else "#%% md\n"},
        }
        made.append(_cell(c, about, source=f"{c.text}\n"))
    return _json(_notebook(made, minor=0))


def kaggle(cells: list[Cell]) -> bytes:
    made = []
    for i, c in enumerate(cells):
        mark = str(uuid.UUID(int=i))
        about = {"_uuid": mark, "_cell_guid": mark, "trusted": True, "collapsed": False}
        made.append(
            _cell(c, about | {"jupyter": {"outputs_hidden": False}}, source=c.text, count=i)
        )
    about = {"kaggle": {"accelerator": "none", "dataSources": [], "isInternetEnabled": False}}
    return _json(_notebook(made, minor=4, **about), indent=None, separators=(",", ":"))


def databricks(cells: list[Cell]) -> bytes:
    made = []
    for i, c in enumerate(cells):
        about = {
            "cellMetadata": {"byteLimit": 2048000, "rowLimit": 10000},
            "inputWidgets": {},
            "nuid": str(uuid.UUID(int=i)),
            "showTitle": False,
            "title": "",
        }
        made.append(_cell(c, {"application/vnd.databricks.v1+cell": about}, count=0))
    about = {"application/vnd.databricks.v1+notebook": {"language": "python", "widgets": {}}}
    return _json(_notebook(made, minor=0, **about))


def databricks_source(cells: list[Cell]) -> bytes:
    blocks = []
    for c in cells:
        if c.kind == "markdown":
            rows = "\n".join(f"# MAGIC {row}".rstrip() for row in c.text.split("\n"))
            blocks.append(f"# MAGIC %md\n{rows}")
        else:
            blocks.append(c.text)
    text = "# Databricks notebook source\n" + "\n\n# COMMAND ----------\n\n".join(blocks)
    return text.encode()


def deepnote(cells: list[Cell]) -> bytes:
    """Each paragraph of a text is a block of its own."""
    made = []
    for i, c in enumerate(cells):
        kind = "code" if c.kind == "code" else "markdown"
        about = {"cell_id": f"{i:05d}-{uuid.UUID(int=i)}", "deepnote_cell_type": kind, "tags": []}
        texts = [c.text] if kind == "code" else [t for t in c.text.split("\n\n") if t.strip()]
        made += [_cell(c, about, source=text, count=i, block_group=f"{i:032x}") for text in texts]
    about = {"deepnote": {}, "deepnote_notebook_id": "0" * 32, "orig_nbformat": 2}
    return _json(_notebook(made, minor=2, **about), indent=2)


def jupyterlite(cells: list[Cell]) -> bytes:
    kernel = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    made = [_cell(c, _name(c) | {"trusted": True}, source=c.text, id=c.id) for c in cells]
    return _json(_notebook(made, minor=5, kernelspec=kernel), indent=2)


def nbstripout(cells: list[Cell]) -> bytes:
    """Metadata stripped, ids numbered anew."""
    return _json(_notebook([_cell(c, {}, id=str(i)) for i, c in enumerate(cells)]))


def cocalc(cells: list[Cell]) -> bytes:
    made = [_cell(c, {"collapsed": False} if c.kind == "code" else {}) for c in cells]
    return _json(_notebook(made, minor=4), indent=1, sort_keys=True)


def papermill(cells: list[Cell]) -> bytes:
    about = {"papermill": {"duration": 0.01, "status": "completed"}, "tags": []}
    made = [_cell(c, about, count=i, id=f"{i:08x}") for i, c in enumerate(cells)]
    return _json(_notebook(made, papermill={"default_parameters": {}, "version": "2.4.0"}))


def ipython_2(cells: list[Cell]) -> bytes:
    """Format 3: worksheets, `input`, headings as cells of their own."""
    made: list[dict] = []
    for c in cells:
        if c.kind == "code":
            about = {"language": "python", "collapsed": False, "outputs": []}
            made.append({"cell_type": "code", "metadata": {}, "input": _lines(c.text), **about})
        else:
            made.append({"cell_type": "markdown", "metadata": {}, "source": _lines(c.text)})
    made.insert(0, {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["Mine"]})
    sheets = [{"cells": made, "metadata": {}}]
    about = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}
    return _json({**about, "worksheets": sheets}, ensure_ascii=True)


def _markdown_as_comment(text: str) -> str:
    return "\n".join(f"# {row}".rstrip() for row in text.split("\n"))


def jupytext_percent(cells: list[Cell]) -> bytes:
    head = "# ---\n# jupyter:\n#   jupytext:\n#     formats: ipynb,py:percent\n# ---\n\n"
    blocks = []
    for c in cells:
        about = f" nbgrader={json.dumps(_name(c)['nbgrader'])}" if c.name else ""
        if c.kind == "code":
            text = "\n".join(
                f"# {r}" if r.startswith(("%", "!")) else r for r in c.text.split("\n")
            )
            blocks.append(f"# %%{about}\n{text}")
        else:
            blocks.append(f"# %% [markdown]{about}\n{_markdown_as_comment(c.text)}")
    return (head + "\n\n".join(blocks) + "\n").encode()


def vscode_script(cells: list[Cell]) -> bytes:
    """VS Code's "Export as Python script": no metadata at all."""
    blocks = [
        f"# %%\n{c.text}"
        if c.kind == "code"
        else f"# %% [markdown]\n{_markdown_as_comment(c.text)}"
        for c in cells
    ]
    return "\n\n".join(blocks).encode()


def jupytext_markdown(cells: list[Cell]) -> bytes:
    head = "---\njupyter:\n  jupytext:\n    formats: ipynb,md\n---\n\n"
    blocks = [f"```python\n{c.text}\n```" if c.kind == "code" else c.text for c in cells]
    return (head + "\n\n".join(blocks) + "\n").encode()


def myst(cells: list[Cell]) -> bytes:
    blocks = []
    for c in cells:
        about = f"---\nnbgrader:\n  grade_id: {c.name}\n---\n" if c.name else ""
        blocks.append(
            f"```{{code-cell}} ipython3\n{about}{c.text}\n```" if c.kind == "code" else c.text
        )
    return ("---\nkernelspec:\n  name: python3\n---\n\n" + "\n\n".join(blocks) + "\n").encode()


def jupytext_light(cells: list[Cell]) -> bytes:
    blocks = [
        f"# +\n{c.text}\n# -" if c.kind == "code" else _markdown_as_comment(c.text) for c in cells
    ]
    return ("\n\n".join(blocks) + "\n").encode()


TOOLS: tuple[Writer, ...] = (
    *(jupyterlab, classic, colab, vscode_old, vscode_new, pycharm, kaggle, databricks),
    *(databricks_source, deepnote, jupyterlite, nbstripout, cocalc, papermill, ipython_2),
    *(jupytext_percent, vscode_script, jupytext_markdown, myst, jupytext_light),
)


def float_format(cells: list[Cell]) -> bytes:
    return _json(_plain(cells) | {"nbformat": 4.0, "nbformat_minor": 5.0})


def text_format(cells: list[Cell]) -> bytes:
    return _json(_plain(cells) | {"nbformat": "4", "nbformat_minor": "5"})


def no_format(cells: list[Cell]) -> bytes:
    nb = _plain(cells)
    return _json({"cells": nb["cells"], "metadata": nb["metadata"]})


def utf16(cells: list[Cell]) -> bytes:
    return jupyterlab(cells).decode().encode("utf-16")


def utf16_without_mark(cells: list[Cell]) -> bytes:
    return jupyterlab(cells).decode().encode("utf-16-le")


def utf8_with_mark(cells: list[Cell]) -> bytes:
    return b"\xef\xbb\xbf" + jupyterlab(cells)


def crlf(cells: list[Cell]) -> bytes:
    """Windows line ends, in the file and in the cells."""
    nb = _plain(cells)
    for cell in nb["cells"]:
        cell["source"] = [line.replace("\n", "\r\n") for line in cell["source"]]
    return _json(nb).replace(b"\n", b"\r\n")


def cells_of_unknown_types(cells: list[Cell]) -> bytes:
    nb = _plain(cells)
    nb["cells"].insert(2, {"cell_type": "sql", "source": ["SELECT 1"], "metadata": {}})
    nb["cells"].insert(4, {"cell_type": "input", "source": "x", "metadata": {}, "outputs": []})
    return _json(nb)


def wrapped(cells: list[Cell]) -> bytes:
    """As a Jupyter server answers when a program asks it for the file."""
    about = {"name": "00_start_here.ipynb", "type": "notebook", "format": "json"}
    return _json(about | {"content": _plain(cells)})


SPELLINGS: tuple[Writer, ...] = (
    *(float_format, text_format, no_format, utf16, utf16_without_mark, utf8_with_mark, crlf),
    *(cells_of_unknown_types, wrapped),
)


def validated(data: bytes) -> None:
    """Raise where a file is none that its format allows: a writer would be wrong."""
    nbformat.validate(nbformat.reads(data.decode(), as_version=nbformat.NO_CONVERT))
