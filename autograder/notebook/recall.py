"""Three questions on earlier chapters at the start of a chapter, judged at once.

The first answer to a question counts in a chapter: a wrong one brings the question back in the
next, until it is answered right. What was drawn for a chapter stays drawn.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from autograder.core.course import Course
from autograder.core.question import Question
from autograder.notebook import progress_file
from autograder.notebook.prediction import same

HOW_MANY, COME_BACK = 3, 2  # of the three, so many may be old ones that were answered wrong
LETTERS = "abcdefgh"
RIGHT, WRONG = "right", "wrong"


class Recall:
    """The questions of one chapter; `at` is the folder of the notebooks, None the running one's."""

    def __init__(self, course: Course, chapter: str, at: Path | None = None) -> None:
        self.course, self.chapter, self.at = course, chapter, at
        self.questions = self._drawn()

    def judge(self, question: Question, answer: Any) -> str:
        """Return the verdict on an answer in a sentence or two, and keep it."""
        given = readable(question, answer)
        if given is None:
            return f"✗ {answer!s:.40} is no answer to this: {_takes(question)}."
        good = is_right(question, given)
        self._keep(question, good)
        if good:
            return f"✓ Right. {question.why}"
        return f"✗ Not so: {question.right}. {question.why} This question comes back."

    def _keep(self, question: Question, good: bool) -> None:
        state = progress_file.load("question", question.name, self.at)
        before = state.get("chapters")
        chapters = dict(before) if isinstance(before, dict) else {}
        if self.chapter not in chapters:
            chapters[self.chapter] = RIGHT if good else WRONG
            progress_file.store("question", question.name, {"chapters": chapters}, self.at)

    def _drawn(self) -> list[Question]:
        place = self.course.names.index(self.chapter)
        pool = [q for c in self.course.names[:place] for q in self.course.questions.get(c, ())]
        by_name = {q.name: q for q in pool}
        names = progress_file.load("recall", self.chapter, self.at).get("drawn")
        if isinstance(names, list) and names and all(n in by_name for n in names):
            return [by_name[n] for n in names]
        found = self._draw(pool)
        if found:
            drawn = {"drawn": [q.name for q in found]}
            progress_file.store("recall", self.chapter, drawn, self.at)
        return found

    def _draw(self, pool: list[Question]) -> list[Question]:
        """Return the questions: first what was last answered wrong, then what was asked least."""
        asked = {q.name: self._answers(q) for q in pool}
        random.Random(self.chapter).shuffle(pool)
        again = [q for q in pool if asked[q.name][-1:] == [WRONG]][:COME_BACK]
        fresh = [q for q in pool if q not in again]
        fresh.sort(key=lambda q: len(asked[q.name]))
        return (again + fresh)[:HOW_MANY]

    def _answers(self, question: Question) -> list[str]:
        """Return how it was answered in earlier chapters, in their order."""
        chapters = progress_file.load("question", question.name, self.at).get("chapters")
        if not isinstance(chapters, dict):
            return []
        before = self.course.names[: self.course.names.index(self.chapter)]
        return [chapters[c] for c in before if c in chapters]


def readable(question: Question, answer: Any) -> str | None:
    """Return an answer as the choice or the number that it is; None where it is neither."""
    text = str(answer).strip()
    if not question.choices:
        return text if same(text, 0.0) is not None and any(c.isnumeric() for c in text) else None
    if len(text) == 1 and text.lower() in LETTERS[: len(question.choices)]:
        return question.choices[LETTERS.index(text.lower())]
    return text if text in question.choices else None


def is_right(question: Question, given: str) -> bool:
    """Return whether a readable answer is right; a number within 3 %."""
    if question.choices:
        return given == question.right
    return bool(same(given, question.right))


def _takes(question: Question) -> str:
    if not question.choices:
        return "it takes a number"
    letters = [f'"{letter}"' for letter in LETTERS[: len(question.choices)]]
    return f"it takes {', '.join(letters[:-1])} or {letters[-1]}"
