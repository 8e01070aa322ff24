"""What a student's notebook talks to: check, hint, predict, progress, reset, yours.

| module | what it does |
|---|---|
| `panels` | what is shown: HTML in a notebook, the same as text elsewhere |
| `progress_file` | what is kept on disk beside the notebooks |
| `progress_transfer` | progress as one file, for another machine |
| `course_map` | chapters, exercises, what is solved, what comes next |
| `recall` | questions on earlier chapters, and which of them come back |
| `recall_panel` | the same as buttons, and as text |
| `certificate` | a page of what was built and measured |
| `few_lines` | what an answer prints while it is checked, cut to a few lines |
| `prediction` | a guess against what was measured |
| `yours` | the answers of earlier chapters: the student's where they pass, else the course's |
| `notebook` | the class `Notebook`: a course's functions for its notebooks |

A course makes one `Notebook` and gives its methods names that its notebooks import.
"""

from autograder.notebook.notebook import Notebook

__all__ = ["Notebook"]
