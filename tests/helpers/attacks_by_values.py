"""Attacks by what is returned, by answers that are nearly right, and on the kernel's memory.

They are rows as those of `attacks`.
"""

from __future__ import annotations

from tests.helpers.attacks import Attack, body, during, value
from tests.helpers.attacks_on_judging import CURVE, LIBC, SPIN

STRIDED = "np.lib.stride_tricks.as_strided"
ODD_VALUES = (
    value("a view of a terabyte", f"{STRIDED}(np.zeros(1), (10**6, 10**5), (0, 0))"),
    value("a view of its own neighbours", f"{STRIDED}(np.zeros(4), (10**5,), (8 * 10**6,))"),
    value("a view with a backward stride", "np.zeros_like(a)[..., ::-1]"),
    value("one number, broadcast to 80 GB", "np.broadcast_to(0.5, (10**5, 10**5))"),
    value("a shape of 64 axes", "np.zeros((1,) * 64)"),
    value("no elements, a huge shape", "np.zeros((0, 2**40))"),
    value("numbers of another order of bytes", "(0 * a).astype('>f8')"),
    value("long numbers", "np.longdouble(a) * 0"),
    value("half numbers", "(0 * a).astype(np.float16)"),
    value("a record", "np.zeros(np.shape(a), [('x', 'f8')])"),
    value("objects that are floats", "np.full(np.shape(a), 0.5).astype(object)"),
    value("an array that is masked everywhere", "np.ma.masked_all(np.shape(a))"),
    value("a matrix", "np.matrix(np.zeros((2, 2)))"),
    value("dates of the time", "np.zeros(np.shape(a), 'M8[s]')"),
    value("text that reads like numbers", "np.full(np.shape(a), '0.5')"),
    value("a range without end", "range(10**12)"),
    value("a file of memory", "memoryview(bytes(10**7))"),
    value("the seed of the draw", "np.random.get_state()"),
    Attack("a float that equals all", "class F(float):\n    def __eq__(s, o): return True\n"
           "    def __sub__(s, o): return 0.0\n    __rsub__ = __sub__\n    __hash__ = None\n\n\n"
           "def sigmoid(a):\n    return F(0)\n"),
    Attack("a float whose text never ends", "class F(float):\n"
           "    def __repr__(s): return 'x' * 10**8\n"
           "    __str__ = __format__ = __repr__\n\n\ndef sigmoid(a):\n    return F(0)\n"),
    Attack("a repr that spins", f"class R:\n    def __repr__(s):\n        {SPIN}\n\n\n"
           "def sigmoid(a):\n    return R()\n"),
    Attack("a repr that raises itself", "class R(Exception):\n    def __repr__(s): raise s\n"
           "    __str__ = __repr__\n\n\ndef sigmoid(a):\n    return R()\n"),
    Attack("a class whose class lies", "class L:\n    @property\n    def __class__(s): "
           "return np.ndarray\n    shape, dtype, ndim = (3,), np.dtype(float), 1\n\n\n"
           "def sigmoid(a):\n    return L()\n"),
    Attack("a NamedTuple of a longer kind", "from typing import NamedTuple\n\n\n"
           "class P(NamedTuple):\n    a: float\n    b: float\n\n\nclass Q(P):\n"
           "    def __len__(s): return 10**9\n    def __iter__(s):\n"
           "        while True: yield 1\n\n\ndef sigmoid(a):\n    return Q(1, 2)\n"),
    Attack("fields that are properties", "from collections import namedtuple\n\n\n"
           f"class P(namedtuple('P', 'a')):\n    @property\n    def a(s):\n        {SPIN}\n\n\n"
           "def sigmoid(a):\n    return P(1)\n"),
    Attack("an array that other memory lends", "class A:\n"
           "    __array_interface__ = {'shape': (9,), 'typestr': '<f8', 'data': (8, False), "
           "'version': 3}\n\n\ndef sigmoid(a):\n"
           "    return np.asarray(A()) + 0\n", mistake="died"),
    Attack("an array that is made when asked", "class A:\n    def __array__(s, *a, **k):\n"
           "        import os; os._exit(0)\n\n\ndef sigmoid(a):\n    return A()\n"),
    Attack("an array with its own bytes", "class A(np.ndarray):\n    def tobytes(s, *a): "
           "return b'x' * 10**8\n    def __reduce__(s): return exit, ()\n\n\ndef sigmoid(a):\n"
           "    return (0 * np.array(a)).view(A)\n"),
    Attack("an array that changes after its call", "import threading, time\n\n\ndef sigmoid(a):\n"
           "    y = 0 * np.array(a)\n    def later():\n        time.sleep(0.05)\n"
           f"        y[...] = {CURVE}\n    threading.Thread(target=later).start()\n    return y\n"),
)  # fmt: skip
TOLERANCES = tuple(
    Attack(f"near: {name}", body(f"with np.errstate(all='ignore'):\n    return {text}"))
    for name, text in (
        ("off by a thousandth", f"1.001 * {CURVE}"),
        ("off by a millionth", f"{CURVE} + 1e-6"),
        ("three digits", f"np.round({CURVE}, 3)"),
        ("a hard sigmoid", "np.clip(0.2 * a + 0.5, 0, 1)"),
        ("a rational curve", "0.5 + 0.5 * a / (1 + np.abs(a))"),
        ("a series", "0.5 + a / 4 - a**3 / 48 + a**5 / 480"),
        ("no number anywhere", "a * np.nan"),
        ("infinity", "a * 0 + np.inf"),
        ("all zeros and ones", "(np.asarray(a) > 0) * 1.0"),
        ("all a half", "0 * a + 0.5"),
        ("one more axis", f"({CURVE})[None]"),
        ("turned over", f"({CURVE}).T[::-1]"),
        ("the mean everywhere", f"0 * a + np.mean({CURVE})"),
        ("with a complex part", f"{CURVE} + 1e-3j"),
        ("cut to whole numbers", f"({CURVE} * 2).astype(int)"),
    )
)
PARTLY = tuple(
    Attack(f"near: {name}", body(f"return np.where({where}, np.nan, {CURVE})"), most=most)
    for name, where, most in (
        ("no number where it is hard", "np.abs(a) > 20", 1.8),  # as the plain formula, there
        ("no number where it is small", "np.abs(a) < 1", 0.6),  # large inputs have points too
    )
)
KERNEL = tuple(
    during(name, f"import os, socket, ctypes, time, mmap\n{text}\nreturn 0 * a")
    for name, text in (
        ("socket pairs", "k = []\nwhile True: k.append(socket.socketpair())"),
        ("full socket pairs", "for _ in range(25):\n    for s in socket.socketpair():\n"
         "        s.setblocking(False)\n        try:\n"
         "            while True: s.send(b'x' * 65536)\n        except OSError: pass"),
        ("larger buffers of sockets", "s = socket.socketpair()[0]\n"
         "s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**30)"),
        ("pipes of a megabyte", "import fcntl\nk = []\nwhile True:\n    r, w = os.pipe()\n"
         "    k.append(fcntl.fcntl(w, 1031, 2**20)); os.write(w, b'x' * 2**20)"),
        ("datagrams that wait", "s = socket.socketpair(1, 2)[0]; s.setblocking(False)\n"
         "while True: s.send(b'x' * 100000)"),
        ("descriptors that travel", "import array\nx, y = socket.socketpair()\nwhile True:\n"
         "    x.sendmsg([b'x'], [(1, 1, array.array('i', [0] * 200))])"),
        ("watched files", f"{LIBC}f = l.inotify_init()\n"
         "for i in range(10**5): l.inotify_add_watch(f, b'/usr', 2**(i % 12))"),
        ("epoll in epoll", "import select\nk = [select.epoll() for _ in range(9)]\n"
         "for x, y in zip(k, k[1:]): x.register(y.fileno())"),
        ("maps without end", "k = []\nwhile True: k.append(mmap.mmap(-1, 4096))"),
        ("a map of 100 TB", "mmap.mmap(-1, 10**14)"),
        ("locked memory", f"{LIBC}l.mlockall(7)\nk = np.ones(10**8)"),
        ("a ring of the kernel", f"{LIBC}l.syscall(425, 4096, ctypes.create_string_buffer(200))"),
        ("a fault that waits", f"{LIBC}l.syscall(323, 0)"),
        ("counters of the processor", f"{LIBC}l.syscall(298, ctypes.create_string_buffer(200), 0,"
         " -1, -1, 0)"),
        ("a program in the kernel", f"{LIBC}l.syscall(321, 0, "
         "ctypes.create_string_buffer(99), 99)"),
        ("keys without end", f"{LIBC}[l.syscall(248, b'user', b'%d' % i, b'x' * 9999, 9999, -3)"
         " for i in range(3000)]"),
        ("folders in folders", "while True: os.mkdir('/tmp/x'); os.chdir('/tmp/x')"),
        ("names of files", "for i in range(10**5): os.link('/proc/self/exe', f'/tmp/{i}')"),
        ("processes that wait to be buried", "while True:\n    if not os.fork(): os._exit(0)"),
    )
)  # fmt: skip
ATTACKS = (*ODD_VALUES, *TOLERANCES, *PARTLY, *KERNEL)
