"""The sandbox's walls, seen from inside; its wire, fed with garbage; its processes, killed."""

from __future__ import annotations

import ast
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest

from autograder.authoring.build import student_notebook, text
from autograder.core import call
from autograder.course import COURSE, ROOT
from autograder.grading.job import Job
from autograder.grading.run import grade_one as grading
from autograder.sandbox import protocol, visible
from autograder.sandbox.host import Host
from autograder.sandbox.limits import MB, Limits
from autograder.sandbox.session import Session
from tests.helpers import submissions
from tests.helpers.processes import descendants

needs_walls = pytest.mark.needs("bubblewrap")
LIMITS = Limits(
    call=20.0,
    submission=120.0,
    cpu=2,
    memory=700 * MB,
    processes=12,
    file=4 * MB,
    disk=16 * MB,
    files=48,
)
DEADLINE = 60.0  # seconds; what is waited for takes milliseconds

# --- what can be seen and done -------------------------------------------------------------------

TRY = """
import ctypes, errno, os, resource, signal, socket, sys
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
def refused(f, *args):
    try:
        f(*args)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def called(name, *args):
    return "done" if getattr(libc, name)(*args) >= 0 else errno.errorcode[ctypes.get_errno()]
def until_refused(f):
    done = 0
    try:
        for done in range(10**6): f(done)
    except (OSError, MemoryError, RuntimeError):
        return done
def fork(i):
    if os.fork() == 0:
        signal.pause()
pair, held, kept = socket.socketpair(), [], []
def fill(end, write):
    os.set_blocking(end, False)
    try:
        while True: held.append(write(end, b"x" * 65536))
    except BlockingIOError:
        pass
def filled(i):
    two = socket.socketpair()
    kept.extend(two)
    for s in two: fill(s.fileno(), os.write)
def filled_pipe(i):
    two = os.pipe()
    import fcntl
    for size in (2**20, 2**18, 2**16):
        if refused(fcntl.fcntl, two[1], 1031, size) == "done": break
    fill(two[1], os.write)
status = dict(l.rstrip("\\n").split(":\\t") for l in open("/proc/self/status") if ":\\t" in l)
"""
SEEN = {
    "no network but lo": (
        "[l.split(':')[0].strip() for l in open('/proc/net/dev').readlines()[2:]]",
        ["lo"],
    ),
    "no internet sockets": (
        "[refused(socket.socket, f) for f in (2, 10, 16, 17, 40)]",
        ["EAFNOSUPPORT"] * 5,
    ),
    "not root": ("[os.getuid(), os.geteuid(), os.getgid(), os.getgroups()]", [65534] * 3 + [[]]),
    "no capabilities": (
        "sorted({v for k, v in status.items() if k[:3] == 'Cap'})",
        ["0000000000000000"],
    ),
    "no new privileges, calls filtered": ("[status['NoNewPrivs'], status['Seccomp']]", ["1", "2"]),
    "no root by asking": ("[refused(os.setuid, 0), refused(os.setgid, 0)]", ["EINVAL", "EINVAL"]),
    "no namespaces": (
        "[called('unshare', f) for f in (0x20000, 0x40000000, 0x20000000, 0x2000000)]",
        ["EPERM"] * 4,
    ),
    "no namespaces of users": ("called('unshare', 0x10000000)", "ENOSPC"),
    "no mounts": (
        "[called('mount', b'x', b'/tmp', b'tmpfs', 0, None), called('umount2', b'/proc', 2),"
        " called('chroot', b'/tmp'), called('pivot_root', b'/', b'/tmp')]",
        ["EPERM"] * 4,
    ),
    "only processes of its own": (
        "[[p for p in os.listdir('/proc') if p.isdigit()], os.getpid(), os.getppid()]",
        [["1"], 1, 0],
    ),
    "an environment of its own": (
        "sorted(k for k in os.environ if not k.startswith(('OMP', 'MKL', 'OPENBLAS', 'NUMEXPR')))",
        sorted(
            "HOME IPYTHONDIR LANG MPLBACKEND MPLCONFIGDIR PATH PWD PYTHONDONTWRITEBYTECODE "
            "PYTHONHASHSEED PYTHONPATH TMPDIR".split()
        ),
    ),
    "a PATH of the system": ("os.environ['PATH']", "/usr/bin:/bin"),
    "files open: nothing's, and the judge's": (
        "sorted({os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in range(5)})",
        ["/dev/null", "socket"],
    ),
    "nothing writable but its own": (
        "sorted(p for p in ('/', '/tmp', '/dev/shm', '/dev', '/dev/pts', '/course', '/packages',"
        " '/course/autograder', '/packages/numpy', '/usr', '/etc', '/proc', '/bin', sys.prefix,"
        " np.__path__[0]) if refused(open, p + '/left', 'w') == 'done')",
        ["/dev/shm", "/tmp"],
    ),
    "mounted to be written": (
        "sorted({l.split()[4] for l in open('/proc/self/mountinfo') if l.split()[5][:2] == 'rw'}"
        " - {'/proc', '/dev/pts'})",
        None,
    ),
    "no settings of the kernel": (
        "[refused(open, f'/proc/sys/{p}', 'w') for p in ('kernel/core_pattern', 'kernel/hostname',"
        " 'vm/overcommit_memory', 'user/max_user_namespaces')]",
        ["EACCES"] * 4,
    ),
    "no devices": ("called('mknod', b'/tmp/disk', 0o60666, 0x800)", "EPERM"),
    "no memory of the machine": (
        "[refused(open, p, 'rb') for p in ('/dev/mem', '/dev/kmsg', '/proc/kcore', '/dev/sda')]",
        None,
    ),
    "no setuid programs": (
        "[l for l in open('/proc/self/mountinfo') if ' /tmp ' in l and 'nosuid' not in l]",
        [],
    ),
    "none of the course's": (
        "[m for m in ('torch', 'scipy', 'onnx', 'nbgrader', 'autograder.core.judge', "
        "'autograder.course.chapters', 'gru_ref.sequence', 'gru_ref.fast') "
        "if (s := __import__('importlib.util').util.find_spec(m)) is not None "
        "and type(s.loader).__name__ != 'Absent'] "
        "if sys.modules.pop('torch', 1) is None else 'torch'",
        [],
    ),
    "no kernel keys, no memory past limits": (
        "[called('shmget', 0, 4096, 0o1666), called('msgget', 0, 0o1666), called('semget', 0, 1, "
        "0o1666), refused(os.memfd_create, 'x')]",
        ["ENOSYS"] * 4,
    ),
    "no more limits": (
        "[resource.getrlimit(n)[1] for n in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, "
        "resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CPU)]",
        [LIMITS.memory, LIMITS.file, LIMITS.files, LIMITS.processes, LIMITS.cpu],
    ),
    "open files are counted": (
        "[until_refused(lambda i: os.dup(0)) < 48, os.closerange(8, 48)][0]",
        True,
    ),
    "one file is bounded": (
        "[refused(lambda: os.write(os.open('/tmp/a', 65), b'x' * 2**23)),"
        " os.path.getsize('/tmp/a')]",
        ["done", LIMITS.file],  # so much was written and no more
    ),
    "all files are bounded": (
        "until_refused(lambda i: open(f'/tmp/{i}', 'wb').write(b'x' * 2**20)) <= 16",
        True,
    ),
    "the number of files is bounded": (
        "until_refused(lambda i: os.close(os.open(f'/tmp/{i}', 65))) < 5000",
        True,
    ),
    "memory is bounded": (
        "until_refused(lambda i, kept=[]: kept.append(np.ones(2**22))) <= 700 // 32",
        True,
    ),
    "sockets hold little of the kernel's memory": (
        "[refused(pair[0].setsockopt, 1, 7, 2**30), until_refused(filled) < 48,"
        " sum(held) < 64 * 2**20]",
        ["ENOSYS", True, True],
    ),
    "pipes hold little of the kernel's memory": (
        "[until_refused(filled_pipe) < 48, sum(held) < 80 * 2**20]",
        [True, True],
    ),
    "processes are counted": ("until_refused(fork) < 12", True),
    "threads are counted": (
        "until_refused(lambda i: __import__('_thread').start_new_thread(signal.pause, ())) < 12",
        True,
    ),
}


def answers(names: list[str]) -> dict[str, object]:
    """Return what each question is answered from inside, in a child of its own."""
    found: dict[str, object] = {}
    with Host(COURSE, limits=LIMITS) as host:
        for name in names:
            session = Session(host, [], seed=0)
            ran = session.run(f"{TRY}\nimport json\nprint(json.dumps({SEEN[name][0]}))")
            found[name] = json.loads(ran.printed) if ran.printed else repr(ran)
    return found


@pytest.fixture(scope="module")
def inside():
    return answers(list(SEEN))


@needs_walls
@pytest.mark.parametrize("name", SEEN)
def test_inside_the_sandbox_there_is(name, inside):
    expected = SEEN[name][1]
    if name == "mounted to be written":
        kept = {"/tmp", "/dev/shm", "/dev/null", "/dev/zero", "/dev/full", "/dev/random"}
        assert set(inside[name]) <= kept | {"/dev/urandom", "/dev/tty"}
    elif name == "no memory of the machine":
        assert "done" not in inside[name]
    else:
        assert inside[name] == expected


@needs_walls
@pytest.mark.skipif(os.getuid() != 0, reason="not started by root: the test above has shown it")
def test_an_ordinary_user_has_the_same_walls(inside):
    script = (
        "import json, tests.autograder.sandbox.test_escape as t; "
        "print(json.dumps(t.answers(list(t.SEEN))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        user=65534,
        group=65534,
        extra_groups=[],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    ) if _others_may_read() else None  # fmt: skip
    if done is None:
        pytest.skip("another user may not read this Python or this course")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == inside


def _others_may_read() -> bool:
    python = os.path.realpath(sys.executable)
    places = [p for path in (python, str(ROOT), np.__file__) for p in _up(path)]
    return all(os.stat(p).st_mode & 0o001 for p in places if os.path.isdir(p))


def _up(path: str) -> list[str]:
    found = [path]
    while found[-1] != "/":
        found.append(os.path.dirname(found[-1]))
    return found


@needs_walls
def test_time_on_the_processor_is_bounded():
    with Host(COURSE, limits=LIMITS._replace(cpu=1)) as host:
        ran = Session(host, [], seed=0).run("while True: pass")
    assert ran.stopped is not None and ran.stopped[0] == "died"


@needs_walls
def test_memory_that_all_processes_hold_together_is_bounded():
    hold = "import os, signal\nfor _ in range(7):\n    if os.fork() == 0:\n"
    hold += "        block = np.ones(15 * 2**20); signal.pause()\nsignal.pause()"
    with Host(COURSE, limits=LIMITS) as host:
        session = Session(host, [], seed=0)
        session.run("import numpy as np")
        ran = session.run(hold)
    assert ran.stopped is not None and ran.stopped[0] == "memory"


# --- the wire ------------------------------------------------------------------------------------

KINDS = ["array", "number", "str", "tuple", "list", "dict", "named", "other", "function", "odd"]
ODD = [None, True, -1, 0, 1, 7, 2**70, 10**400, 1.5, float("nan"), "", "a", "<f8", "|O", [], {}]
WHOLE = [
    {"a": np.arange(6.0).reshape(2, 3), "b": 3, "c": (1.5, [True, None])},
    (np.float32(2), "text", {"k": np.zeros((0, 4))}),
    protocol.Named(("x", "y"), [np.ones(3, np.int8), -7]),
]


def node(rng: random.Random, depth: int = 0) -> object:
    """Return a value that may look like a node of ours."""
    kind = rng.choice(KINDS)
    if kind == "odd" or depth > 11:
        return rng.choice(ODD)
    few = [node(rng, depth + 1) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    some = rng.choice((0, 1, 8, 16, 10**6, 2**62))
    rest = {
        "array": [
            rng.choice((*sorted(protocol.DTYPES), "|O", "<U9")),
            [rng.choice((0, 1, 2, 10**9, 2**62)) for _ in range(rng.randrange(4))],
            rng.randrange(70),
            some,
        ],
        "number": ["int", ["array", "<i8", [], 0, 8]],
        "str": ["\ud800" * some if some < 99 else "x"],
        "dict": [[["k", item] for item in few]],
        "named": ["N", [f"f{i}" for i in range(len(few))], few],
        "other": ["kind", True, "module"],
        "function": ["sum of x**3"],
    }.get(kind, [few])
    if rng.random() < 0.3:
        rest[rng.randrange(len(rest))] = rng.choice(ODD)
    return [kind, *rest][: rng.randrange(1, 6) if rng.random() < 0.2 else None]


def frame(rng: random.Random) -> bytes:
    """Return a frame: one of ours, or one that looks like it; then perhaps damaged."""
    if rng.random() < 0.5:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            protocol.send(ours, {"id": 1, "value": rng.choice(WHOLE)})
            data = theirs.recv(2**16)
    else:
        body = json.dumps({"value": node(rng), "id": 1}).encode()
        data = struct.pack("!II", len(body), 64) + body + bytes(64)
    for _ in range(rng.randrange(4)):
        at, how = rng.randrange(len(data) + 1), rng.randrange(5)
        if how == 0:
            data = data[:at]
        elif how == 1:
            data = data[:at] + rng.randbytes(rng.randrange(9)) + data[at + rng.randrange(9) :]
        elif how == 2:
            data = data[:at] + data[at + rng.randrange(1, 30) :]
        elif how == 3:
            data = data.replace(b"1", b"9", 1)
    return data


def test_the_decoder_says_no_to_garbage_and_takes_no_memory_for_it():
    rng = random.Random(0)
    outcomes = {"read": 0, "EOFError": 0, "ProtocolError": 0}
    tracemalloc.start()
    try:
        for _ in range(4000):
            ours, theirs = socket.socketpair()
            with ours, theirs:
                ours.sendall(frame(rng))
                ours.shutdown(socket.SHUT_WR)
                try:
                    message, data = protocol.receive(theirs, 2**20, time.monotonic() + DEADLINE)
                    protocol.unpack(message.get("value"), data, {"sum of x**3": sum})
                    outcomes["read"] += 1
                except (EOFError, protocol.ProtocolError) as error:
                    outcomes[type(error).__name__] += 1
        assert tracemalloc.get_traced_memory()[1] < 8 * MB
    finally:
        tracemalloc.stop()
    assert min(outcomes.values()) > 200, outcomes  # every way out is tried


@pytest.mark.parametrize(
    "body, size",
    [
        (b"[" * 1_000_000, 0),
        (b'{"a":' * 100_000, 0),
        (b"[]", 0),
        (b'{"value": ' + b"9" * 5000 + b"}", 0),
        (b"{}", 2**32 - 1),
    ],
)
def test_a_frame_that_is_no_message_is_a_wire_error(body, size):
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(protocol.ProtocolError):
        ours.setblocking(False)
        sent = struct.pack("!II", len(body), size) + body
        with pytest.raises((BlockingIOError, protocol.ProtocolError, _Sent)):
            while sent:
                sent = sent[ours.send(sent) :]
            raise _Sent
        ours.shutdown(socket.SHUT_WR)
        protocol.receive(_Then(theirs, sent), 2**20, time.monotonic() + DEADLINE)


class _Sent(Exception):
    """All was sent at once."""


class _Then:
    """A socket with more bytes after those that its buffer holds."""

    def __init__(self, inner: socket.socket, more: bytes) -> None:
        self.inner, self.more = inner, more

    def settimeout(self, seconds: float | None) -> None:
        self.inner.settimeout(seconds)

    def recv(self, size: int) -> bytes:
        piece = self.inner.recv(size)
        if not piece:
            piece, self.more = self.more[:size], self.more[size:]
        return piece


def test_bytes_of_a_reply_are_read_once():
    twice = ["list", [["array", "<f8", [2**17], 0, 2**20]] * 2]
    with pytest.raises(protocol.ProtocolError):
        protocol.unpack(twice, memoryview(bytes(2**20)))


def test_texts_among_numbers_do_not_travel_as_text():
    """NumPy gives each text of a list as much room as the longest."""
    read = protocol.unpack(["list", [["str", "x" * 4000], ["str", "a"]]], memoryview(b""))
    assert [type(v) for v in read] == [call.Other, call.Other]


def test_nothing_of_the_sandbox_unpickles():
    for path in visible.PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert not names & {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle"}
        assert "allow_pickle=True" not in path.read_text()


# --- processes that are killed -------------------------------------------------------------------


def _grade() -> list[float]:
    data = json.dumps(submissions.solved("sigmoid", "affine")).encode()
    release = text(student_notebook(COURSE, submissions.CHAPTER))
    graded = grading.grade_one(Job(COURSE, submissions.CHAPTER, release, data, limits=LIMITS))
    return [r.score for r in graded.results]


@needs_walls
@pytest.mark.parametrize("which", ["bwrap", "python"])
def test_after_the_warm_parent_is_killed_the_next_submission_is_graded(which):
    assert _grade() == [2.0, 3.0]
    for pid, name in descendants().items():
        if name.startswith(which):
            os.kill(pid, signal.SIGKILL)
    assert _grade() == [2.0, 3.0]
    assert _grade() == [2.0, 3.0]


HANGS = """
import json
from autograder.course import COURSE
from autograder.authoring.build import student_notebook, text
from autograder.grading.run.grade_one import grade_one
from autograder.grading.job import Job
from autograder.sandbox.limits import Limits
from tests.helpers import submissions
nb = submissions.solved("affine", sigmoid='''
import os
for i in range(3): os.fork()
os.read(os.pipe()[0], 1)
''')
release = text(student_notebook(COURSE, submissions.CHAPTER))
limits = Limits(call=100.0, submission=100.0)
grade_one(Job(COURSE, submissions.CHAPTER, release, json.dumps(nb).encode(), limits=limits))
"""


@needs_walls
def test_when_the_grader_is_killed_all_that_it_started_ends():
    with subprocess.Popen([sys.executable, "-c", HANGS], cwd=ROOT) as grader:
        until = time.monotonic() + DEADLINE
        started: dict[int, str] = {}
        try:
            while len(started) < 11:  # bwrap twice, the warm parent, the keeper, and 8 that wait
                assert time.monotonic() < until and grader.poll() is None, started
                started = descendants(grader.pid)
            watched = {pid: os.pidfd_open(pid) for pid in started}
        finally:
            grader.kill()
        for pid, descriptor in watched.items():
            ended, _, _ = select.select([descriptor], [], [], max(0, until - time.monotonic()))
            os.close(descriptor)
            assert ended, f"{started[pid]} lives on"
