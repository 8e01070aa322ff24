"""What a student can write to run in the browser of whoever looks, and pages made of all of it.

`python -m tests.helpers.hostile OUT` writes into OUT: a course for formgrader with a hostile and an
honest submission, their feedback pages, and the class report. It is a process of its own, since
nbgrader warns while it is imported.
"""

from __future__ import annotations

import sys
from pathlib import Path

CHAPTER = "00_start_here"
RUN = "window.__hacked=1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<IMG SRC=x ONERROR='{RUN}'>",
    f"<svg onload={RUN}></svg>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='javascript:{RUN}'>",
    f"<form action='javascript:{RUN}'><button>go</button></form>",
    f"<a href='javascript:{RUN}'>a</a>",
    f"<a href='java&#x09;script:{RUN}'>a</a>",
    f"<math><mtext><table><mglyph><style><!--</style>"
    f"<img title='--&gt;&lt;img src=x onerror={RUN}&gt;'>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<template><img src=x onerror={RUN}></template>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    f"</style><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</pre></code></span></div><img src=x onerror={RUN}>",
    f"--><img src=x onerror={RUN}>",
    f"]]><img src=x onerror={RUN}>",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&amp;lt;img src=x onerror={RUN}&amp;gt;",
    f"\\<img src=x onerror={RUN}>",
    f"[a](javascript:{RUN})",
    f"[a](<javascript:{RUN}>)",
    f"[a](JaVaScRiPt&colon;{RUN})",
    f"[a](java\tscript:{RUN})",
    f"[a](\x01javascript:{RUN})",
    f"[a](data:text/html,<script>{RUN}</script>)",
    f"[a](vbscript:{RUN})",
    f"[a][ref]\n\n[ref]: javascript:{RUN}",
    f"> [a][ref2]\n>\n> [ref2]: <javascript:{RUN}>",
    f'[a](https://evil.example/"onmouseover="{RUN})',
    f"[a](https://evil.example 'x\" onmouseover=\"{RUN}')",
    f"<javascript:{RUN}>",
    f'![a](x" onerror="{RUN})',
    "![a](https://evil.example/track.png)",
    "![a][pic]\n\n[pic]: https://evil.example/track.png",
    "![a](attachment:missing.png)",
    f'![a](attachment:x"onerror="{RUN})',
    f"![a\\](attachment:x.png)](https://evil.example/{RUN})",
    f"[![a](attachment:p.png)](javascript:{RUN})",
    f"$<img src=x onerror={RUN}>$",
    f"$$\n<img src=x onerror={RUN}>\n$$",
    f"$\\href{{javascript:{RUN}}}{{x}}$",
    "$$\\require{html}\\style{background:url(https://evil.example)}{\\class{x}{y}}$$",
    f"\\begin{{a}}<img src=x onerror={RUN}>\\end{{a}}",
    f"$`</span><img src=x onerror={RUN}>`$",
    f"```mermaid\ngraph TD\nA[<img src=x onerror={RUN}>] --> B\n"
    f"click A href 'javascript:{RUN}'\n```",
    f'```python" onmouseover="{RUN}\nx\n```',
    f"```html\n</pre><img src=x onerror={RUN}>\n```",
    f"`</code><img src=x onerror={RUN}>`",
    f"# <img src=x onerror={RUN}>",
    f'# a" onmouseover="{RUN}',
    f"|a|b|\n|-|-|\n|<img src=x onerror={RUN}>|[a](javascript:{RUN})|",
    f"- [ ] <img src=x onerror={RUN}>",
    "{{ 7*7 }} {% raw %} {{ self._TemplateReference__context }} ${7*7} <%= 7*7 %>",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x1b[2J \x9b31m",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200bzero \ufeff",
    f"\x00<scr\x00ipt>{RUN}</script>",
    f"\u2028<img src=x onerror={RUN}>\u2029",
    f"<img src='x` `onerror={RUN}'>",
    f"<ｓcript>{RUN}</ｓcript>",
]
ALL = "\n\n".join(PAYLOADS)
STUDENT = f"<img src=x onerror={RUN}> \u202e'\"&"


def raising(name: str, text: str) -> str:
    """Return an answer that prints all of it and raises an error of a hostile name."""
    return (
        f"def {name}(*args):\n    '''</script><script>{RUN}</script>'''\n"
        f"    x = {ALL!r}\n    print(x)  # <img src=x onerror={RUN}> {{{{ 7*7 }}}} \u202e\n"
        f"    raise type({text!r}, (Exception,), {{}})({text!r})\nprint({ALL!r})\n"
    )


def hostile_notebook():
    """Return a submission that is all attack, with a link and a picture that may stay."""
    import nbformat

    from autograder.authoring.build import student_notebook
    from autograder.course import COURSE
    from tests.helpers.submissions import named, written

    nb = student_notebook(COURSE, CHAPTER)
    named(nb, "sigmoid").source = raising("sigmoid", PAYLOADS[1])
    named(nb, "affine").source = f"def affine(*args):\n    return {PAYLOADS[0]!r}\n"
    named(nb, written(nb)[0]).source = "Kept: [web](https://a.example/b) $x_1<y$ **bold**\n\n" + ALL
    for i, payload in enumerate(PAYLOADS):  # each alone: one may hide what another would do
        nb.cells.append(nbformat.v4.new_markdown_cell(payload, id=f"m{i}"))
    nb.cells.append(nbformat.v4.new_markdown_cell(ALL, id="all"))
    nb.cells.append(nbformat.v4.new_raw_cell(ALL, id="raw"))
    nb.cells.append(nbformat.v4.new_code_cell(f"print({ALL!r})\n{PAYLOADS[0]}", id="code"))
    nb.metadata.title = PAYLOADS[0]
    nb.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    for cell in nb.cells:
        cell.metadata["tags"] = ['x"><img src=x onerror=' + RUN + ">"]
    return nb


def graded(nb):
    """Return what grading makes of a submission, with more in its outputs than it lets through."""
    import nbformat

    from autograder.authoring.build import student_notebook
    from autograder.course import COURSE
    from autograder.grading.job import Job
    from autograder.grading.run.grade_one import grade_one

    release = nbformat.writes(student_notebook(COURSE, CHAPTER))
    made = grade_one(
        Job(COURSE, CHAPTER, release, nbformat.writes(nb).encode(), seed=5, level="off")
    )
    shown = nbformat.reads(made.notebook, as_version=4)
    if nb.metadata.get("title"):
        rich = {"text/html": ALL, "image/svg+xml": PAYLOADS[3], "text/markdown": ALL}
        rich |= {"application/javascript": RUN, "text/latex": ALL, "text/plain": ALL}
        for cell in shown.cells:
            if cell.cell_type == "code":
                for kind in ("display_data", "execute_result"):
                    cell.outputs.insert(0, nbformat.v4.new_output(kind, dict(rich)))
        shown.metadata.update(nb.metadata)
    return made, shown


def course(out: Path, notebooks: dict) -> None:
    """Write a gradebook and autograded notebooks, as formgrader wants them."""
    import nbformat
    from nbgrader.api import Gradebook

    from autograder.grading.store.class_directory import environment_as_found

    (out / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(out.resolve())!r}\n"
    )
    with environment_as_found(), Gradebook(f"sqlite:///{out.resolve()}/gradebook.db") as gb:
        gb.add_assignment(CHAPTER)
        gb.add_notebook(CHAPTER, CHAPTER)
        for cell in next(iter(notebooks.values())).cells:
            about = cell.metadata.get("nbgrader", {})
            kind = {"cell_type": cell.cell_type}
            if about.get("grade"):
                add = {"max_score": about["points"], **kind}
                gb.add_grade_cell(about["grade_id"], CHAPTER, CHAPTER, **add)
            if about.get("solution"):
                gb.add_solution_cell(about["grade_id"], CHAPTER, CHAPTER)
            if about:
                gb.add_source_cell(about["grade_id"], CHAPTER, CHAPTER, **kind)
        for student, nb in notebooks.items():
            gb.add_student(student)
            gb.add_submission(CHAPTER, student)
            path = out / "autograded" / student / CHAPTER / f"{CHAPTER}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(nb, path)
        ids = {s.student.id: s.id for s in gb.notebook_submissions(CHAPTER, CHAPTER)}
    for student, number in ids.items():
        (out / f"{student}.id").write_text(number)


def main(out: Path) -> None:
    from autograder.authoring.build import student_notebook
    from autograder.course import COURSE
    from autograder.grading.notebooks.sanitize import sanitize
    from autograder.grading.people.enrolment import ENROLLED, NOT_LISTED, WITHDRAWN, Member
    from autograder.grading.reports.class_report import make_report
    from autograder.grading.reports.page import render_page
    from autograder.grading.store.class_terms import Agreed
    from autograder.grading.store.gradebook import LATE, LATE_PENALTY, Row
    from autograder.grading.store.records import CheckRecord, Record

    all_of, notebooks = [], {}
    for student, nb in (
        ("hostile", hostile_notebook()),
        ("honest", student_notebook(COURSE, CHAPTER)),
    ):
        made, shown = graded(nb)
        notebooks[student] = sanitize(shown)
        name = STUDENT if student == "hostile" else student
        rows = [
            Row(name, CHAPTER, r.exercise, r.score, r.max_score, r.status, r.mistake)
            for r in made.results
        ]
        said = {"why_the_transpose": ALL, "sigmoid": ALL} if student == "hostile" else {}
        page = render_page(COURSE, shown, rows, name, CHAPTER, made.isolation, said)
        (out / f"{student}.html").write_text(page, encoding="utf-8")
        results = tuple(
            CheckRecord(*(getattr(r, f) for f in CheckRecord._fields)) for r in made.results
        )
        all_of.append((Record(name, CHAPTER, "-", results=results, answers=made.answers), rows))
    for i, payload in enumerate(PAYLOADS):  # quoted in causes, names and sentences
        text = tuple(
            CheckRecord(e, "failed", payload, payload, True, 0.0, 2.0) for e in ("sigmoid",)
        )
        bad = Record(payload, CHAPTER, "-", 5, payload, results=text, answers={"sigmoid": payload})
        all_of.append((bad, [Row(payload, CHAPTER, payload, None, 2.0, "manual", payload)]))
        all_of.append((Record(f"{i}", CHAPTER, "-", refused=(payload, payload)), []))
    states = (ENROLLED, NOT_LISTED, WITHDRAWN)
    members = {p: Member(p, p, p, p, state=states[i % 3]) for i, p in enumerate(PAYLOADS)}
    late = Row(PAYLOADS[0], CHAPTER, LATE_PENALTY, -1.0, 0.0, LATE, PAYLOADS[0])
    all_of.append((Record(PAYLOADS[0], CHAPTER, "-"), [late]))
    report = make_report(COURSE, all_of, Agreed(members))
    (out / "report.html").write_text(report, encoding="utf-8")
    (out / "empty.html").write_text(make_report(COURSE, all_of[1:2]), encoding="utf-8")
    course(out, notebooks)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
