"""Connections of the server: uvicorn's own, with limits of size and time that it does not have.

A header that does not come whole in time is cut off, as is a body; headers together have a size. The application
sees by `Connection.lost` that a client has gone, and so does not work for nobody.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from breakeven.serving.limits import Limits

CONNECTION = "breakeven.connection"
"""Where a request's scope holds its connection."""
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n"
    b"x-content-type-options: nosniff\r\n\r\n"
)


def connection_class(limits: Limits) -> type[HttpToolsProtocol]:
    """The protocol of a server with these limits."""

    class Connection(HttpToolsProtocol):
        """One connection of a client."""

        lost = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._header_bytes = 0
            self._reading_header = True
            self._timer = self.loop.call_later(limits.header_seconds, self._too_slow)

        def connection_lost(self, exc: Exception | None) -> None:
            self.lost = True
            self._timer.cancel()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._reading_header:
                self._header_bytes += len(data)
            super().data_received(data)
            if self._reading_header and self._header_bytes > limits.header_bytes and not self.transport.is_closing():
                self.transport.write(TOO_LARGE)
                self.transport.close()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.scope[CONNECTION] = self  # type: ignore[literal-required]
            self._expect(limits.header_seconds)
            self._reading_header = True

        def on_headers_complete(self) -> None:
            self._reading_header, self._header_bytes = False, 0
            self._expect(limits.body_seconds)
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._timer.cancel()
            super().on_message_complete()

        def _expect(self, seconds: float) -> None:
            self._timer.cancel()
            self._timer = self.loop.call_later(seconds, self._too_slow)

        def _too_slow(self) -> None:
            if self.transport and not self.transport.is_closing():
                self.transport.close()

    return Connection


def client_has_gone(scope: Any) -> bool:
    """Whether the client of a request has closed its connection."""
    connection = scope.get(CONNECTION)
    return bool(connection and connection.lost)
