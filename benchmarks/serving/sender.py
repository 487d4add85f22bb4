"""A sender that knows what became of every request: in a closed loop, or at a fixed rate whatever the server does.

A connection has one request under way. At a fixed rate a request's seconds count from the moment it was due, so that a
server that stalls pays for all that should have been sent meanwhile (the coordinated omission of closed loops).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import uvloop
from servers import Running, Server

STATUS = re.compile(rb"HTTP/1\.1 (\d+)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RETRY = re.compile(rb"\r\nretry-after: *\d", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
PATIENCE_SECONDS = 10.0
"""After the end, what has no answer by then hangs."""
STEP_SECONDS = 0.001


@dataclass
class Tally:
    """What became of all requests; seconds by status."""

    seconds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    sent: int = 0
    lost: int = 0
    """Sent, and the connection was closed without an answer."""
    refused: int = 0
    """The server took no connection, so that nothing could be sent."""
    hung: int = 0
    bare: int = 0
    """429 or 503 without Retry-After."""
    took: float = 0.0

    @property
    def statuses(self) -> Counter[int]:
        return Counter({status: len(each) for status, each in self.seconds.items()})

    def quantile(self, share: float, *statuses: int) -> float | None:
        """Milliseconds within which this share of the requests with such statuses had their answer."""
        every = [one for status in statuses or self.seconds for one in self.seconds.get(status, ())]
        return float(np.quantile(every, share)) * 1e3 if every else None


Seen = Callable[[float, int, bytes], None]
"""Is told of every answer: when it came, its status, its body."""


class Connection(asyncio.Protocol):
    """One connection; `free` is called when nothing is under way on it any more."""

    def __init__(self, tally: Tally, free: Callable[[Connection], None], seen: Seen | None) -> None:
        self.tally, self.free, self.seen = tally, free, seen
        self.transport: asyncio.Transport | None = None
        self.due: float | None = None
        self.buffer = b""

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's is no subclass of asyncio.Transport

    def ask(self, request: bytes, due: float) -> None:
        assert self.transport
        self.due, self.buffer = due, b""
        self.tally.sent += 1
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not gap or (length and len(body) < int(length[1])):
            return
        self._answered(head, body)

    def _answered(self, head: bytes, body: bytes) -> None:
        now = time.perf_counter()
        if self.due is None:  # nothing was asked: the server takes its leave
            return self.close()
        status = int(STATUS.match(head)[1])  # type: ignore[index]
        self.tally.seconds[status].append(now - self.due)
        self.tally.bare += status in (429, 503) and not RETRY.search(head)
        self.due = None
        if self.seen:
            self.seen(now, status, body)
        if CLOSES.search(head):
            self.close()
        self.free(self)

    def close(self) -> None:
        if self.transport:
            self.transport.close()

    def connection_lost(self, fault: Exception | None) -> None:
        self.transport = None
        if self.due is not None:
            self.tally.lost += 1
            self.due = None
            self.free(self)


@dataclass
class Sender:
    """Sends the requests of a server that runs, in turns."""

    port: int
    requests: Sequence[bytes]
    seen: Seen | None = None
    tally: Tally = field(default_factory=Tally)
    begun: float = 0.0

    @classmethod
    def to(cls, found: Running, seen: Seen | None = None, clients: int | None = None) -> Sender:
        """To a running server, as so many of its clients (all, if not said)."""
        return cls(found.port, requests_of(found.server, found.port, clients), seen)

    def closed_loop(self, connections: int, seconds: float, during: Callable[[], None] | None = None) -> Tally:
        """Each connection asks again as soon as it has its answer. `during` is run beside it, in a thread."""
        return uvloop.run(self._closed(connections, seconds, during))

    def at_rate(self, per_second: float, seconds: float, most: int = 900,
                during: Callable[[], None] | None = None) -> Tally:  # fmt: skip
        """Evenly at a rate, over at most `most` connections; given up after twice the seconds."""
        return uvloop.run(self._open(per_second, seconds, most, during))

    async def _closed(self, connections: int, seconds: float, during: Callable[[], None] | None) -> Tally:
        begun = self.begun = time.perf_counter()
        until = begun + seconds

        def ask(connection: Connection) -> None:
            now = time.perf_counter()
            if now < until and connection.is_open:
                connection.ask(self.requests[self.tally.sent % len(self.requests)], now)

        every: list[Connection] = []
        work = asyncio.create_task(_beside(during))
        while time.perf_counter() < until:
            every = [one for one in every if one.transport]
            made = await self._connect(ask) if len(every) < connections else None
            if made:
                every.append(made)
                ask(made)
            else:
                await asyncio.sleep(STEP_SECONDS)
        self.tally.took = time.perf_counter() - begun
        await self._finish(every)
        await work
        return self.tally

    async def _connect(self, free: Callable[[Connection], None]) -> Connection | None:
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(
                lambda: Connection(self.tally, free, self.seen), "127.0.0.1", self.port
            )
        except OSError:
            self.tally.refused += 1
            return None
        return made

    async def _open(self, rate: float, seconds: float, most: int, during: Callable[[], None] | None) -> Tally:
        pool: deque[Connection] = deque()
        every = [one for one in [await self._connect(pool.append) for _ in range(most)] if one]
        pool.extend(every)
        work = asyncio.create_task(_beside(during))
        begun = self.begun = time.perf_counter()
        number, wanted = 0, round(rate * seconds)
        while number < wanted and (now := time.perf_counter() - begun) < 2 * seconds:
            while number < min(wanted, now * rate) and (one := await self._free(pool, every)):
                one.ask(self.requests[number % len(self.requests)], begun + number / rate)
                number += 1
            await asyncio.sleep(STEP_SECONDS)
        self.tally.took = time.perf_counter() - begun
        await self._finish(every)
        await work
        return self.tally

    async def _free(self, pool: deque[Connection], every: list[Connection]) -> Connection | None:
        """A connection on which nothing is under way, made anew where it was closed; None when there is none."""
        if not pool:
            return None
        one = pool.popleft()
        if one.is_open:
            return one
        again = await self._connect(pool.append)
        (every if again else pool).append(again or one)
        return again

    async def _finish(self, every: list[Connection]) -> None:
        """Wait for what is under way; count what hangs."""
        until = time.perf_counter() + PATIENCE_SECONDS
        while any(one.due is not None for one in every) and time.perf_counter() < until:
            await asyncio.sleep(0.01)
        for one in every:
            self.tally.hung += one.due is not None
            one.due = None
            one.close()
        await asyncio.sleep(0.05)


async def _beside(work: Callable[[], None] | None) -> None:
    if work:
        await asyncio.to_thread(work)


def requests_of(server: Server, port: int, clients: int | None = None) -> list[bytes]:
    """Whole requests, every body, the clients in turns."""
    heads = server.headers[:clients]
    count = max(len(heads), len(server.bodies))
    return [_request(server, port, heads[turn % len(heads)], server.bodies[turn % len(server.bodies)])
            for turn in range(count)]  # fmt: skip


def _request(server: Server, port: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {server.path} HTTP/1.1", f"host: 127.0.0.1:{port}", f"content-length: {len(body)}",
             *(f"{name}: {value}" for name, value in headers.items())]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
