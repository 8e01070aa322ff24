"""What an answer does, counted from Python's own instructions: nothing of the text is rewritten."""

from __future__ import annotations

import dis
import functools
import sys
from unittest import mock

import numpy as np

PLACE = "<the answer>"
AT = {i for i, (_, sign) in enumerate(dis._nb_ops) if sign in ("@", "@=")}
PRODUCTS = ("dot", "matmul", "tensordot", "inner", "outer", "vdot", "einsum")


@functools.cache
def _instructions(code):
    """Return the instructions by where they begin; a long argument stands in front of its own."""
    found, front = {}, []
    for one in dis.get_instructions(code):
        front.append(one.offset)
        if one.opname != "EXTENDED_ARG":
            found |= dict.fromkeys(front, one)
            front = []
    return found


class Watch:
    """Passes of for loops and comprehensions, and products, of code that stands in PLACE."""

    def __init__(self):
        self.passes = self.products = 0
        self.asked = {}  # by frame: where a loop goes when it is over

    def run(self, text, name, scope, inputs):
        """Return what the answer returns, watched."""
        mine = dict(scope)
        exec(compile(text, PLACE, "exec"), mine)
        with mock.patch.multiple(np, **{n: self._counted(getattr(np, n)) for n in PRODUCTS}):
            before = sys.gettrace()
            sys.settrace(self._called)
            try:
                return mine[name](*inputs)
            finally:
                sys.settrace(before)

    def _counted(self, f):
        @functools.wraps(f)
        def product(*args, **kwargs):
            here = sys._getframe(1).f_code.co_filename == PLACE
            self.products += here and not (f is np_einsum and len(args) < 3)
            return f(*args, **kwargs)

        return product

    def _called(self, frame, event, arg):
        if frame.f_code.co_filename != PLACE:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._stepped

    def _stepped(self, frame, event, arg):
        if event != "opcode":
            return self._stepped
        over = self.asked.pop(id(frame), None)
        self.passes += over is not None and frame.f_lasti < over
        one = _instructions(frame.f_code)[frame.f_lasti]
        if one.opname == "FOR_ITER":
            self.asked[id(frame)] = one.argval
        elif one.opname == "BINARY_OP":
            self.products += one.arg in AT
        return self._stepped


np_einsum = np.einsum
