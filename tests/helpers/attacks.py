"""What a hostile or broken notebook may do: each row tries one thing, and says what it may earn.

Every notebook here is chapter 0 with two exercises. A row attacks from the answer cell of
`sigmoid` (2 points), from a cell of its own before it, or by changing the notebook's file. The
answer to `affine` (3 points) is right and stands below: it is the neighbour whose points must not
suffer.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.helpers import submissions

RIGHT = "def sigmoid(a):\n    return 0.5 * (1 + np.tanh(0.5 * a))\n"
WRONG = "def sigmoid(a):\n    return 0 * a\n"
REPO = "@REPO@"  # where the course lies
CANARY = "@CANARY@"  # a course's directory: gradebook, key, other submissions


class Attack(NamedTuple):
    """One attack.

    `most` is what an honest wrong answer would get. `mistake` is what the verdict on `sigmoid` is
    called, where only one name is right. `neighbour` is what `affine` is due; where it is less
    than 3, `why` says why nothing better can be done.
    """

    name: str
    answer: str = RIGHT
    own: str = ""
    change: Callable[[Any], Any] | None = None
    most: float = 0.0
    mistake: str = ""
    neighbour: float = 3.0
    why: str = ""
    refused: bool = False  # the file as a whole, with a sentence


def data(attack: Attack, places: dict[str, str]) -> bytes:
    """Return the file that is handed in; `places` are put where the row names them."""
    nb = submissions.solved("affine", sigmoid=_with(attack.answer, places))
    if attack.own:
        at = nb.cells.index(submissions.named(nb, "sigmoid"))
        nb.cells.insert(at, new_code_cell(_with(attack.own, places)))
    if attack.change is not None:
        nb = attack.change(nb) or nb
    return nb if isinstance(nb, bytes) else json.dumps(nb).encode()


def _with(text: str, places: dict[str, str]) -> str:
    for mark, path in places.items():
        text = text.replace(mark, path)
    return text


def body(text: str) -> str:
    """Return an answer whose body is this."""
    lines = "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))
    return f"def sigmoid(a):\n{lines}"


def during(name: str, text: str, **more: Any) -> Attack:
    """Return an attack that happens when the answer is called."""
    return Attack(name, body(text), **more)


def beside(name: str, text: str, **more: Any) -> Attack:
    """Return an attack beside a wrong answer, in the same cell."""
    return Attack(name, f"{text.strip()}\n\n\n{WRONG}", **more)


def harm(name: str, text: str, **more: Any) -> Attack:
    """Return an attack in a cell of its own, before two right answers."""
    return Attack(name, own=text.strip("\n"), **({"most": 2.0} | more))


def value(name: str, text: str, **more: Any) -> Attack:
    """Return an answer that returns something odd."""
    return Attack(f"returns {name}", body(f"return {text}"), **more)


# The judge's socket, found among the open files; `say` writes a frame with this JSON.
SOCKET = """
import json, os, socket, struct, sys, threading
def judge():
    for fd in range(3, 64):
        try:
            return socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
def asked():
    frame = sys._getframe()
    while frame is not None:
        if "request" in frame.f_locals and isinstance(frame.f_locals["request"], dict):
            return frame.f_locals["request"]["id"]
        frame = frame.f_back
def say(text, arrays=b""):
    text = json.dumps(text).encode() if isinstance(text, dict) else text
    judge().sendall(struct.pack("!II", len(text), len(arrays)) + text + arrays)
"""
PASSED = """{"passed": True, "score": 2, "status": "passed", "points": 2, "value": None}"""
EVERYTHING = 'setattr(c, "run", lambda f, inputs: c.Returned(inputs["a"] * 0, inputs))'

RESOURCES = (
    during("an endless loop", "while True: pass", mistake="timed_out"),
    during("recursion without end", "return sigmoid(a)", mistake="raises_RecursionError"),
    beside(
        "recursion past the stack",
        "import sys\nsys.setrecursionlimit(10**8)\n"
        "class Deep:\n    def __getattr__(self, name): return getattr(self, name + 'x')\n"
        "def deep(): return [deep() for _ in map(str, [1])] + sorted([Deep().x])\ndeep()",
    ),
    during("a fork bomb", "import os\nwhile True: os.fork()"),
    during(
        "a fork bomb that forgives errors",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    ),
    during("10 GB at once", "return np.ones(10 * 2**27)[:3]", mistake="raises_MemoryError"),
    during(
        "many blocks of 60 MB over processes",
        "import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        block = np.ones(60 * 2**17); time.sleep(60)\ntime.sleep(60)",
    ),
    during(
        "shared memory over processes",
        "import mmap, os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        block = mmap.mmap(-1, 60 << 20); block.write(b'x' * (60 << 20)); time.sleep(60)\n"
        "time.sleep(60)",
    ),
    during(
        "memory that is no process's",
        "import os\nwhile True: os.write(os.memfd_create('x'), b'x' * 2**22)",
        mistake="raises_OSError",
    ),
    during("endless printing", "while True: print('x' * 100)", mistake="timed_out"),
    during("one line of 50 MB", "print('x' * 50_000_000)\nreturn np.exp(-np.logaddexp(0, -a))",
           most=2.0),
    harm("a cell that prints 50 MB", "for _ in range(50): print('x' * 1_000_000)"),
    during(
        "filling the disk",
        "for i in range(100):\n"
        "    with open(f'/tmp/{i}', 'wb') as file: file.write(b'x' * 2**22)\nreturn 0 * a",
        mistake="raises_OSError",
    ),
    during(
        "filling the disk with empty files",
        "for i in range(10**6): open(f'/tmp/{i}', 'w').close()",
        mistake="raises_OSError",
    ),
    during("one file of 50 MB", "open('/dev/shm/x', 'wb').truncate(50 << 20)\nreturn 0 * a"),
    during("opening files without end", "kept = []\nwhile True: kept.append(open('/dev/null'))"),
    during("threads without end", "import threading, time\nwhile True: "
           "threading.Thread(target=time.sleep, args=[9], daemon=True).start()"),
    during("sleeping", "import time\ntime.sleep(600)", mistake="timed_out"),
    harm("a cell that never ends", "while True: pass"),
    harm("memory that stays in use", "kept = np.ones(200 * 2**17)"),
    during("input()", "return float(input('what is it? ')) + 0 * a"),
    during("a regular expression that explodes", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')"),
)  # fmt: skip
ENDINGS = (
    during("os._exit", "import os\nos._exit(0)", mistake="died"),
    during("os.abort", "import os\nos.abort()", mistake="died"),
    during("SIGKILL to itself", "import os\nos.kill(os.getpid(), 9)\nreturn 0 * a"),
    during("SIGKILL to its parent", "import os\nos.kill(os.getppid(), 9)\nreturn 0 * a"),
    during("SIGKILL to its group and its session", "import os\nos.killpg(0, 9)\nos.kill(-1, 9)"),
    during("SIGSTOP", "import os\nos.kill(0, 19)\nos.kill(os.getpid(), 19)\nreturn 0 * a"),
    during("a null pointer", "import ctypes\nctypes.string_at(0)", mistake="died"),
    during("closing every file", "import os\nos.closerange(0, 1000)\nreturn 0 * a"),
    during("SystemExit", "raise SystemExit", mistake="raises_SystemExit"),
    during("exit()", "exit()"),
    during("KeyboardInterrupt", "raise KeyboardInterrupt", mistake="timed_out"),
    during("an exception that is none of Exception's", "raise BaseException('no')"),
    during("GeneratorExit", "raise GeneratorExit"),
    during(
        "an exception without words",
        "class E(Exception):\n    def __str__(self): raise self\nraise E",
        mistake="raises_E",
    ),
    during(
        "an exception with evil words",
        "class E(Exception):\n    def __str__(self): return 'x' * 10**7\nraise E",
        mistake="raises_E",
    ),
    beside("os._exit in the cell", "import os\nos._exit(0)", mistake="died"),
    harm("os._exit in a cell", "import os\nos._exit(3)"),
    harm("SystemExit in a cell", "raise SystemExit"),
    harm("the shell told to end", "get_ipython().ask_exit()\nexit()\nquit()"),
    harm("every file closed in a cell", "import os\nos.closerange(0, 1000)"),
    harm("standard output closed", "import sys\nsys.stdout.close(); sys.__stdout__.close()"),
    harm("atexit", "import atexit, os\natexit.register(lambda: open('/tmp/left', 'w'))"),
    harm(
        "an end that comes later",
        "import os, signal\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(1))\n"
        "signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)",
    ),
    harm(
        "an end that comes later, from a thread",
        "import _thread, os, time\n"
        "_thread.start_new_thread(lambda: (time.sleep(0.005), os._exit(1)), ())",
    ),
)
SIGNALS = (
    during(
        "SIGINT and SIGTERM ignored",
        "import signal\nfor s in (2, 15, 1): signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        mistake="timed_out",
    ),
    during(
        "KeyboardInterrupt swallowed, then a right answer",
        "try:\n    while True: pass\n"
        "except KeyboardInterrupt:\n    return 0.5 * (1 + np.tanh(a / 2))",
        mistake="timed_out",
    ),
    during(
        "every exception swallowed",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        mistake="timed_out",
    ),
    harm("a cell that swallows interrupts", "while True:\n    try:\n        while True: pass\n"
         "    except BaseException: pass"),
    harm("signal handlers", "import os, signal\n"
         "for s in (1, 10, 11, 12, 14, 15, 17): signal.signal(s, lambda *a: os._exit(1))"),
)  # fmt: skip
LEFT_RUNNING = (
    harm("threads", "import threading\ndef spin():\n    while True: pass\n"
         "for _ in range(4): threading.Thread(target=spin, daemon=True).start()"),
    harm("a daemon, by two forks and setsid", "import os, time\n"
         "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n"
         "    os._exit(0)"),
    harm("a shell's background process", "!sleep 600 &"),
    harm("a thread that patches again and again", "import threading\n"
         "def again():\n    while True: np.tanh = np.add = lambda *a: 0\n"
         "threading.Thread(target=again, daemon=True).start()"),
    harm("a process that writes to the judge", SOCKET + "if os.fork() == 0:\n    s = judge()\n"
         "    while True: s.sendall(b'garbage' * 99)"),
    harm("a forked copy that answers, too", "import os\nos.fork()"),
    during("a forked copy that answers, too, when called", "import os\nos.fork()\nreturn 0 * a"),
    harm("an asyncio loop", "import asyncio\nawait asyncio.sleep(0)\n"
         "asyncio.get_event_loop().create_task(asyncio.sleep(600))"),
)  # fmt: skip
TO_THE_JUDGE = (
    beside("garbage to the judge", SOCKET + "judge().sendall(b'\\xff' * 5000)"),
    beside("half a frame", SOCKET + "judge().sendall(b'\\0\\0\\0')"),
    beside("a huge length", SOCKET + "judge().sendall(struct.pack('!II', 2**32 - 1, 2**32 - 1))"),
    beside("much data", SOCKET + "say({'id': asked()}, b'x' * 2**22)\nsay(b'{', b'x' * 2**23)"),
    beside("JSON nested deeply", SOCKET + "say(b'[' * 900_000)"),
    beside("JSON of a million parts", SOCKET + "say(b'{\"id\": [' + b'[],' * 300_000 + b'[]]}')"),
    beside("a forged verdict", SOCKET + f"say({PASSED})"),
    during("a forged verdict when called", SOCKET + f"say({PASSED} | {{'id': asked()}})\nreturn 0"),
    during("a reply in advance", SOCKET + f"for i in range(999): say({PASSED} | {{'id': i}})"),
    during("a reply twice", SOCKET + f"for i in range(9): say({PASSED} | {{'id': asked()}})"),
    beside(
        "a forged look at a name",
        SOCKET + "import autograder.sandbox.child as c\n"
        "c.Student.look = lambda self, request, data: {'is': 'function', 'signature': "
        "[['a', 99, True], ['b' * 9999, -7, 1], 'abc', [1, 2, 3]], 'calls': [1, 'x' * 9999]}\n"
        "for s in __import__('gc').get_objects():\n"
        "    if type(s) is c.Student: s.look = lambda r, d: c.Student.look(s, r, d)",
    ),
    during(
        "one byte at a time",
        SOCKET + "import time\ns = judge()\ns.sendall(struct.pack('!II', 50, 0))\n"
        "while True: s.sendall(b' '); time.sleep(0.01)",
        mistake="no_reply",
    ),
    during("the judge's socket closed", SOCKET + "judge().shutdown(2)", mistake="died"),
    during("nothing is read any more", SOCKET + "judge().shutdown(socket.SHUT_RD)\nreturn 0 * a"),
)  # fmt: skip
PATCHES = (
    *(
        beside(f"numpy.{name} replaced", f"np.{name} = lambda *a, **k: {result}")
        for name, result in (
            ("allclose", "True"),
            ("array_equal", "True"),
            ("isclose", "np.True_"),
            ("testing.assert_allclose", "None"),
            ("exp", "1"),
            ("asarray", "1"),
            ("array", "None"),
            ("errstate", "None"),
        )
    ),
    *(
        harm(f"builtins.{name} replaced", f"import builtins\nbuiltins.{name} = {by}")
        for name, by in (
            ("compile", "lambda *a, **k: 1 / 0"),
            ("exec", "None"),
            ("open", "None"),
            ("print", "lambda *a: 1 / 0"),
            ("isinstance", "lambda *a: True"),
            ("len", "lambda x: 0"),
            ("callable", "lambda x: False"),
            ("__import__", "None"),
            ("Exception", "KeyError"),
        )
    ),
    harm("every builtin deleted", "import builtins\nvars(builtins).clear()"),
    harm("numpy.tanh and matmul replaced", "np.tanh = np.matmul = np.add = lambda *a: 0"),
    harm("run_cell replaced", "get_ipython().run_cell = lambda *a, **k: None"),
    harm("run_cell of the class replaced", "type(get_ipython()).run_cell = lambda *a, **k: None"),
    harm("an input transformer", "get_ipython().input_transformers_cleanup.append("
         "lambda lines: ['def sigmoid(a): return 1\\n'])"),
    harm("an AST transformer", "import ast\nclass T(ast.NodeTransformer):\n"
         "    def visit_Module(self, node): return ast.parse('affine = sigmoid = 1')\n"
         "get_ipython().ast_transformers.append(T())"),
    harm("display replaced", "import sys\nsys.displayhook = sys.excepthook = None\n"
         "get_ipython().display_formatter = None\n1"),
    harm("numpy taken from sys.modules", "import sys\nsys.modules['numpy'] = None\nnp = None"),
    harm("modules cleared", "import sys\nsys.modules.clear()"),
    beside("a judge of its own", "import sys, types\n"
           "m = types.ModuleType('autograder.core.judge')\n"
           "m.judge = lambda *a: 'passed'\nsys.modules['autograder.core.judge'] = m\n"
           "sys.modules['autograder.core.verdict'] = m"),
    harm("calling.run replaced", f"import autograder.core.call as c\n{EVERYTHING}"),
    harm("the child's parts replaced", "import autograder.sandbox.child as c\n"
         "c.Student.call = c.Student.cell = lambda *a: {}"),
    harm("the child's parts replaced, through gc", "import gc\nfor o in gc.get_objects():\n"
         "    if type(o).__name__ == 'Student': o.shell = o.output = None"),
    harm("the child's frames", "import sys\nf = sys._getframe()\nwhile f.f_back: f = f.f_back\n"
         "f.f_globals.clear()"),
    harm("wire.send replaced", "import autograder.sandbox.protocol as w\nw.send = lambda *a: None"),
    harm("wire.Packer replaced", "import autograder.sandbox.protocol as w\n"
         "w.Packer.pack = lambda *a: ['str', 'right']"),
    harm("nothing is changed, it says", "import autograder.sandbox.child as c\n"
         "np.tanh = lambda x: 0\nc._state = lambda shell: {}\n"
         "c.Student.changed = lambda *a: {'changed': []}"),
    harm("the tracer", "import sys\nsys.settrace(lambda *a: 1 / 0)"),
    harm("garbage collection off", "import gc\ngc.disable(); gc.set_debug(gc.DEBUG_LEAK)"),
    harm("warnings are errors", "import warnings\nwarnings.simplefilter('error')"),
    harm("numpy raises", "np.seterr(all='raise')"),
    harm("noise on stderr", "import os, sys\nprint('Error!', file=sys.stderr)\n"
         "os.write(2, b'Error!')\nimport logging; logging.error('Error!')"),
    harm("another directory", "import os\nos.chdir('/')"),
    harm("recursion limit of 30", "import sys\nsys.setrecursionlimit(90)"),
)  # fmt: skip
VALUES = (
    value("a generator", "(x for x in a)", mistake="wrong_type"),
    value("a huge nested list", "[[[0.0] * 100] * 100] * 100"),
    value("a list within itself", "(lambda l: l.append(l) or l)([])"),
    value("a ragged list", "[[1.0], [1.0, 2.0]]", mistake="wrong_type"),
    value("an object array", "np.array([object()] * a.size)", mistake="wrong_type"),
    value("NaN payloads", "np.full(a.shape, np.uint64(0x7FF4DEAD00000000)).view(float)"),
    value("infinity", "a / 0 + np.inf"),
    value("1e308", "0 * a + 1e308"),
    value("a structured array", "np.zeros(a.shape, [('x', float), ('y', int)])"),
    value("a memory map", "np.memmap('/tmp/m', float, 'w+', shape=a.shape)"),
    value("a number", "0.25", mistake="wrong_shape"),
    value("an empty array", "np.zeros((0, 5))", mistake="wrong_shape"),
    value("a shape with a zero", "np.zeros((10**9, 0))", mistake="wrong_shape"),
    value("10^9 numbers in one", "np.broadcast_to(0.5, (10**9,))"),
    value("16 axes", "np.zeros((1,) * 16)", mistake="wrong_shape"),
    value("40 axes", "np.zeros((1,) * 40)"),
    value("complex numbers", "a + 1j", mistake="wrong_type"),
    value("text", "'0.5'", mistake="wrong_type"),
    value("numbers as text", "np.char.mod('%f', a)", mistake="wrong_type"),
    value("texts, one long", "['x' * 10**6] + ['a'] * 9000", mistake="wrong_type"),
    value("lone surrogates", "['\\ud800', '\\0', '\\x1b[31m']", mistake="wrong_type"),
    value("bytes", "a.tobytes()", mistake="wrong_type"),
    value("dates", "a.astype('datetime64[s]')", mistake="wrong_type"),
    value("an integer of 400 digits", "10**400", mistake="wrong_type"),
    value("None", "None", mistake="returns_none"),
    value("a function", "sigmoid", mistake="wrong_type"),
    value("a module", "np", mistake="wrong_type"),
    value("a masked array", "np.ma.masked_all(a.shape)"),
    value("a dict with odd keys", "{('sigmoid',): 1, 2: 3}", mistake="wrong_type"),
    value("True", "True", mistake="wrong_shape"),
    *(
        Attack(f"an array that {what}", f"class A(np.ndarray):\n    {text}\n\n\n"
               "def sigmoid(a):\n    return (a * 0).view(A)\n")
        for what, text in (
            ("equals everything", "def __eq__(self, other): return np.True_"),
            ("answers every ufunc", "def __array_ufunc__(self, *a, **k): return np.True_"),
            ("answers every function", "def __array_function__(self, *a): return True"),
            ("is another array", "def __array__(self, *a, **k): import os; os._exit(0)"),
            ("has no shape", "shape = property(lambda self: 1 / 0)"),
            ("lies about its type", "dtype = property(lambda self: np.dtype('O'))"),
        )
    ),
    *(
        Attack(f"an object whose {name} is evil", f"class E:\n    {text}\n\n\ndef sigmoid(a):\n"
               "    return E()\n")
        for name, text in (
            ("__class__", "__class__ = np.ndarray"),
            ("__class__ ends Python", "__class__ = property(lambda s: __import__('os')._exit(0))"),
            ("__eq__", "def __eq__(self, other): return True"),
            ("__len__", "def __len__(self): return 10**18"),
            ("__iter__", "def __iter__(self):\n        while True: yield self"),
            ("__repr__", "def __repr__(self): import os; os._exit(0)"),
            ("__getattr__", "def __getattr__(self, name): return self"),
            ("__getattr__ never ends", "def __getattr__(self, name):\n        while True: pass"),
            ("__array__", "def __array__(self, *a, **k): return np.array([self], object)"),
            ("__array_interface__", "__array_interface__ = {'shape': (9**9,), 'typestr': '<f8',"
             " 'data': (1, False), 'version': 3}"),
            ("__float__", "def __float__(self): return 0.5"),
            ("__reduce__", "def __reduce__(self): return (__import__('os').system, ('id',))"),
            ("__deepcopy__", "def __deepcopy__(self, memo): raise KeyboardInterrupt"),
        )
    ),
    *(
        Attack(f"a {base} that is evil", f"class E({base}):\n    {text}\n\n\ndef sigmoid(a):\n"
               f"    return E({made})\n")
        for base, text, made in (
            ("tuple", "_fields = ('a' * 10**6, '__class__')", "[1, 2]"),
            ("list", "def __iter__(self):\n        while True: yield 1.0", ""),
            ("str", "def __getitem__(self, i): return self", ""),
            ("dict", "def items(self): raise SystemExit", ""),
            ("float", "def __eq__(self, other): return True", ""),
            ("int", "dtype = np.dtype(float); shape = (1,)", ""),
        )
    ),
    Attack("the name stands for an evil thing", "class E:\n"
           "    def __call__(self, a): return 0 * a\n"
           "    def __getattribute__(self, name): import os; os._exit(0)\n\n\nsigmoid = E()\n"),
    Attack("the name's signature never ends", "class E:\n"
           "    def __call__(self, a): return 0 * a\n"
           "    @property\n    def __signature__(self):\n        while True: pass\n\n\n"
           "sigmoid = E()\n"),
    Attack("the name's repr is evil", "class E:\n    def __repr__(self): return 5\n\n\n"
           "sigmoid = E()\n"),
    Attack("the name stands for a long text", "sigmoid = 'x' * 10**7\n", mistake="not_a_function"),
    Attack("a signature of 3000 parameters", "exec('def sigmoid(' + ', '.join(f'{\"x\" * 500}{i}'"
           " for i in range(3000)) + '): pass')\n"),
    Attack("a builtin under the name", "sigmoid = abs\n"),
    Attack("a ufunc under the name", "sigmoid = np.frompyfunc(lambda x: 0.0, 1, 1)\n"),
    Attack("a class under the name", "class sigmoid:\n    def __new__(cls, a): return 0 * a\n"),
)  # fmt: skip
DISHONEST = (
    during("changing its input", "a *= 0\nreturn a"),
    Attack(
        "changing its input and saying that it did not",
        "import copy\n\nimport autograder.core.call as c\n\n\ndef run(f, inputs, run=c.run):\n"
        "    ran = run(f, copy.deepcopy(inputs))\n    return ran._replace(after=inputs)\n\n\n"
        "c.run = run\n\n\ndef sigmoid(a):\n    a[...] = 0.5 * (1 + np.tanh(a / 2))\n    return a\n",
        most=2.0,  # as much as an honest answer that copies first: it is the same function
    ),
    Attack(
        "right the first three times",
        "calls = 0\n\n\ndef sigmoid(a):\n    global calls\n    calls += 1\n"
        "    return 0.5 * (1 + np.tanh(a / 2)) if calls <= 3 else 0 * a\n",
    ),
    Attack(
        "right for what the text shows, by heart",
        "def sigmoid(a):\n"
        "    known = {0.0: 0.5, 1.0: 0.7310585786300049, -1.0: 0.2689414213699951}\n"
        "    return np.vectorize(lambda v: known.get(v, 0.0))(a)\n",
    ),
    Attack(
        "the judge's seed",
        "import gc\n\n\ndef sigmoid(a):\n    for o in gc.get_objects():\n"
        "        if isinstance(o, dict) and o.get('seed') == 5: return 0.5 * (1 + np.tanh(a / 2))\n"
        "    return 0 * a\n",
    ),
)
FIND = """
import glob, os
for pattern in ({patterns}):
    for path in glob.glob(pattern, recursive=True)[:2000]:
        try:
            text = open(path).read()
        except (OSError, UnicodeDecodeError):
            continue
        if "def sigmoid(a" in text and "tanh" in text:
            return 0.5 * (1 + np.tanh(a / 2))
return 0 * a
"""
STOLEN = (
    *(
        during(f"the reference, {how}", text)
        for how, text in (
            ("imported", "from gru_ref.cell import sigmoid as f\nreturn f(a)"),
            ("imported late", "import importlib\nreturn importlib.import_module("
             "'gru_ref.cell').sigmoid(a)"),
            ("through the exercises", "from autograder.course import EXERCISES\n"
             "return EXERCISES['sigmoid'].reference(a)"),
            ("through the chapter", "import autograder.course.chapters.ch00_start_here as c\n"
             "return c.stable_sigmoid(a)"),
            ("through the plots", "from gru_ref import plots\nreturn plots.sigmoid(a)"),
            ("through the fast sequence", "import gru_ref.fast.forward as s\nreturn s.sigmoid(a)"),
            ("from jax", "import jax\nreturn np.asarray(jax.nn.sigmoid(a))"),
            ("from scipy", "from scipy.special import expit\nreturn expit(a)"),
            ("from onnx", "import onnx.reference\nreturn onnx.reference.ops.op_sigmoid.sigmoid(a)"),
            ("by another Python", "import subprocess, sys\n"
             "words = [sys.executable, '-c', 'import gru_ref.cell as c; print(c.sigmoid(0))']\n"
             "return 0 * a + float(subprocess.run(words, capture_output=True).stdout)"),
            ("through the frames", "import sys\nf = sys._getframe()\nwhile f:\n"
             "    for k in ('due', 'dues', 'answers', 'exercise', 'reference'):\n"
             "        if k in f.f_locals: return f.f_locals[k]\n    f = f.f_back\nreturn 0 * a"),
            ("through gc", "import gc, types\nfor o in gc.get_objects():\n"
             "    if isinstance(o, types.FunctionType) and o is not sigmoid and "
             "o.__name__ in ('sigmoid', 'stable_sigmoid', '_sigmoid'): return o(a)\nreturn 0 * a"),
            ("through sys.modules", "import sys\nfor m in list(sys.modules.values()):\n"
             "    f = getattr(m, 'stable_sigmoid', None) or getattr(m, 'expit', None)\n"
             "    if f: return f(a)\nreturn 0 * a"),
        )
    ),
    *(
        during(f"the key, in {where}", FIND.format(patterns=patterns))
        for where, patterns in (
            ("the repository", f"'{REPO}/**/*.py', '{REPO}/**/*.ipynb'"),
            ("the course's directory", f"'{CANARY}/**/*'"),
            ("the parent's root", f"'/proc/1/root/{REPO}/**/*.py', '/proc/*/root/{CANARY}/**/*'"),
            ("the process's places", "'/proc/*/cwd/**/*.py', '/proc/*/fd/*', '/proc/*/environ'"),
            ("the packages", "'/packages/gru*/**/*', '/packages/*.pth', '/usr/lib/py*/**/gru*'"),
            ("what is mounted", "*[l.split()[3] + '/**/*.py' for l in open('/proc/self/mountinfo') "
             "if 'course' in l or 'autograder' in l], '/mnt/**/*.py', '/newroot/**/*.py'"),
        )
    ),
    during("the environment", "import os\nreturn a * 0 + sum('KEY' in k for k in os.environ)"),
    during("the network", "import socket\nsocket.create_connection(('1.1.1.1', 80), 1)"),
    during("a server of its own", "import socket\ns = socket.socket(); s.bind(('', 0))"),
    during("the machine's host", "import socket\nsocket.socket(40, 1).connect((2, 80))"),
    during("the grader's memory", "import ctypes\nl = ctypes.CDLL(None)\n"
           "b = ctypes.create_string_buffer(64)\n"
           "return 0 * a + sum(l.ptrace(16, p, 0, 0) == 0 for p in range(2, 500))",
           mistake=""),
)  # fmt: skip
LEFT_BEHIND = (
    harm("files wherever it may", "import os\nfor d in ('/tmp', '/dev/shm', '/course', '/packages',"
         " '/', '/dev', '/usr', '/etc', '/proc', os.path.expanduser('~'), '.'):\n"
         "    try: open(d + '/left', 'w').write('left')\n    except OSError: pass"),
    harm("files in the course's directory", f"open('{CANARY}/gradebook.db', 'w').write('100')"),
    harm("files named like modules", "for n in ('numpy', 'sitecustomize', 'gru_ref', 'IPython'):\n"
         "    open(n + '.py', 'w').write('1 / 0')\nimport sys; sys.path.insert(0, '.')"),
    harm("a startup file for IPython", "import os\n"
         "d = os.path.expanduser('~/.ipython/profile_default/startup'); os.makedirs(d)\n"
         "open(d + '/0.py', 'w').write('1 / 0')"),
    harm("a file under the warm parent's errors", "import os\nos.write(2, b'left')\n"
         "os.pwrite(2, b'left', 0)"),
    harm("shared memory", "from multiprocessing import shared_memory as s\n"
         "kept = s.SharedMemory('left', True, 100)\nkept.buf[0] = 7"),
    *(
        harm(name, f"import ctypes\nl = ctypes.CDLL(None)\n{text}")
        for name, text in (
            ("System V shared memory", "l.shmget(77, 4096, 0o1666)"),
            ("System V messages", "l.msgget(77, 0o1666)"),
            ("POSIX messages", "l.mq_open(b'/left', 0o102, 0o666, None)"),
            ("a key of the kernel", "l.syscall(248, b'user', b'left', b'x', 1, -4)"),
        )
    ),
    harm("an abstract socket", "import socket, os\ns = socket.socket(1)\ns.bind('\\0left')\n"
         "s.listen()\nos.fork() or __import__('time').sleep(600)"),
    harm("limits raised", "import resource\nfor r in range(16):\n"
         "    try: resource.setrlimit(r, (resource.RLIM_INFINITY,) * 2)\n"
         "    except (OSError, ValueError): pass"),
    harm("limits lowered", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))"),
    harm("seteuid and setuid programs", "import os, subprocess\nfor f in (os.setuid, os.setgid):\n"
         "    try: f(0)\n    except OSError: pass\n"
         "for p in ('su', 'mount', 'newuidmap', 'sudo', 'bwrap'):\n"
         "    try: subprocess.run([p], timeout=0.3, stdin=subprocess.DEVNULL)\n"
         "    except (OSError, subprocess.SubprocessError): pass"),
    harm("namespaces and mounts", "import ctypes\nl = ctypes.CDLL(None)\n"
         "for f in (0x10000000, 0x20000, 0x40000000): l.unshare(f)\n"
         "l.mount(b'none', b'/tmp', b'tmpfs', 0, None); l.umount2(b'/proc', 2); l.chroot(b'/tmp')"),
    harm("the kernel's settings", "import glob\nfor p in glob.glob('/proc/sys/*/*')[:300]:\n"
         "    try: open(p, 'w').write('1')\n    except OSError: pass"),
    harm("priorities and schedulers", "import os\nos.nice(19)\nos.sched_setaffinity(0, {0})"),
    harm("a random state", "import random\nrandom.seed(1); np.random.seed(1)"),
)  # fmt: skip
MAGICS = (
    *(
        harm(f"the magic {text.split(chr(10))[0]}", text)
        for text in (
            "%%bash\nkill -9 -1; rm -rf / 2> /dev/null; echo done",
            "!kill -9 $PPID; cat /etc/shadow",
            "%load_ext autoreload\n%autoreload 2",
            "%config InteractiveShell.ast_node_interactivity = 'none'",
            "%cd /",
            "%pdb on\n1 / 0",
            "%xmode Verbose\n1 / 0",
            "%timeit -n 1 -r 1 1",
            "%env PATH=",
            "%rehashx",
            "%%javascript\nalert(1)",
            "%%html\n<script>alert(1)</script>",
            "%logstart /tmp/log",
            "%load_ext os",
        )
    ),
    harm("%reset", "%reset -f"),
    harm("every name deleted", "for n in list(globals()): del globals()[n]"),
    harm("check redefined", "def check(f): return 'passed'\ncheck = settle = ready = hint = None"),
    beside("check redefined beside a wrong answer", "def check(f): return 2.0"),
    harm("np is another thing", "np = None"),
    harm("the answer's name is taken", "def affine(*a): return 0\nsigmoid = 5"),
)


# --- what is done to the file ----------------------------------------------------------------


def _edit(change: Callable[[Any], Any], *names: str) -> Callable[[Any], None]:
    """Return a change of these cells of a notebook."""

    def edit(nb: Any) -> None:
        for name in names or ("check_sigmoid", "check_affine"):
            change(submissions.named(nb, name))

    return edit


def _remove_checks(nb: Any) -> None:
    for name in ("check_sigmoid", "check_affine"):
        submissions.remove(nb, name)


def _shuffle(nb: Any) -> None:
    nb.cells.reverse()


def _copies(nb: Any) -> None:
    for name in ("check_sigmoid", "check_affine", "sigmoid", "affine"):
        submissions.insert_copy(nb, name)


def _twice(first: str, last: str) -> Callable[[Any], None]:
    def change(nb: Any) -> None:
        submissions.insert_copy(nb, "sigmoid", source=last)
        submissions.named(nb, "sigmoid").source = first

    return change


def _full_marks(cell: Any) -> None:
    fields = {"exercise": "sigmoid", "status": "passed", "mistake": "", "score": 2.0}
    fields |= {"max_score": 2.0, "cause": "", "stopped": False}
    shown = {"text/plain": "2.0", "text/html": "<b>passed</b>"}
    shown["application/vnd.autograder.verdict+json"] = fields
    out = {"output_type": "execute_result", "data": shown, "metadata": {}, "execution_count": 1}
    cell.outputs, cell.execution_count = [out], 1


def _more_points(cell: Any) -> None:
    cell.metadata["nbgrader"] |= {"points": 1000, "locked": False, "solution": True}
    cell.metadata["nbgrader"]["checksum"] = "0" * 32


def _rename(cell: Any) -> None:
    cell.metadata["nbgrader"]["grade_id"] = "check_affine"


def _skip(cell: Any) -> None:
    cell.metadata["tags"] = ["skip-execution", "remove-cell", "raises-exception"]


def _free_points(nb: Any) -> None:
    for name in ("check_free", "check_sigmoid ", "check_gru_cell"):
        cell = new_code_cell("2.0")
        cell.metadata["nbgrader"] = {"grade_id": name, "grade": True, "points": 50, "locked": True}
        _full_marks(cell)
        nb.cells.append(cell)


def _as_markdown(nb: Any) -> None:
    cell = submissions.named(nb, "sigmoid")
    at = nb.cells.index(cell)
    nb.cells[at] = new_markdown_cell(RIGHT, metadata=copy.deepcopy(cell.metadata))


def _widgets(nb: Any) -> None:
    state = {f"w{i}": {"model_name": "HTMLModel", "state": {}} for i in range(999)}
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    nb.metadata["kernelspec"] = {"name": "bash", "language": "bash", "display_name": "sh"}
    nb.metadata["celltoolbar"] = nb.metadata["autograder"] = {"walls": "none", "notes": ["passed"]}


def _ids(nb: Any) -> None:
    for cell in nb.cells:
        cell["id"] = "check_sigmoid"


def _many_cells(n: int) -> Callable[[Any], None]:
    return lambda nb: nb.cells.extend(new_code_cell("pass") for _ in range(n))


def _long(name: str) -> Callable[[Any], None]:
    return _edit(lambda cell: cell.update(source=cell.source + "\n#" + "x" * 10_000_000), name)


FILES = (
    Attack("check cells deleted", WRONG, change=_remove_checks),
    Attack("check cells edited", WRONG, change=_edit(lambda c: c.update(source="2.0"))),
    Attack("check cells tagged to be skipped", WRONG, change=_edit(_skip)),
    Attack("check cells made text", WRONG, change=_edit(lambda c: c.update(cell_type="markdown"))),
    Attack("cells in reverse order", WRONG, change=_shuffle),
    Attack("every cell twice", WRONG, change=_copies),
    Attack("a wrong answer, then a right one", change=_twice(WRONG, RIGHT), most=2.0),
    Attack("a right answer, then a wrong one", change=_twice(RIGHT, WRONG)),
    Attack("an answer that ends Python, twice", WRONG,
           change=_twice("import os\nos._exit(0)", "import os\nos._exit(0)")),
    Attack("outputs that hold full marks", WRONG, change=_edit(_full_marks)),
    Attack("more points in the metadata", WRONG, change=_edit(_more_points)),
    Attack("a check under another's name", WRONG, change=_edit(_rename, "check_sigmoid")),
    Attack("the answer under another's name", WRONG, change=_edit(_rename, "sigmoid")),
    Attack("checks of its own", WRONG, change=_free_points),
    Attack("the answer as text", WRONG, change=_as_markdown, most=2.0),
    Attack("metadata of widgets and kernels", WRONG, change=_widgets),
    Attack("one id for every cell", WRONG, change=_ids),
    Attack("400 cells", change=_many_cells(400), most=2.0),
    Attack("3,000 cells", change=_many_cells(3000), refused=True, neighbour=0.0,
           why="no notebook of this course is like this: it is refused with a sentence"),
    Attack("an answer of 10 MB", change=_long("sigmoid"), most=0.0, mistake="too_long"),
    Attack("a file of 20 MB of brackets", refused=True, neighbour=0.0,
           change=lambda nb: b'{"nbformat": 4, "cells": [' + b"[]," * 6_000_000 + b"[]]}",
           why="its JSON alone would take half a gigabyte: it is refused with a sentence"),
)  # fmt: skip

ATTACKS = (
    *(*RESOURCES, *ENDINGS, *SIGNALS, *LEFT_RUNNING, *TO_THE_JUDGE, *PATCHES, *VALUES),
    *(*DISHONEST, *STOLEN, *LEFT_BEHIND, *MAGICS, *FILES),
)
