"""Running a student's code where it can do no harm, and asking it for numbers.

The judge stays outside. It calls a stand-in for the student's function; the arguments travel to
a sandboxed process as plain arrays, and arrays travel back. In reading order:

| module | where it runs | what it does |
|---|---|---|
| `limits` | both sides | what an answer may use, and what it is called when it uses more |
| `protocol` | both sides | values <-> bytes: arrays of numbers, tuples, names; no pickle |
| `namespaces` | both sides | the Linux calls for private processes, mounts and capabilities |
| `seccomp` | inside | the system calls that a student's process is refused |
| `child` | inside | one submission: runs cells, calls functions |
| `zygote` | inside | imports what answers need once, forks a fresh child each time |
| `visible` | outside | what can be seen from inside |
| `bubblewrap` | outside | starts the warm parent behind bubblewrap |
| `cgroup` | outside | groups of processes whose memory and number the kernel bounds |
| `host` | outside | the warm parent and its children as objects |
| `session` | outside | a submission's cells and functions, over children that hang or die |
| `examined` | outside | the verdict on one of these functions, with its cause |

`stubs/` holds what stands in the sandbox for the engine's own modules: `check` and its kin do
nothing there. A course has stubs of its own, and says what of it is to be seen.
"""
