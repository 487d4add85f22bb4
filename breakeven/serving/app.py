"""The ASGI application: routes, the order of the guard, and errors that tell no secrets.

    POST /v1/predict   {"inputs": [...]} -> {"release": 7, "outputs": [...]}     scope predict
                       or an Arrow stream of rows -> an Arrow stream of answers
    POST /v1/feedback  {"feedback": [{"id": …, "truth", "reward" or "event": …}]} scope feedback
    POST /v1/chat/completions, /v1/completions, GET /v1/models of text_routes.py   scope predict
    GET  /health       the process is alive                                    open
    GET  /ready        the release answers                                     open
    GET  /metrics      counters for Prometheus                                 scope metrics, where keys are asked for
    GET  /openapi.json what this release takes and gives                       open

The guard, in this order, each before anything dearer is done: the route, the key, the rate, the body's kind and
size, the typed decoding, the queue. Sizes and times of headers are kept a floor below (connection.py).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable

from breakeven.records.rollout import Rollout
from breakeven.serving.arrow import ARROW
from breakeven.serving.asgi import KEY, Message, Receive, Send
from breakeven.serving.batching import Batcher
from breakeven.serving.connection import Reply, client_has_gone
from breakeven.serving.keys import Keys, Scope
from breakeven.serving.limits import Limits
from breakeven.serving.metrics import Metrics
from breakeven.serving.openapi import openapi
from breakeven.serving.predicting import ROUTE, Arm, Predicting
from breakeven.serving.rate import Rates
from breakeven.serving.reading import FeedbackReader
from breakeven.serving.replies import CLOSE, ENCODE, GONE, JSON, TEXT, Headers, Refused, headers_of, refusal_of
from breakeven.serving.served import Served
from breakeven.serving.text_routes import TextRoutes
from breakeven.serving.traffic import TrafficLog

LOG = logging.getLogger("breakeven.serving")


class App:
    """The routes and the guard before them; what is predicted, and by which release, is `Predicting`'s."""

    def __init__(self, limits: Limits, keys: Keys | None, metrics: Metrics, log: TrafficLog) -> None:
        self.limits, self.keys, self.metrics, self.log = limits, keys, metrics, log
        self.predicting = Predicting(limits, metrics, log)
        self.draining = False
        self.texts = TextRoutes(self)
        self._feedback = FeedbackReader(limits)
        self._rates = Rates(limits.requests_per_second, limits.burst)
        self._page = b""
        self._routes: dict[str, tuple[str, Scope | None, Callable[[Message, Receive], Awaitable[tuple[bytes, bytes]]]]]
        self._routes = {
            ROUTE: ("POST", "predict", self._predict),
            "/v1/feedback": ("POST", "feedback", self._take_feedback),
            "/health": ("GET", None, self._health),
            "/ready": ("GET", None, self._ready),
            "/metrics": ("GET", "metrics", self._metrics),
            "/openapi.json": ("GET", None, self._openapi),
        }

    @property
    def arm(self) -> Arm | None:
        return self.predicting.arm

    def drain(self) -> None:
        """Let every client go with its next answer, and balancers look elsewhere."""
        self.draining = True

    def tell_queue(self) -> None:
        """Bring what waits, and how long requests have waited for their batch, up to date in the counters."""
        batcher = self.arm.batcher if self.arm else None
        if isinstance(batcher, Batcher):
            self.metrics.waiting.set(batcher.rows_waiting)
            self.metrics.queue.inc(batcher.take_waited())

    def use(self, served: Served) -> None:
        """Answer with this release from the next request on."""
        self._page = ENCODE(openapi(served))
        self.predicting.use(served)

    def try_out(self, rollout: Rollout | None, served: Served | None) -> None:
        """Put a release on trial beside the one that answers; with None for both the trial ends."""
        self.predicting.try_out(rollout, served)

    # --- the short lane (connection.py)

    def admit(self, headers: Headers) -> str | None:
        """The name of the client's key, if the ordinary way is open; who is refused, is refused by the long one."""
        if not self.predicting.is_ordinary():
            return None
        try:
            return self.admitted(headers, "predict")
        except Refused:
            return None

    def ask(self, key: str, body: bytes, reply: Reply, gone: Callable[[], bool]) -> None:
        self.predicting.ask(key, body, reply, gone)

    # --- the long way

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if self.texts.owns(path):
            return await self.texts.answer(scope, receive, send)
        route = path if path in self._routes else "other"
        headers: Headers = ()
        try:
            kind, body = await self._handle(scope, receive)
            status = 200
        except Exception as fault:
            refused = refusal_of(fault)
            status, headers, kind, body = refused.status, refused.headers, JSON, refused.body()
        self.metrics.count(route, status)
        if client_has_gone(scope):
            return
        await _send(send, status, body, headers_of(kind, body, *headers, *((CLOSE,) if self.draining else ())))

    async def _handle(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        route = self._routes.get(scope["path"])
        if route is None:
            raise Refused(404, "there is no such path")
        method, needs, handler = route
        if scope["method"] != method:
            raise Refused(405, f"this path takes {method}", (b"allow", method.encode()))
        if needs:
            scope[KEY] = self.admitted(scope["headers"], needs)
        return await handler(scope, receive)

    # --- the guard

    def admitted(self, headers: Headers, needs: Scope) -> str:
        """The name of a client's key, once its rate is counted; where no keys are asked for, the queue alone bounds.

        Raises Refused.
        """
        if self.keys is None:
            return ""
        name = self._key_name(headers, needs)
        wait = self._rates.wait(name, time.monotonic())
        if wait:
            raise Refused(429, "too many requests", (b"retry-after", str(math.ceil(wait)).encode()))
        return name

    def _key_name(self, headers: Headers, needs: Scope) -> str:
        assert self.keys is not None
        given = next((value for name, value in headers if name == b"authorization"), b"")
        kind, _, secret = given.partition(b" ")
        key = self.keys.opened_by(secret.strip().decode("utf-8", "replace")) if kind.lower() == b"bearer" else None
        if key is None:
            raise Refused(401, "a valid key is needed: Authorization: Bearer KEY", (b"www-authenticate", b"Bearer"))
        if needs not in key.scopes:
            raise Refused(403, f"the key does not open {needs}")
        return key.name

    async def body(self, scope: Message, receive: Receive, wanted: bytes = JSON) -> bytes:
        """The whole body, refused by its stated size before it is read. Raises Refused."""
        headers = dict(scope["headers"])
        if _kind(scope) != wanted:
            raise Refused(415, f"the body must be {wanted.decode()}")
        most = self.limits.bulk_bytes if wanted == ARROW else self.limits.body_bytes
        if b"content-encoding" in headers:
            raise Refused(415, "the body must not be compressed")
        if int(headers.get(b"content-length", b"0")) > most:
            raise Refused(413, f"a body may have {most} bytes", CLOSE)
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(GONE, "the client has gone")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise Refused(413, f"a body may have {most} bytes", CLOSE)
            more = message.get("more_body", False)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    # --- the routes

    async def _predict(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        kind = ARROW if _kind(scope) == ARROW else JSON
        body = await self.body(scope, receive, kind)
        return await self.predicting.predict(body, kind, scope.get(KEY, ""), lambda: client_has_gone(scope))

    async def _take_feedback(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        lines = self._feedback.lines(await self.body(scope, receive))
        for line in lines:
            truth = line.truth if line.truth is None else str(line.truth)
            self.log.feedback(line.id, truth, line.reward, line.event)
        return JSON, ENCODE({"taken": len(lines)})

    async def _health(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        return JSON, b'{"alive":true}'

    async def _ready(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        if self.arm is None:
            raise Refused(503, "no release answers yet")
        if self.draining:
            raise Refused(503, "the server is ending")
        return JSON, ENCODE({"ready": True, "release": self.arm.served.number})

    async def _metrics(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        self.tell_queue()
        return TEXT, self.metrics.text()

    async def _openapi(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        return JSON, self._page


def _kind(scope: Message) -> bytes:
    """The kind of a request's body; JSON where it does not say."""
    given: bytes = next((value for name, value in scope["headers"] if name == b"content-type"), JSON)
    return given.partition(b";")[0].strip().lower()


async def _send(send: Send, status: int, body: bytes, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
