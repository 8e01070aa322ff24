"""The text of a code cell -> its statements, with the names that each makes and uses.

The text is a stranger's, and Python's own parser can be made to crash: it is read by tokens, and
where these end too, line by line. What cannot be told apart stays one piece.
"""

from __future__ import annotations

import functools
import io
import itertools
import keyword
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

DEFINITION, IMPORT, ASSIGNMENT, OTHER = "definition", "import", "assignment", "other"
KEYWORDS = frozenset(keyword.kwlist)
GOES_ON = {"else", "elif", "except", "finally"}  # a line that belongs to the one before
PYTHON_BELOW = re.compile(r"%%(?:time|capture)\b.*")  # magics of a cell that is Python all the same
MAGIC = re.compile(r"[%!?]|[\w.]+ *= *[%!]")  # lines that IPython reads and Python does not
SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING)
LAYOUT = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
CHECKS = re.compile(r"(?m)^[ \t]*(?:\w{1,80} *= *)?check\( *(\w{1,80}) *\)")
ASSIGNS = {"=", "+=", "-=", "*=", "/=", "@=", "//=", "**=", "%=", "|=", "&=", "^="}
COMPOUND = {"if", "for", "while", "with", "try", "return", "assert", "del", "raise", "else"}
LONGEST = 60_000  # characters of a cell that is taken apart
Token = tokenize.TokenInfo


class Piece(NamedTuple):
    """One statement of a cell at its top level, with the comments above it.

    `bare` is the same without comments and layout. `stub` says that it defines a function without
    writing it.
    """

    text: str
    kind: str = OTHER
    makes: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    bare: str = ""
    stub: bool = False

    @property
    def checks(self) -> frozenset[str]:
        """The names whose check it runs."""
        return frozenset(CHECKS.findall(self.text))


@functools.lru_cache(maxsize=256)
def pieces(source: str) -> tuple[Piece, ...]:
    """Return the statements of a cell; one of kind OTHER for what is not Python."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    head: list[Piece] = []
    if lines[first].startswith("%%"):
        if not PYTHON_BELOW.fullmatch(lines[first].strip()):
            return (Piece(source, bare=source.strip()),)
        head, lines = [Piece(lines[first], bare=lines[first].strip())], lines[first + 1 :]
    if len(source) > LONGEST:
        return (Piece(source, makes=frozenset(names_by_lines(source)), bare=source.strip()),)
    blank = ["pass" if MAGIC.match(line) else line for line in lines]
    starts = [n for n, _ in _logical(blank)]
    if not starts:  # comments, or nothing
        return (*head, Piece(source)) if source.strip() else ()
    made = []
    for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        begin = 0 if begin == starts[0] else begin
        text = "\n".join(lines[begin:end]).strip("\n")
        if text.strip():
            made.append(_piece(text))
    if len(made) == 1 and not head:
        return (made[0]._replace(text=source.strip("\n")),)
    return (*head, *made)


def _logical(lines: list[str]) -> list[tuple[int, str]]:
    """Return the first line, from 0, and the first word of each statement at the top level."""
    found: list[tuple[int, str]] = []
    level, fresh, decorated, last = 0, True, False, 0
    try:
        for token in _tokens("\n".join(lines) + "\n"):
            if token.type == tokenize.INDENT:
                level += 1
            elif token.type == tokenize.DEDENT:
                level -= 1
            elif token.type == tokenize.NEWLINE:
                fresh, last = True, token.end[0]
            elif token.type not in (*SKIPPED, tokenize.ENDMARKER) and fresh:
                fresh = False
                if level == 0 and token.string not in GOES_ON and not decorated:
                    found.append((last, token.string))
                if level == 0:
                    decorated = token.string == "@"
    except (tokenize.TokenError, SyntaxError, RecursionError):  # SyntaxError: of indentation
        return _starts(lines)
    return found


def _starts(lines: list[str]) -> list[tuple[int, str]]:
    """Return the same for what has no end, or is no Python: a statement begins at the margin."""
    words = [(i, m[0]) for i, line in enumerate(lines) if (m := re.match(r"@|\w+", line))]
    return [
        (i, word)
        for n, (i, word) in enumerate(words)
        if word not in GOES_ON and (n == 0 or words[n - 1][1] != "@")
    ]


def _tokens(text: str) -> Iterator[Token]:
    return tokenize.generate_tokens(io.StringIO(text).readline)


def _piece(text: str) -> Piece:
    if MAGIC.match(text.lstrip()):
        name = re.match(r"(\w+) *=", text.lstrip())
        return Piece(text, OTHER, frozenset(name.groups() if name else ()), bare=text.strip())
    try:
        tokens = [t for t in _tokens(text + "\n") if t.type not in SKIPPED]
    except (tokenize.TokenError, SyntaxError, RecursionError):
        kind = DEFINITION if re.match(r"\s*(?:async +)?(?:def|class)\b", text) else OTHER
        return Piece(text, kind, frozenset(names_by_lines(text)), bare=text.strip())
    lines = _lines(tokens)
    made = [_makes(line) for line in lines]
    heads = [i for i, line in enumerate(lines) if line[0].string != "@"]
    bare = "\n".join(" ".join(t.string for t in line) for line in lines)
    if not heads:
        return Piece(text, OTHER, bare=bare)
    head = heads[0]
    kind, makes = made[head]
    names = {
        t.string
        for line in lines
        for before, t in zip([None, *line], line, strict=False)
        if t.type == tokenize.NAME and (before is None or before.string != ".")
    } - KEYWORDS
    if kind == DEFINITION:
        inside = {n for _, some in made[head + 1 :] for n in some}
        names -= inside | _parameters(lines[head])
        stub = _is_stub(lines[head:])
        return Piece(text, kind, frozenset(makes), frozenset(names - makes), bare, stub)
    if kind == OTHER and len(lines) > 1:  # what stands under an if, a with, a try
        makes = {n for _, some in made for n in some}
    makes = makes - KEYWORDS
    return Piece(text, kind, frozenset(makes), frozenset(names), bare)


def _lines(tokens: list[Token]) -> list[list[Token]]:
    """Return the logical lines, each with its tokens."""
    lines: list[list[Token]] = [[]]
    for token in tokens:
        if token.type == tokenize.NEWLINE:
            lines.append([])
        elif token.type not in LAYOUT:
            lines[-1].append(token)
    return [line for line in lines if line]


def _makes(line: list[Token]) -> tuple[str, set[str]]:
    """Return the kind of a logical line, and the names that it makes."""
    words = [t.string for t in line]
    at = 1 if words[0] == "async" else 0
    if words[at] in ("def", "class") and len(words) > at + 1:
        return DEFINITION, {words[at + 1]}
    if words[0] in ("import", "from"):
        listed = words[words.index("import") + 1 :] if "import" in words else []
        groups = " ".join(listed).replace("(", "").replace(")", "").split(",")
        names = {g.split()[-1] if " as " in g else g.split()[0] for g in groups if g.strip()}
        return IMPORT, {n for n in names if n.isidentifier()}
    depth, seen = 0, False
    target: list[str] = []
    makes: set[str] = set()
    for i, word in enumerate(words):
        depth += (word in "([{") - (word in ")]}") if len(word) == 1 else 0
        outside = depth == 0 or (depth == 1 and words[0] in "([")
        if depth == 0 and word in ASSIGNS:
            seen = True
            makes |= set(target)
            target = []
        elif outside and word.isidentifier() and (i == 0 or words[i - 1] != "."):
            after = words[i + 1] if i + 1 < len(words) else ""
            if after not in (".", "[", "("):
                target.append(word)
        if depth == 0 and word == ":" and i == 1:  # a: int = 3
            makes, seen = {words[0]}, True
            break
    return (ASSIGNMENT, makes) if seen and words[0] not in COMPOUND else (OTHER, set())


def _parameters(line: list[Token]) -> set[str]:
    words = ["", *(t.string for t in line)]
    before_a_name = ("(", ",", "*", "**")
    after = itertools.pairwise(words)
    return {word for before, word in after if before in before_a_name and word.isidentifier()}


def _is_stub(lines: list[list[Token]]) -> bool:
    """Return whether a function's body is not written yet: a docstring, and nothing that runs."""
    head, *body = lines
    words = [t.string for t in head]
    if words[0] not in ("def", "async"):
        return False
    if words[-1] != ":":  # its body stands on the same line
        return words[-1] in ("pass", "...") and words[-2] == ":"
    left = [line for line in body if {t.type for t in line} != {tokenize.STRING}]
    first = left[0] if left else []
    return (
        not first
        or first[0].string in ("pass", "...")
        or ([t.string for t in first[:2]] == ["raise", "NotImplementedError"] and len(left) == 1)
    )


def names_by_lines(text: str) -> set[str]:
    """Return the names that a text defines at its margin, where it cannot be read by tokens."""
    names = set()
    for line in text.split("\n", 5000)[:5000]:
        line = line[:300]
        if m := re.match(r"(?:async +)?(?:def|class) +(\w+)|(\w+) *(?::[^=]+)?=(?!=)", line):
            names.add(m[1] or m[2])
        elif m := re.match(r"(?:from \S+ )?import ([^#(]+)", line):
            names |= {p.split(" as ")[-1].strip().split(".")[0] for p in m[1].split(",")}
    return {name for name in names if name.isidentifier()}
