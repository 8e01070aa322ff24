"""The questions of a chapter in a notebook: buttons that judge at once, and the same as text."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from autograder.core.feedback import prose
from autograder.core.question import Question
from autograder.notebook.panels import Panel, box
from autograder.notebook.recall import LETTERS, Recall

TITLE = "Three questions on earlier chapters, before this one begins"


def show(recall: Recall, answers: tuple[Any, ...]) -> Panel:
    """Return the questions to answer in the notebook; as text, with the answers that are given."""
    if not recall.questions:
        return Panel("", "No chapter comes before this one: there is nothing to ask.")
    says = [
        "" if answer is ... else recall.judge(question, answer)
        for question, answer in zip(recall.questions, answers, strict=False)
    ]
    says += [""] * (len(recall.questions) - len(says))
    text, html = [TITLE], [f"<b>{TITLE}</b>"]
    for i, (question, said) in enumerate(zip(recall.questions, says, strict=True), 1):
        rows = [f"{a}) {c}" for a, c in zip(LETTERS, question.choices, strict=False)]
        text += ["", f"{i}. {question.text}", *(f"   {row}" for row in rows)]
        text += [f"   {said}"] if said else []
        html.append(f"{i}. {prose(question.text)}")
        html += [f'<span style="margin-left:1.5em">{escape(row)}</span>' for row in rows]
        html += [f"<i>{prose(said)}</i>"] if said else []
    if not answers:
        example = ", ".join('"a"' if q.choices else "0.5" for q in recall.questions)
        how = f'Without buttons, answer with recall("{recall.chapter}", {example}).'
        text, html = [*text, "", how], [*html, prose(how)]
    panel = Panel(box(*html), "\n".join(text))
    if answers:
        return panel
    return _WithButtons(panel, recall) if _buttons_work() else panel


class _WithButtons(Panel):
    """The panel as widgets where a notebook draws them, and as it was elsewhere."""

    def __init__(self, panel: Panel, recall: Recall) -> None:
        super().__init__(panel.html, panel.text)
        self.widget = widget(recall)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.widget._repr_mimebundle_() | super()._repr_mimebundle_()


def _buttons_work() -> bool:
    """Return whether ipywidgets is here and a kernel runs this."""
    try:
        import ipywidgets  # noqa: F401
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def widget(recall: Recall) -> Any:
    """Return the questions as widgets: a click on a choice is judged at once."""
    import ipywidgets

    rows: list[Any] = [ipywidgets.HTML(f"<b>{TITLE}</b>")]
    for i, question in enumerate(recall.questions, 1):
        said = ipywidgets.HTML()
        rows.append(ipywidgets.HTML(f"{i}. {prose(question.text)}"))
        rows.append(_field(question, _judging(recall, question, said)))
        rows.append(said)
    return ipywidgets.VBox(rows)


def _judging(recall: Recall, question: Question, said: Any) -> Callable[[Any], None]:
    def judge(answer: Any) -> None:
        said.value = f"<div>{prose(recall.judge(question, answer))}</div>"

    return judge


def _field(question: Question, judge: Callable[[Any], None]) -> Any:
    import ipywidgets

    def changed(change: Any) -> None:
        if change["new"] and str(change["new"]).strip():
            judge(change["new"])

    if question.choices:
        field = ipywidgets.RadioButtons(options=question.choices, layout={"width": "auto"})
        field.index = None
    else:
        field = ipywidgets.Text(
            placeholder="a number, then Enter",
            description="answer",
            continuous_update=False,
            layout={"max_width": "96%"},
        )
    field.observe(changed, names="value")
    return field
