"""Attacks on what decides: judged twice, the cells that go along, time.

They are rows as those of `attacks`, after what grading does since: an answer that does not pass is
judged once more, alone, and its time is CPU time.
"""

from __future__ import annotations

from tests.helpers.attacks import WRONG, Attack, beside, during, harm

CURVE = "0.5 * (1 + np.tanh(a / 2))"


def passed_on(name: str, seen: str, leave: str) -> Attack:
    """Return an answer that is right where an earlier process of its own has left something."""
    text = f"""
state = []


def seen():
    {seen.strip().replace(chr(10), chr(10) + "    ")}


def leave():
    {leave.strip().replace(chr(10), chr(10) + "    ")}


def attempt(f):
    try:
        return f()
    except Exception:
        return False


def sigmoid(a):
    if not state:
        state.append(attempt(seen))
        attempt(leave)
    return {CURVE} if state[0] else 0 * a
"""
    return Attack(f"passed on by {name}", f"import os, socket, ctypes, time\n{text}")


LIBC = "l = ctypes.CDLL(None)\n"
TWICE = (
    passed_on("a file in /tmp", "return os.path.exists('/tmp/x')", "open('/tmp/x', 'w')"),
    passed_on("shared memory", "return os.path.exists('/dev/shm/x')", "open('/dev/shm/x', 'w')"),
    passed_on("the home", "return os.path.exists(os.path.expanduser('~/x'))",
              "open(os.path.expanduser('~/x'), 'w')"),
    passed_on("a file where it stands", "return os.path.exists('x')", "open('x', 'w')"),
    passed_on("the environment", "return 'SEEN' in os.environ", "os.environ['SEEN'] = '1'"),
    passed_on("the parent's files", "return os.fstat(2).st_size > 0", "os.write(2, b'x')"),
    passed_on("the place in a file", "return os.lseek(1, 0, 1) > 10**6", "os.lseek(1, 10**7, 0)"),
    passed_on("an abstract socket", "socket.socket(1).connect('\0x')\nreturn True",
              "s = socket.socket(1); s.bind('\0x'); s.listen()\nos.fork() or time.sleep(600)"),
    passed_on("a port", "socket.create_connection(('127.0.0.1', 7777), 0.1)\nreturn True",
              "s = socket.socket(); s.bind(('127.0.0.1', 7777)); s.listen()\n"
              "os.fork() or time.sleep(600)"),
    passed_on("memory of System V", LIBC + "return l.shmget(5, 10, 0o666) >= 0",
              LIBC + "l.shmget(5, 10, 0o1666)"),
    passed_on("messages", LIBC + "return l.msgget(5, 0o666) >= 0", LIBC + "l.msgget(5, 0o1666)"),
    passed_on("a semaphore", LIBC + "return l.semget(5, 1, 0o666) >= 0",
              LIBC + "l.semget(5, 1, 0o1666)"),
    passed_on("a priority", "return os.nice(0) > 5", "os.nice(10)"),
    passed_on("a lock on a file", "import fcntl\nf = os.open(os.__file__, 0)\n"
              "fcntl.flock(f, 6)\nreturn False", "import fcntl\nf = os.open(os.__file__, 0)\n"
              "fcntl.flock(f, 1)\nos.fork() or time.sleep(600)"),
    passed_on("a process that stays", "return len([p for p in os.listdir('/proc') if p.isdigit()])"
              " > 6", "for _ in range(6):\n    os.fork() or time.sleep(600)"),
    passed_on("the parent's name", "return 'left' in open('/proc/1/comm').read()",
              "open('/proc/1/comm', 'w').write('left')"),
    passed_on("the modules of the parent", "import sys\nreturn hasattr(sys, 'left')",
              "import sys\nsys.left = 1"),
    passed_on("compiled files", "import importlib.util as u\n"
              "return os.path.exists(u.cache_from_source('/tmp/m.py'))",
              "open('/tmp/m.py', 'w').write('x = 1')\nimport py_compile\n"
              "py_compile.compile('/tmp/m.py')"),
    Attack("right in every second call", "calls = []\n\n\ndef sigmoid(a):\n    calls.append(1)\n"
           f"    return {CURVE} if len(calls) % 2 else 0 * a\n"),
    Attack("right for one half of each array", "def sigmoid(a):\n"
           f"    y = np.array({CURVE})\n    y.ravel()[y.size // 2 + 1:] = 0\n"
           "    return y if y.size > 1 else 0 * a\n"),
    Attack("right by chance, anew in each process", "import os\ncoin = os.urandom(4)\n\n\n"
           f"def sigmoid(a):\n    return {CURVE} if coin == b'luck' else 0 * a\n"),
    Attack("wrong with others, an error alone", "def sigmoid(a):\n"
           "    return helper(a) if len(In) > 3 else 1 / 0\n\n\ndef helper(a):\n"
           "    return 0 * a\n"),
    Attack("a wrong answer that dies alone", "import os\n\n\ndef sigmoid(a):\n"
           "    if 'affine' not in globals(): os._exit(0)\n    return 0 * a\n"),
    Attack("a wrong answer that hangs alone", "def sigmoid(a):\n"
           "    while len(In) < 5: pass\n    return 0 * a\n"),
    Attack("defined anew by its own call", "def sigmoid(a):\n    global sigmoid\n"
           "    sigmoid = lambda a: 0 * a\n    return 0 * a\n"),
    Attack("a wrapped function is not what counts", "import functools\n\n\ndef right(a):\n"
           f"    return {CURVE}\n\n\n@functools.wraps(right)\ndef sigmoid(a):\n    return 0 * a\n"),
    Attack("a signature that is not its own", f"{WRONG}\nimport inspect\n\n"
           "sigmoid.__signature__ = inspect.signature(lambda *, b, c, d: 0)\n"),
    Attack("a function that wraps itself", f"{WRONG}\nsigmoid.__wrapped__ = sigmoid\n"),
    Attack("code that is swapped", f"{WRONG}\nsigmoid.__code__ = (lambda a: None).__code__\n"),
    Attack("a name that is a property of the shell", "get_ipython().user_ns_hidden['sigmoid'] = 1\n"
           f"\n\n{WRONG}"),
)  # fmt: skip
BREAKS = "np.tanh = np.exp = np.where = None"
NEEDED = (
    *(
        harm(f"np is bound by {how}", text)
        for how, text in (
            ("a loop", "for np in (1,): pass"),
            ("a walrus", "(np := 1)"),
            ("with", "import contextlib\nwith contextlib.nullcontext() as np: pass"),
            ("an import", "import os as np"),
            ("a class", "class np: tanh = exp = None"),
            ("a function", "def np(): pass"),
            ("an error's name", "np2 = np\ntry: 1 / 0\nexcept Exception as np: pass"),
            ("stars", "a, *np = 1, 2"),
            ("match", "match 1:\n    case np: pass"),
            ("global", "def take():\n    global np\n    np = 1\ntake()"),
            ("del", "del np"),
            ("globals()", "globals()['np'] = None"),
            ("exec", "exec('np = None')"),
            ("a magic", "get_ipython().push({'np': None})"),
            ("a user's namespace", "get_ipython().user_ns['np'] = 1"),
            ("the built-in names", "import builtins\nbuiltins.np = 1\ndel np"),
        )
    ),
    harm("a cell that binds the answer's own letter", f"a = x = W = b = 1\n{BREAKS}"),
    harm("a cell that binds a star", f"from math import *\n{BREAKS}"),
    harm("a cell that binds the answer's name", f"sigmoid = affine = 1\n{BREAKS}"),
    harm("a cell that binds every built-in", "abs = max = min = sum = len = float = range = None"),
    harm("names of IPython", "In = Out = _ = __ = _i = None"),
    harm("names like the course's", "start = check = settle = yours = EXERCISES = CASES = None"),
    harm("a module in the place of numpy", "import sys, types\nsys.modules['numpy'] = "
         "types.ModuleType('numpy')\nimport numpy as np"),
    harm("a hook at every import", "import sys\nclass F:\n"
         "    def find_spec(*a): raise ImportError\nsys.meta_path.insert(0, F)"),
    harm("numpy that warns as an error", "np.seterr(all='raise')\nimport warnings\n"
         "warnings.simplefilter('error')"),
    harm("a memory of what was compiled", "import linecache\nlinecache.cache.clear()\n"
         "linecache.getlines = None"),
    harm("a cell that is no Python", "this is (not Python"),
    harm("a cell with a null character", "x = '\0'"),
    harm("a cell nested too deep to read", "x = " + "(" * 3000 + ")" * 3000),
    harm("a cell of one long sum", "x = " + "+".join("1" * 8000)),
    harm("a cell of a long chain of names", "x" + ".x" * 5000),
    Attack("a helper that is broken below", "def helper(a):\n    return 0 * a\n\n\n"
           "def sigmoid(a):\n    return helper(a)\n"),
)  # fmt: skip
SPIN = "while True: pass"
TIME = (
    during("a child that spins, waited for", f"import os\np = os.fork()\nif not p:\n    {SPIN}\n"
           "os.waitpid(p, 0)\nreturn 0 * a"),
    during("a child that spins, left alone", f"import os\nif not os.fork():\n    {SPIN}\n"
           "return 0 * a"),
    during("a grandchild that spins", f"import os\nif not os.fork():\n    os.fork() or {SPIN!r}\n"
           f"    {SPIN}\nreturn 0 * a"),
    during("children that spin one after the other", "import os, time\nwhile True:\n"
           "    p = os.fork()\n    if not p:\n        t = time.time()\n"
           "        while time.time() < t + 0.05: pass\n        os._exit(0)\n    os.waitpid(p, 0)"),
    during("a spinning child that hides from its parent", "import os, signal\n"
           "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nif not os.fork():\n"
           f"    os.setsid()\n    {SPIN}\nos.wait()"),
    during("threads that spin", "import threading\ndef f():\n    while True: pass\n"
           "t = [threading.Thread(target=f, daemon=True) for _ in range(4)]\n"
           "[x.start() for x in t]\n[x.join() for x in t]"),
    during("naps without end", "import time\nwhile True: time.sleep(1e-4)"),
    during("one long nap", "import time\ntime.sleep(10**6)"),
    during("select without end", "import select\nselect.select([], [], [])"),
    during("a lock without end", "import threading\nl = threading.Lock()\n"
           "l.acquire(); l.acquire()"),
    during("a pipe that nobody writes", "import os\nr, w = os.pipe(); os.read(r, 1)"),
    during("pause", "import signal\nsignal.pause()"),
    during("a pause that forgives the alarm", "import signal\nwhile True:\n"
           "    try: signal.pause()\n    except BaseException: pass"),
    during("sigwait", "import signal\nsignal.sigwait({10})"),
    during("another program that sleeps", "import subprocess\nsubprocess.run(['sleep', '600'])"),
    during("becoming another program", "import os\nos.execvp('sleep', ['sleep', '600'])"),
    during("the idle scheduler", "import os\nos.sched_setscheduler(0, 5, os.sched_param(0))\n"
           f"{SPIN}"),
    during("a clock of its own", "import time\ntime.time = time.monotonic = lambda: 0\n"
           f"time.process_time = time.perf_counter = lambda: 0\n{SPIN}"),
    during("power without end", "return 9 ** 9 ** 9 ** 9"),
    during("a search in a regular expression", "import re\nre.match('(a|a)*b', 'a' * 99)"),
    during("sorting what compares for ever", "class E:\n    def __lt__(s, o):\n"
           f"        {SPIN}\nsorted([E(), E()])"),
    during("an iterator without end", "import itertools\nsum(itertools.count())"),
    harm("a cell that naps for ever", "import time\ntime.sleep(10**6)"),
    harm("a cell whose child spins on", f"import os\nif not os.fork():\n    {SPIN}"),
    beside("a cell that forks before the answer", f"import os\nif not os.fork():\n    {SPIN}"),
)  # fmt: skip
ATTACKS = (*TWICE, *NEEDED, *TIME)
