"""A notebook's cells in the sandbox; the judge stays here and calls stand-ins."""

from __future__ import annotations

from autograder.core.call import Undefined
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.exercise import Exercise
from autograder.core.judge import judge
from autograder.core.verdict import Verdict
from autograder.sandbox.examined import examined
from autograder.sandbox.session import CellRun, Session
from autograder.workspace.walk import SEED, error


class InSandbox:
    """A `Place` over a session of the sandbox."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def run(self, text: str) -> str:
        """Run a cell; return why it stopped."""
        return _why(self.session.run(text))

    def judge(self, exercise: Exercise, why: str) -> Verdict:
        """Return the verdict on a function that answers from inside."""
        looked = self.session.find(exercise.name)
        if looked.stopped is not None:
            return error(exercise, looked.stopped[1])
        if looked.stand_in is None:
            other = Undefined(exercise.name, why)
            return judge(exercise, other if looked.kind == "undefined" else looked.shown, SEED)
        stand_in = looked.stand_in
        verdict = examined(self.session, exercise, stand_in, SEED)
        if stand_in.halted is not None:
            self.session.again()
        return verdict

    def workshop(self, exercise: Exercise) -> Workshop | None:
        """Return where the answer can be run again, which is inside."""
        return self.session.workshop(exercise.name)


def _why(ran: CellRun) -> str:
    if ran.stopped is not None:
        return ran.stopped[1]
    if ran.syntax is not None:
        line, words, code = ran.syntax
        where = f"line {line}" + (f", `{code.strip()}`" if code.strip() else "")
        return f"The answer cell has a syntax error, {where}: {words}."
    if ran.raised is not None:
        return f"The cell stopped with {ran.raised.kind}: {ran.raised.text[:200]}"
    return ""
