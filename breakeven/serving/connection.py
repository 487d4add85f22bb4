"""Connections of the server: uvicorn's own, with limits of size and time that it does not have, and a short lane.

A header that does not come whole in time is cut off, as is a body, as is a client that does not read its answer;
headers together have a size. The application sees by `client_has_gone` that nobody waits any more.

The ordinary question, a body of JSON with a length for /v1/predict, goes by the short lane: no ASGI scope, no task, no
events, one write. Whatever is unusual about a request (no length, another type, an expectation, a refusal, several on
the wire at a time, a release on trial) goes the long way through ASGI, where every rule is kept a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from breakeven.serving.limits import Limits

CONNECTION = "breakeven.connection"
"""Where a request's scope holds its connection."""
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n"
    b"x-content-type-options: nosniff\r\n\r\n"
)
Headers = Sequence[tuple[bytes, bytes]]
Way = Literal["", "short", "long", "none"]
"""Where the message goes that is being read; `none` is not answered any more."""
Reply = Callable[[int, Headers, bytes], None]
"""Answers a request of the short lane: status, headers, body; once."""
LANE_PATH = b"/v1/predict"
UNUSUAL = frozenset((b"transfer-encoding", b"content-encoding", b"expect", b"upgrade"))


class Lane(Protocol):
    """What answers the ordinary question. `admit` looks at the headers before the body is read."""

    draining: bool

    def admit(self, headers: Headers) -> str | None:
        """The name of the client's key, empty where none are asked for; None sends the request the long way."""

    def ask(self, key: str, body: bytes, reply: Reply, gone: Callable[[], bool]) -> None:
        """Answer by `reply`, now or later."""


class Connection(HttpToolsProtocol):
    """One connection of a client; `connection_class` gives it its limits and its lane."""

    limits: Limits
    lane: Lane
    lost = False
    _way: Way = ""
    _in_header = False
    _header_bytes = _unread_bytes = 0
    _timer: asyncio.TimerHandle | None = None
    _timed = ""
    _idle: asyncio.TimerHandle | None = None
    _answered_at = 0.0
    _parts: list[bytes]
    _key = ""
    _asking = False
    """Whether a request of the short lane waits for its answer."""
    _last = False
    """Whether the next answer is the last one of this connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect("header", self.limits.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        for timer in (self._timer, self._idle):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    # --- limits of time and size

    def data_received(self, data: bytes) -> None:
        """Parse; afterwards a clock runs while a message is not whole."""
        super().data_received(data)
        if self._in_header:
            self._unread_bytes += len(data)
            self._expect("header", self.limits.header_seconds)
            if self._unread_bytes > self.limits.header_bytes:
                self._refuse_header()
        elif self._way:
            self._expect("body", self.limits.body_seconds)
        elif self._timed in ("header", "body"):
            self._forget_time()

    def _refuse_header(self) -> None:
        self._way = "none"
        if not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def _expect(self, what: str, seconds: float) -> None:
        """Close unless `what` has come in so many seconds, counted from the first time that it was expected."""
        if self._timed != what:
            self._forget_time()
            self._timed, self._timer = what, self.loop.call_later(seconds, self._close)

    def _forget_time(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timed, self._timer = "", None

    def _close(self) -> None:
        if self._timed == "reading":  # who does not read would never see a polite end
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.close()

    def pause_writing(self) -> None:
        """The client does not read: take no more from it, and wait no longer than for a body."""
        super().pause_writing()
        self.flow.pause_reading()
        self._forget_time()
        self._expect("reading", self.limits.body_seconds)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.flow.resume_reading()
        if self._timed == "reading":
            self._forget_time()

    # --- what the parser finds

    def on_message_begin(self) -> None:
        self._in_header = True
        self._header_bytes = self._unread_bytes = 0
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_header = False
        if self.transport.is_closing():
            self._way = "none"
        elif self._header_bytes + len(self.url) > self.limits.header_bytes:
            self._refuse_header()
        elif self._asking:  # several on the wire: the one that is asked is the last to be answered
            self._way, self._last = "none", True
        elif self._is_ordinary() and (key := self.lane.admit(self.headers)) is not None:
            self._way, self._parts, self._key = "short", [], key
            self._last = not self.parser.should_keep_alive()
        else:
            self._way = "long"
            self._go_long()

    def _is_ordinary(self) -> bool:
        if self.url != LANE_PATH or (self.cycle and not self.cycle.response_complete):
            return False
        length = -1
        for name, value in self.headers:
            if name in UNUSUAL:
                return False
            if name == b"content-length":
                length = int(value) if value.isdigit() else -1
            elif name == b"content-type" and value.partition(b";")[0].strip().lower() != b"application/json":
                return False
        parser = self.parser
        return (0 <= length <= self.limits.body_bytes and parser.get_method() == b"POST"
                and parser.get_http_version() == "1.1" and len(self.connections) < self.limits.connections
                and not parser.should_upgrade())  # fmt: skip

    def _go_long(self) -> None:
        """By ASGI: with the scope that uvicorn makes at the beginning of a message."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        self.scope[CONNECTION] = self  # type: ignore[literal-required]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._way == "short":
            self._parts.append(body)
        elif self._way == "long":
            super().on_body(body)

    def on_message_complete(self) -> None:
        way, self._way = self._way, ""
        if way == "short":
            self._asking = True
            self.lane.ask(self._key, b"".join(self._parts), self._reply, self._is_lost)
        elif way == "long":
            super().on_message_complete()

    def _is_lost(self) -> bool:
        return self.lost

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._answered_at = self.loop.time()

    # --- the answer of the short lane

    def _reply(self, status: int, headers: Headers, body: bytes) -> None:
        self._asking = False
        self.server_state.total_requests += 1
        if self.lost or self.transport.is_closing():
            return
        close = self._last or self.lane.draining
        lines = [STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in headers)]
        self.transport.write(b"%b%b\r\n%b" % (b"".join(lines), b"connection: close\r\n" if close else b"", body))
        if close:
            self.transport.close()
        self._answered_at = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.limits.keep_alive_seconds, self._look_idle)

    def _look_idle(self) -> None:
        """One clock for all answers of the connection: it looks again when the newest has been long enough ago."""
        left = self._answered_at + self.limits.keep_alive_seconds - self.loop.time()
        long = bool(self.cycle and not self.cycle.response_complete)
        busy = long or self._asking or self._in_header or bool(self._way)
        if left <= 0 and not busy:
            self._idle = None
            self._close()
        else:
            self._idle = self.loop.call_later(max(left, 1.0), self._look_idle)

    def shutdown(self) -> None:
        """As uvicorn's, which knows nothing of the short self.lane."""
        if self._asking:
            self._last = True
        else:
            super().shutdown()


def connection_class(limits: Limits, lane: Lane) -> type[HttpToolsProtocol]:
    """The protocol of a server with these limits."""
    return type("Connection", (Connection,), {"limits": limits, "lane": lane})


def client_has_gone(scope: Any) -> bool:
    """Whether the connection of a request is closed, by its client or for what came behind the request."""
    connection = scope.get(CONNECTION)
    return bool(connection and (connection.lost or connection.transport.is_closing()))
