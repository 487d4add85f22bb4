"""The ASGI application: routes, the order of the guard, and errors that tell no secrets.

    POST /v1/predict   {"inputs": [...]} -> {"release": 7, "outputs": [...]}     scope predict
                       or an Arrow stream of rows -> an Arrow stream of answers
    POST /v1/feedback  {"feedback": [{"id": …, "truth", "reward" or "event": …}]} scope feedback
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
from dataclasses import dataclass
from typing import Any

import msgspec

from breakeven.inputs.values import Values
from breakeven.records.rollout import Rollout
from breakeven.serving.arrow import ARROW, arrow_stream
from breakeven.serving.batching import Answers, Batcher, ClientGone, Overloaded, Rows
from breakeven.serving.connection import client_has_gone
from breakeven.serving.keys import Keys, Scope
from breakeven.serving.limits import Limits
from breakeven.serving.metrics import Metrics
from breakeven.serving.openapi import openapi
from breakeven.serving.rate import Rates
from breakeven.serving.reading import FeedbackReader, Malformed
from breakeven.serving.served import Served
from breakeven.serving.splitting import is_on_trial
from breakeven.serving.traffic import CURRENT, TRIAL, TrafficLog

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON, TEXT = b"application/json", b"text/plain; version=0.0.4; charset=utf-8"
KEY = "breakeven.key"
"""Where a request's scope holds the name of its key."""
GONE = 499
"""Only the counters see it: nobody is there to read the answer."""
CLOSE = (b"connection", b"close")
SAFE = (b"x-content-type-options", b"nosniff")
LOG = logging.getLogger("breakeven.serving")
ENCODE = msgspec.json.Encoder().encode


class Refused(Exception):
    """A request ends here, with a status and a text for the client; `headers` go with it."""

    def __init__(self, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


@dataclass(frozen=True)
class Arm:
    """A release that answers, with the queue before it."""

    served: Served
    batcher: Batcher

    @classmethod
    def of(cls, served: Served, limits: Limits) -> Arm:
        return cls(served, Batcher(served.answer, served.cap, served.seconds_a_row, limits.queue_seconds))


class App:
    """Answers with the release it was given; `use` changes it between two requests."""

    def __init__(self, limits: Limits, keys: Keys | None, metrics: Metrics, log: TrafficLog) -> None:
        self.limits, self.keys, self.metrics, self.log = limits, keys, metrics, log
        self._feedback = FeedbackReader(limits)
        self._ids = f"{secrets.token_hex(6)}-", itertools.count(1)
        self.rates = Rates(limits.requests_per_second, limits.burst)
        self.arm: Arm | None = None
        self.trial: Arm | None = None
        self.rollout: Rollout | None = None
        self.draining = False
        self._shadows: set[asyncio.Task[None]] = set()
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

    def drain(self) -> None:
        """Let every client go with its next answer, and balancers look elsewhere."""
        self.draining = True

    def use(self, served: Served) -> None:
        """Answer with this release from the next request on; requests under way keep the one they began with."""
        self._page = ENCODE(openapi(served))
        self.arm = Arm.of(served, self.limits)
        self.metrics.release.set(served.number)

    def try_out(self, rollout: Rollout | None, served: Served | None) -> None:
        """Put a release on trial beside the one that answers; with None for both the trial ends."""
        self.trial = Arm.of(served, self.limits) if served else None
        self.rollout = rollout if served else None

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
        await _send(send, status, kind, body, (*headers, CLOSE) if self.draining else headers)

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

    async def _body(self, scope: Message, receive: Receive, wanted: bytes = JSON) -> bytes:
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
        arm = self.arm
        if arm is None:
            raise Refused(503, "no release answers yet", (b"retry-after", b"1"))
        bulk = _kind(scope) == ARROW
        body = await self._body(scope, receive, ARROW if bulk else JSON)
        begun = time.perf_counter()
        try:
            rows, user = await self._bulk_rows(arm, body) if bulk else arm.served.reader.rows(body)
            arm, outputs = await self._outputs(arm, rows, user, scope)
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
        number = arm.served.number
        which = TRIAL if arm is self.trial else CURRENT

        def written() -> bytes:
            """The answers with their names, in the log and as bytes."""
            for answer, name in zip(outputs, self._names(rows), strict=True):
                answer["id"] = name
            self.log.answered(number, scope.get(KEY, ""), user, seconds, rows, outputs, which)
            return arrow_stream(number, outputs) if bulk else ENCODE({"release": number, "outputs": outputs})

        content = await asyncio.to_thread(written) if bulk else written()
        self._shadow(scope, user, rows, outputs)
        return ARROW if bulk else JSON, content

    async def _bulk_rows(self, arm: Arm, body: bytes) -> tuple[Rows, str | None]:
        """The rows of an Arrow stream, if they can be answered in time. Raises Malformed, Refused."""
        rows, user = await asyncio.to_thread(arm.served.bulk.rows, body)
        seconds = rows.num_rows * arm.batcher.seconds_a_row
        if seconds > self.limits.bulk_seconds:
            raise Refused(413, f"so many rows take about {seconds:.0f} seconds: send fewer at a time")
        return rows, user

    async def _ask(self, batcher: Batcher, rows: Rows, scope: Message) -> Answers:
        """The answers to all rows; many rows are asked in parts, so that others are answered between them."""
        most, answers = self.limits.items, Answers()
        if rows.num_rows <= most:
            return await batcher.ask(rows, lambda: client_has_gone(scope))
        assert not isinstance(rows, Values)  # a body of JSON holds no more than that
        for start in range(0, rows.num_rows, most):
            answers += await batcher.ask(rows.slice(start, most), lambda: client_has_gone(scope))
        return answers

    def _names(self, rows: Rows) -> list[str]:
        """An id for each answer, never given twice."""
        prefix, numbers = self._ids
        return [f"{prefix}{next(numbers)}" for _ in range(rows.num_rows)]

    async def _outputs(self, arm: Arm, rows: Rows, user: str | None, scope: Message) -> tuple[Arm, Answers]:
        """The answers, and who gave them: a release on trial that fails is stood in for by the other."""
        trial, rollout = self.trial, self.rollout
        if trial and rollout and rollout.mode == "canary" and is_on_trial(rollout, user):
            begun = time.perf_counter()
            try:
                return trial, await self._ask(trial.batcher, rows, scope)
            except (ClientGone, Overloaded):
                raise
            except Exception:
                LOG.exception("the release on trial failed; the other one answers")
                failed = [{"id": name} for name in self._names(rows)]
                seconds = time.perf_counter() - begun
                self.log.answered(trial.served.number, scope.get(KEY, ""), user, seconds, rows, failed, TRIAL)
        return arm, await self._ask(arm.batcher, rows, scope)

    # --- a shadow answers after the client has its answer, and only into the log

    def _shadow(self, scope: Message, user: str | None, rows: Rows, outputs: Answers) -> None:
        trial, rollout = self.trial, self.rollout
        if trial is None or rollout is None or rollout.mode != "shadow" or not is_on_trial(rollout, user):
            return
        task = asyncio.create_task(self._ask_shadow(trial, scope.get(KEY, ""), user, rows, outputs))
        self._shadows.add(task)
        task.add_done_callback(self._shadows.discard)

    async def _ask_shadow(self, trial: Arm, key: str, user: str | None, rows: Rows, outputs: Answers) -> None:
        """Ask the release on trial the same, and write its answers under the same ids; without time it is left."""
        begun = time.perf_counter()
        try:
            answers = await self._ask(trial.batcher, rows, {})
        except Overloaded:
            return
        except Exception:
            LOG.exception("the release in the shadow failed")
            answers = [{} for _ in outputs]
        named = [answer | {"id": output["id"]} for answer, output in zip(answers, outputs, strict=True)]
        self.log.answered(trial.served.number, key, user, time.perf_counter() - begun, rows, named, TRIAL)

    async def _take_feedback(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        body = await self._body(scope, receive)
        try:
            lines = self._feedback.lines(body)
        except Malformed as fault:
            raise Refused(422, str(fault)) from None
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
        return TEXT, self.metrics.text()

    async def _openapi(self, scope: Message, receive: Receive) -> tuple[bytes, bytes]:
        return JSON, self._page


def _kind(scope: Message) -> bytes:
    """The kind of a request's body; JSON where it does not say."""
    given: bytes = next((value for name, value in scope["headers"] if name == b"content-type"), JSON)
    return given.partition(b";")[0].strip().lower()


async def _send(send: Send, status: int, kind: bytes, body: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [
        (b"content-type", kind), (b"content-length", str(len(body)).encode()), SAFE, *headers]})  # fmt: skip
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
