"""Running cells in a kernel: what stalls is tried once more, what hangs costs only itself."""

from __future__ import annotations

from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading import running


def cell(source: str, grade_id: str = "", **grading: bool):
    made = new_code_cell(source)
    if grade_id:
        made.metadata["nbgrader"] = {"grade_id": grade_id, **grading}
    return made


def shown(made) -> str:
    """Return what a cell came to: the text of its value, or the names of its errors."""
    found = [o.get("ename") or o.get("data", {}).get("text/plain", "") for o in made.outputs]
    return " ".join(found)


def test_a_cell_that_stalls_once_is_run_again_and_one_that_always_does_is_given_up(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(running, "SETTING_UP", 3)
    mark = tmp_path / "ran before"
    stalls_once = f"""
import pathlib, time
mark = pathlib.Path({str(mark)!r})
if not mark.exists():
    mark.touch()
    time.sleep(600)
x = 1
"""
    deaf = """
def g():
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
    nb = new_notebook(
        cells=[
            cell(stalls_once),
            cell("def f(): return x", "f", solution=True),
            cell("f()", "check_f", grade=True),
            cell(deaf, "g", solution=True),
            cell("g()", "check_g", grade=True),
            cell("f() + 1", "check_h", grade=True),
        ]
    )
    running.Run(limit=3.0).preprocess(nb, {"metadata": {"path": str(tmp_path)}})
    assert shown(nb.cells[0]) == ""
    assert shown(nb.cells[2]) == "1"
    assert running.TIMED_OUT in shown(nb.cells[4])
    assert shown(nb.cells[5]) == "2"
