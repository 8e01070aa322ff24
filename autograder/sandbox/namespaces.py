"""The Linux calls that give a process its own processes, mounts and no capabilities.

Python has no names for most of them before 3.12, so they are made through libc.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

from autograder.sandbox.limits import Limits

NEW_MOUNTS, NEW_IPC, NEW_PROCESSES = 0x20000, 0x08000000, 0x20000000
READ_ONLY, NO_SUID, NO_DEV, NO_EXEC, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
SET_DEATH_SIGNAL, SET_NO_NEW_PRIVILEGES, DROP_FROM_BOUNDING_SET = 1, 38, 24
SET_DUMPABLE = 4
_libc = ctypes.CDLL(None, use_errno=True)


def _done(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name; processes: for the children to come."""
    _done(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount; OSError says what was refused."""
    args = [a.encode() if a else None for a in (source, target, kind)]
    _done(_libc.mount(*args, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _done(_libc.prctl(SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(64):
        if _libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0) != 0:
            break  # past the last that this kernel knows, or not held
    _done(_libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
    _done(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def private_places(limits: Limits) -> None:
    """Give this process, the first of its own namespace, its own /proc, /tmp, /dev/shm and home."""
    mount("none", "/", "", RECURSIVE | PRIVATE)
    mount("proc", "/proc", "proc", NO_SUID | NO_DEV | NO_EXEC)
    for place, size in (("/tmp", limits.disk), ("/dev/shm", limits.disk // 4)):
        options = f"size={size},nr_inodes=4096,mode=1777"
        mount("tmpfs", place, "tmpfs", NO_SUID | NO_DEV, options)


def set_limits(limits: Limits, count_processes: bool) -> None:
    """Bound this process and its children by the kernel's resource limits."""
    bounds = {
        resource.RLIMIT_CPU: limits.cpu,
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_NOFILE: limits.files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if count_processes:  # without a user namespace of its own it would count the account's others
        bounds[resource.RLIMIT_NPROC] = limits.processes
    for what, most in bounds.items():
        resource.setrlimit(what, (most, most))
