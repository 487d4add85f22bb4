"""An end without a lost request: clients are sent away with an answer, never with a reset.

A connection that is merely closed loses the request that its client was just sending. So, when the server is told to
end, it goes on answering for a moment, each answer with `connection: close`; then it takes what is left in the queue of
its socket, closes that, and answers these too. Only connections that stay silent are closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import sys
import time
from collections.abc import Callable
from typing import Protocol

import uvicorn

GRACE_SECONDS = 1.0
"""How long clients with an open connection have to ask once more, and be sent away; and again after the socket is
closed, for those that came last."""
LOOK_SECONDS = 0.02
SO_ATTACH_FILTER = 26


class Drained(Protocol):
    """What answers: `drain` makes every answer from now on the last of its connection."""

    def drain(self) -> None: ...


class DrainingServer(uvicorn.Server):
    """uvicorn's server with a beginning that is told and an end that loses nothing."""

    def __init__(self, config: uvicorn.Config, app: Drained, started: Callable[[], object]) -> None:
        super().__init__(config)
        self._app, self._started = app, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.drain()
        await self._until_alone()
        for sock in sockets or ():
            await self._take_last(sock)
        await self._until_alone()
        await super().shutdown(sockets)

    async def _until_alone(self) -> None:
        """Wait until no connection is open, or the grace is over."""
        until = time.monotonic() + GRACE_SECONDS
        while self.server_state.connections and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)

    async def _take_last(self, sock: socket.socket) -> None:
        """Accept all who wait, let nobody come behind them, and close."""
        _let_nobody_in(sock)
        waiting = []
        with contextlib.suppress(BlockingIOError, OSError):
            while True:
                waiting.append(sock.accept()[0])
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for client in waiting:
            client.setblocking(False)
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(self._protocol, client)

    def _protocol(self) -> asyncio.Protocol:
        config = self.config
        made = config.http_protocol_class(config=config, server_state=self.server_state, app_state={})  # type: ignore[call-arg]
        assert isinstance(made, asyncio.Protocol)
        return made


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction))]


def _let_nobody_in(sock: socket.socket) -> None:
    """Drop what comes to a listening socket (Linux): a client tries once more, and is then refused, not reset.

    The filter is one instruction of the classic BPF, "keep 0 bytes" (socket(7), SO_ATTACH_FILTER). Elsewhere the
    queue is only emptied, and a client that comes in the same instant may meet a reset.
    """
    if not sys.platform.startswith("linux") or sock.family == socket.AF_UNIX:
        return
    keep_nothing = _Instruction(code=0x06, jt=0, jf=0, k=0)
    program = _Program(1, ctypes.pointer(keep_nothing))
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(program))
