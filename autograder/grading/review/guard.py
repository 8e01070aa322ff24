"""Which requests are answered: of this machine, of this page, of bounded size.

A page of another site can send requests to 127.0.0.1, and a name that it owns can be made to point
there. It knows neither the token in the address, nor can it give itself our Host or Origin.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import NamedTuple

HOSTS = ("127.0.0.1", "localhost")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
BODY = 80_000  # bytes: a comment of 10,000 characters, each escaped


class Refused(NamedTuple):
    """Why a request is not answered: an HTTP status and a sentence."""

    status: int
    says: str


class Guard:
    """Knows the token and the port of one server."""

    def __init__(self, token: str, port: int) -> None:
        self.token = token
        self.once: str | None = secrets.token_urlsafe(24)
        self.hosts = {f"{name}:{port}" for name in HOSTS}
        self.origins = {f"http://{host}" for host in self.hosts}

    def enters(self, path: str, headers: Mapping[str, str]) -> bool:
        """Return whether a browser comes by the address that is good for one time.

        Whoever is on this machine can read with what a program was started, a browser too.
        """
        good = self.once is not None and hmac.compare_digest(
            path.encode(), f"/{self.once}".encode()
        )
        if not good or headers.get("Host", "") not in self.hosts:
            return False
        self.once = None
        return True

    def place(self, path: str, headers: Mapping[str, str]) -> str | Refused:
        """Return what is asked for below the token, or why it is refused."""
        if headers.get("Host", "") not in self.hosts:
            return Refused(403, "This page answers under its own address only.")
        if headers.get("Origin") not in (None, *self.origins):
            return Refused(403, "This page answers to itself, not to other sites.")
        empty, token, *rest = path.partition("?")[0].split("/", 2)
        if empty or not hmac.compare_digest(token.encode(), self.token.encode()) or not rest:
            return Refused(404, "The address is the one that `autograder review` has printed.")
        return rest[0]

    def body_length(self, headers: Mapping[str, str]) -> int | Refused:
        """Return how long a body is that may be read, or why it may not."""
        if headers.get("Origin") not in self.origins:
            return Refused(403, "Marks are taken from this page only.")
        if headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            return Refused(415, "Marks come as JSON.")
        length = headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            return Refused(411, "The length of what is sent is missing.")
        if len(length) > 9 or int(length) > BODY:
            return Refused(413, "That is more than a mark and a comment.")
        return int(length)
