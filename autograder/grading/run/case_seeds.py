"""Which cases grade an answer: drawn for it alone, from a secret of the class.

A class has a secret of 128 bits. Each submission has its own number, made of the secret, the
student, the chapter and the file; each of its exercises one made of that. Pages show cases of
`SHOWN`, a number that everybody may know and that grades nothing.
"""

from __future__ import annotations

import hashlib
import secrets

BITS = 128
SHOWN = range(8)  # seeds of the cases that pages may show; the notebook's own is the first


def new_secret() -> int:
    """Return a secret for a class."""
    return secrets.randbits(BITS)


def of_submission(secret: int, student: str, chapter: str, data: bytes) -> int:
    """Return the number of one submission; the same for the same file."""
    return _number(str(secret), student, chapter, hashlib.sha256(data).hexdigest())


def of_exercise(number: int, exercise: str) -> int:
    """Return the seed of the cases of one exercise in a submission."""
    return _number(str(number), exercise)


def fingerprint(secret: int) -> int:
    """Return what a record keeps of a secret, to tell whether two are the same: 63 bits.

    A seed that somebody chose, and can type again, stays as it is.
    """
    return secret if secret < 2**31 else int(_number(str(secret), "fingerprint") >> (BITS - 63))


def _number(*words: str) -> int:
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[: BITS // 8], "big")
