"""Texts that keep a parser of markdown busy: signs that open something, again and again."""

from __future__ import annotations

import random

SIGNS = (
    *("[", "]", "(", ")", "![", "*", "**", "_", "`", "``", "<", "<!--", "<a ", "$", "$$", "\\"),
    *("\\begin{a}", "\\end{b}", "\\\\[", "\\\\(", "\n", "\n\n", "- ", "> ", "|", "|-|", "#"),
    *("1. ", "    ", "~~", "&", "http://a", ":", "[a]:", '"', "'", "{", "}", "^", "=", "---"),
    *("a", "\t", "é", "\u202e", "\x1b[1m", "\\frac{", "_{", "\\text{"),
)
NESTED = (
    lambda n: "".join(">" * i + " a\n" for i in range(n)),
    lambda n: "".join(" " * 2 * i + "- a\n" for i in range(n)),
    lambda n: "[" * n + "a" + "](b)" * n,
    lambda n: "*" * n + "a" + "*" * n,
    lambda n: "|" + "a|" * n + "\n|" + "-|" * n + "\n|" + "a|" * n,
    lambda n: "$" + "{" * n + "}" * n + "$",
    lambda n: "".join("`" * i + " " for i in range(n)),
)


def tangle(rng: random.Random, size: int) -> str:
    """Return a text of about so many characters: a few signs, some repeated to fill it."""
    if rng.random() < 0.2:
        return rng.choice(NESTED)(rng.randrange(1, 120))[:size]

    def some(least: int, most: int) -> str:
        return "".join(rng.choice(SIGNS) for _ in range(rng.randint(least, most)))

    parts = [some(0, 3)]
    for _ in range(rng.randint(1, 2)):
        unit = some(1, 6)
        parts.append(unit * (size // 2 // len(unit)))
    return "".join([*parts, some(0, 3)])
