"""What goes back to a client: an answer with its headers, or a refusal that tells no secret."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from breakeven.serving.batching import ClientGone, Overloaded
from breakeven.serving.reading import Malformed
from breakeven.serving.text_asked import EngineFailed

Headers = Sequence[tuple[bytes, bytes]]
JSON, TEXT = b"application/json", b"text/plain; version=0.0.4; charset=utf-8"
GONE = 499
"""Only the counters see it: nobody is there to read the answer."""
CLOSE = (b"connection", b"close")
SAFE = (b"x-content-type-options", b"nosniff")
ENCODE = msgspec.json.Encoder().encode
LOG = logging.getLogger("breakeven.serving")


class Refused(Exception):
    """A request ends here, with a status and a text for the client; `headers` go with it."""

    def __init__(self, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers

    def body(self) -> bytes:
        return ENCODE({"error": {"status": self.status, "message": self.text}})


def refusal_of(fault: Exception) -> Refused:
    """What a client is told of a fault. One that is ours is told to the log; the client learns only whose it is."""
    if isinstance(fault, Refused):
        return fault
    if isinstance(fault, Malformed):
        return Refused(422, str(fault))
    if isinstance(fault, ClientGone):
        return Refused(GONE, "the client has gone")
    if isinstance(fault, Overloaded):
        return Refused(503, "there is more to do than can be done in time",
                       (b"retry-after", str(fault.seconds).encode()))  # fmt: skip
    if isinstance(fault, EngineFailed):
        return Refused(502, "what writes the answers has failed; it is started again", (b"retry-after", b"1"))
    LOG.error("a request failed", exc_info=fault)
    return Refused(500, "the server failed; its log says why")


def headers_of(kind: bytes, body: bytes, *more: tuple[bytes, bytes]) -> Headers:
    """The headers of every answer."""
    return ((b"content-type", kind), (b"content-length", b"%d" % len(body)), SAFE, *more)
