"""The ASGI application: routes, the order of the guard, and errors that tell no secrets.

    POST /v1/predict   {"inputs": [...]} -> {"release": 7, "outputs": [...]}     scope predict
    POST /v1/feedback  {"feedback": [{"id": …, "truth" or "reward": …}]}       scope feedback
    GET  /health       the process is alive                                    open
    GET  /ready        the release answers                                     open
    GET  /metrics      counters for Prometheus                                 scope metrics, where keys are asked for
    GET  /openapi.json what this release takes and gives                       open

The guard, in this order, each before anything dearer is done: the route, the key, the rate, the body's kind and
size, the typed decoding, the queue. Sizes and times of headers are kept a floor below (connection.py).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from breakeven.serving.batching import Batcher, ClientGone, Overloaded
from breakeven.serving.connection import client_has_gone
from breakeven.serving.keys import Keys, Scope
from breakeven.serving.limits import Limits
from breakeven.serving.metrics import Metrics
from breakeven.serving.openapi import openapi
from breakeven.serving.rate import Rates
from breakeven.serving.reading import FeedbackReader, Malformed
from breakeven.serving.served import Served
from breakeven.serving.traffic import TrafficLog

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON, TEXT = b"application/json", b"text/plain; version=0.0.4; charset=utf-8"
KEY = "breakeven.key"
"""Where a request's scope holds the name of its key."""
GONE = 499
"""Only the counters see it: nobody is there to read the answer."""
SAFE = (b"x-content-type-options", b"nosniff")
LOG = logging.getLogger("breakeven.serving")
ENCODE = msgspec.json.Encoder().encode


class Refused(Exception):
    """A request ends here, with a status and a text for the client; `headers` go with it."""

    def __init__(self, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


class App:
    """Answers with the release it was given; `use` changes it between two requests."""

    def __init__(self, limits: Limits, keys: Keys | None, metrics: Metrics, log: TrafficLog) -> None:
        self.limits, self.keys, self.metrics, self.log = limits, keys, metrics, log
        self._feedback = FeedbackReader(limits)
        self._ids = f"{secrets.token_hex(6)}-", itertools.count(1)
        self.rates = Rates(limits.requests_per_second, limits.burst)
        self.served: Served | None = None
        self.batcher: Batcher | None = None
        self._page = b""
        self._routes: dict[str, tuple[str, Scope | None, Callable[[Message, Receive], Awaitable[tuple[bytes, bytes]]]]]
        self._routes = {
            "/v1/predict": ("POST", "predict", self._predict),
            "/v1/feedback": ("POST", "feedback", self._take_feedback),
            "/health": ("GET", None, self._health),
            "/ready": ("GET", None, self._ready),
            "/metrics": ("GET", "metrics", self._metrics),
            "/openapi.json": ("GET", None, self._openapi),
        }

    def use(self, served: Served) -> None:
        """Answer with this release from the next request on; requests under way keep the one they began with."""
        self._page = ENCODE(openapi(served))
        self.batcher = Batcher(served.answer, served.cap, served.seconds_a_row, self.limits.queue_seconds)
        self.served = served
        self.metrics.release.set(served.release.number)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope["path"]
        route = path if path in self._routes else "other"
        headers: tuple[tuple[bytes, bytes], ...] = ()
        try:
            kind, body = await self._handle(scope, receive)
            status = 200
        except Refused as refused:
            status, headers, kind = refused.status, refused.headers, JSON
            body = ENCODE({"error": {"status": status, "message": refused.text}})
        except asyncio.CancelledError:
            raise
        except Exception:
            LOG.exception("a request failed")  # the log tells; the client learns only that it was not its fault
            status, kind = 500, JSON
            body = ENCODE({"error": {"status": 500, "message": "the server failed; its log says why"}})
        self.metrics.count(route, status)
        await _send(send, status, kind, body, headers)

    async def _handle(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        route = self._routes.get(scope["path"])
        if route is None:
            raise Refused(404, "there is no such path")
        method, needs, handler = route
        if scope["method"] != method:
            raise Refused(405, f"this path takes {method}", (b"allow", method.encode()))
        if needs:
            self._admit(scope, needs)
        return await handler(scope, receive)

    # --- the guard

    def _admit(self, scope: Message, needs: Scope) -> None:
        """The key of a client and its rate; where no keys are asked for, the queue alone bounds. Raises Refused."""
        if self.keys is None:
            return
        scope[KEY] = self._key_name(scope, needs)
        wait = self.rates.wait(scope[KEY], time.monotonic())
        if wait:
            raise Refused(429, "too many requests", (b"retry-after", str(math.ceil(wait)).encode()))

    def _key_name(self, scope: Message, needs: Scope) -> str:
        assert self.keys is not None
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        kind, _, secret = given.partition(b" ")
        key = self.keys.opened_by(secret.strip().decode("utf-8", "replace")) if kind.lower() == b"bearer" else None
        if key is None:
            raise Refused(401, "a valid key is needed: Authorization: Bearer KEY", (b"www-authenticate", b"Bearer"))
        if needs not in key.scopes:
            raise Refused(403, f"the key does not open {needs}")
        return key.name

    async def _body(self, scope: Message, receive: Receive) -> bytes:
        """The whole body, refused by its stated size before it is read. Raises Refused."""
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", JSON).partition(b";")[0].strip().lower()
        if kind != JSON:
            raise Refused(415, "the body must be application/json")
        if b"content-encoding" in headers:
            raise Refused(415, "the body must not be compressed")
        if int(headers.get(b"content-length", b"0")) > self.limits.body_bytes:
            raise Refused(413, f"a body may have {self.limits.body_bytes} bytes", (b"connection", b"close"))
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(GONE, "the client has gone")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.limits.body_bytes:
                raise Refused(413, f"a body may have {self.limits.body_bytes} bytes", (b"connection", b"close"))
            more = message.get("more_body", False)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    # --- the routes

    async def _predict(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        served, batcher = self.served, self.batcher
        if served is None or batcher is None:
            raise Refused(503, "no release answers yet", (b"retry-after", b"1"))
        body = await self._body(scope, receive)
        begun = time.perf_counter()
        try:
            rows, user = served.reader.rows(body)
            outputs = await batcher.ask(rows, lambda: client_has_gone(scope))
        except Malformed as fault:
            raise Refused(422, str(fault)) from None
        except ClientGone:
            raise Refused(GONE, "the client has gone") from None
        except Overloaded as fault:
            raise Refused(503, "there is more to do than can be done in time",
                          (b"retry-after", str(fault.seconds).encode())) from None  # fmt: skip
        self.metrics.rows.inc(rows.num_rows)
        seconds = time.perf_counter() - begun
        self.metrics.seconds.observe(seconds)
        prefix, numbers = self._ids
        outputs = [answer | {"id": f"{prefix}{next(numbers)}"} for answer in outputs]
        self.log.answered(served.release.number, scope.get(KEY, ""), user, seconds, rows, outputs)
        return JSON, ENCODE({"release": served.release.number, "outputs": outputs})

    async def _take_feedback(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        body = await self._body(scope, receive)
        try:
            lines = self._feedback.lines(body)
        except Malformed as fault:
            raise Refused(422, str(fault)) from None
        for line in lines:
            truth = line.truth if line.truth is None else str(line.truth)
            self.log.feedback(line.id, truth, line.reward)
        return JSON, ENCODE({"taken": len(lines)})

    async def _health(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        return JSON, b'{"alive":true}'

    async def _ready(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        if self.served is None:
            raise Refused(503, "no release answers yet")
        return JSON, ENCODE({"ready": True, "release": self.served.release.number})

    async def _metrics(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        return TEXT, self.metrics.text()

    async def _openapi(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        return JSON, self._page


async def _send(send: Send, status: int, kind: bytes, body: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [
        (b"content-type", kind), (b"content-length", str(len(body)).encode()), SAFE, *headers]})  # fmt: skip
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
