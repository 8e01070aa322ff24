"""System calls that a student's process is refused: what they make outlives or outgrows it.

Memory that belongs to no process (memfd, System V) is seen by no limit, keys in a kernel keyring
or a port that was in use would be there for the next submission, vsock reaches the machine's host
past every network namespace, setsockopt gives sockets buffers that no limit counts (64 sockets hold
13 MB without it, and half a gigabyte with), and the others are of use to an attack on the kernel
alone.

It is a list of what is refused and not of what is allowed: NumPy, PyTorch and the C library call
what they like, other calls in each version, and a list of these made on one machine ends right
answers on another. The namespaces, the read-only system and the limits do not rest on it.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

UNIX = 1  # the only family of sockets: what pairs of them are made of
NO_SUCH_CALL, NO_SUCH_FAMILY = 38, 97
ALLOW, ERROR = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
OTHER_WORLD = 0x40000000  # x32: the same calls by other numbers
FILTER, WITHOUT_SLOWING = 1, 4  # SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW

# machine: its audit number, the calls `seccomp` and `socket`, and the calls that are refused:
# memfd_create, memfd_secret, shmget, msgget, semget, mq_open, add_key, request_key, keyctl,
# io_uring_setup, io_uring_enter, io_uring_register, bpf, userfaultfd, perf_event_open, setsockopt
MACHINES = {
    "x86_64": (
        *(0xC000003E, 317, 41),
        (319, 447, 29, 68, 64, 240, 248, 249, 250, 425, 426, 427, 321, 323, 298, 54),
    ),
    "aarch64": (
        *(0xC00000B7, 277, 198),
        (279, 447, 194, 186, 190, 180, 217, 218, 219, 425, 426, 427, 280, 282, 241, 208),
    ),
}


def refuse_calls() -> None:
    """Refuse these calls to this process and its children for good; OSError where it cannot be."""
    machine = MACHINES.get(os.uname().machine)
    if machine is None:
        known = ", ".join(MACHINES)
        raise OSError(f"the filter of system calls knows {known}, not {os.uname().machine}")
    audit, seccomp, socket, refused = machine
    steps = _program(audit, socket, refused)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *s) for s in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(seccomp, FILTER, WITHOUT_SLOWING, program) != 0:
        why = os.strerror(ctypes.get_errno())
        raise OSError(f"the kernel takes no filter of system calls (seccomp: {why})")


def _program(audit: int, socket: int, refused: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Return the filter's steps: (operation, steps to skip where it holds, where not, number)."""
    calls = [(EQUAL, len(refused) - i + 1, 0, call) for i, call in enumerate(refused)]
    return [
        (LOAD, 0, 0, 4),  # which machine's calls
        (EQUAL, 1, 0, audit),
        (RETURN, 0, 0, ERROR | NO_SUCH_CALL),
        (LOAD, 0, 0, 0),  # which call
        (AT_LEAST, len(refused) + 2, 0, OTHER_WORLD),
        *calls,
        (EQUAL, 2, 0, socket),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, ERROR | NO_SUCH_CALL),
        (LOAD, 0, 0, 16),  # its first argument
        (EQUAL, 1, 0, UNIX),
        (RETURN, 0, 0, ERROR | NO_SUCH_FAMILY),
        (RETURN, 0, 0, ALLOW),
    ]


def main() -> int:
    """Try it in this process: print why it cannot be, and return the exit status."""
    try:
        refuse_calls()
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
