"""Marking what a person reads: one local page, one question across the class.

| module | what it does |
|---|---|
| `questions` | what there is to mark, from the gradebook |
| `shown` | a question, its model answer and rubric, a student's answer -> HTML |
| `marks` | a person's points and comment -> the gradebook, as formgrader writes them |
| `guard` | which requests are answered: this machine's, this page's, of bounded size |
| `server` | the page and what it asks for, over HTTP |
| `command` | `autograder review` |

`page/` holds the page itself: HTML, a style and a script. Nothing that anybody wrote is in them.
"""
