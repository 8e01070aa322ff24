"""Running a student's code where it can do no harm, and asking it for numbers.

The judge stays outside. It calls a stand-in for the student's function; the arguments travel to
a sandboxed process as plain arrays, and arrays travel back. In reading order:

| module | where it runs | what it does |
|---|---|---|
| `limits` | both sides | what an answer may use, and what it is called when it uses more |
| `wire` | both sides | values <-> bytes: arrays of numbers, tuples, names; no pickle |
| `namespaces` | both sides | the Linux calls for private processes, mounts and capabilities |
| `refused` | inside | the system calls that a student's process is refused |
| `child` | inside | one submission: runs cells, calls functions |
| `parent` | inside | imports NumPy, matplotlib and IPython once, forks a fresh child each time |
| `contents` | outside | what can be seen from inside |
| `walls` | outside | starts the warm parent behind bubblewrap |
| `host` | outside | the warm parent and its children as objects |
| `session` | outside | a submission's cells and functions, over children that hang or die |

`stubs/` holds the modules that stand in the sandbox for the course's own: `check` and its
kin do nothing there, and the reference is not there.
"""


class SandboxError(Exception):
    """The sandbox cannot be had here, or broke; one sentence says why and what to do."""
