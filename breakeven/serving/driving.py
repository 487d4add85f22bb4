"""Clients that ask a server of ours as fast as it answers: each sends its next request when it has its answer.

A closed loop over a Unix socket, in one thread, without a library: a client that is dearer than the server would
measure itself.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

GOOD = b"HTTP/1.1 200"
PATIENCE_SECONDS = 10.0
"""A server that says nothing for so long is gone."""


class Unanswered(Exception):
    """The server gave another answer than 200, or none."""


@dataclass
class Driven:
    """What clients saw: the seconds that each answer took, and when it was there, from the first request on."""

    seconds: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def per_second(self, stretches: int = 1, fewest: int = 1) -> float:
        """Answers a second in the best of so many equal stretches of time: what the server does when nothing else
        takes its processor. Fewer stretches where one would have fewer than `fewest` answers on average."""
        stretches = max(1, min(stretches, len(self.at) // fewest))
        length = self.at[-1] / stretches
        counts = [0] * stretches
        for moment in self.at:
            counts[min(stretches - 1, int(moment / length))] += 1
        return max(counts) / length

    def quantile(self, share: float) -> float:
        """Seconds that `share` of the answers did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(path: str, body: bytes = b"", key: str = "") -> bytes:
    """A whole request: POST of a JSON body, GET without one."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "host: localhost"]
    lines += [f"authorization: Bearer {key}"] if key else []
    lines += ["content-type: application/json", f"content-length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def drive(place: Path, requests: Sequence[bytes], clients: int, seconds: float, most: float, fewest: int) -> Driven:
    """Let clients ask for `seconds`, and on to `fewest` answers, but for `most` seconds at the longest.

    They take the requests in turn. Raises Unanswered at the first answer that is not 200.
    """
    driven, turn = Driven(), 0
    with ExitStack() as stack, selectors.DefaultSelector() as looking:
        begun = time.perf_counter()
        for _ in range(clients):
            client = Client(stack.enter_context(connected(place)))
            looking.register(client.sock, selectors.EVENT_READ, client)
            client.ask(requests[turn % len(requests)])
            turn += 1
        while not _is_enough(driven, time.perf_counter() - begun, seconds, most, fewest):
            ready = looking.select(PATIENCE_SECONDS)
            if not ready:
                raise Unanswered("no answer in time")
            for key, _ in ready:
                client = key.data
                if client.hears():
                    now = time.perf_counter()
                    driven.seconds.append(now - client.asked)
                    driven.at.append(now - begun)
                    client.ask(requests[turn % len(requests)])
                    turn += 1
    return driven


def _is_enough(driven: Driven, passed: float, seconds: float, most: float, fewest: int) -> bool:
    return bool(driven.seconds) and (passed >= most or (passed >= seconds and len(driven.seconds) >= fewest))


def connected(place: Path) -> socket.socket:
    """A connection to a Unix socket."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(PATIENCE_SECONDS)
    sock.connect(str(place))
    return sock


class Client:
    """A connection, and how much of its answer is still to come."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.asked = 0.0
        self._head = b""
        self._left = -1
        """Bytes of the body that are still to come; -1: the header is not whole."""

    def ask(self, whole: bytes) -> None:
        self._head, self._left = b"", -1
        self.asked = time.perf_counter()
        self.sock.sendall(whole)

    def hears(self) -> bool:
        """Take what has come; whether the answer is whole. Raises Unanswered when it is none, or not 200."""
        content = self.sock.recv(262_144)
        if not content:
            raise Unanswered("the server closed the connection")
        if self._left < 0:
            self._head += content
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            if not self._head.startswith(GOOD):
                raise Unanswered(self._head.decode("latin-1").replace("\r\n", " ")[-200:])
            self._left = _length(self._head[:end]) + end + 4 - len(self._head)
        else:
            self._left -= len(content)
        return self._left <= 0


def _length(head: bytes) -> int:
    _, _, value = head.lower().partition(b"content-length:")
    return int(value.partition(b"\r\n")[0])
