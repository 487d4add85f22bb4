"""Predictions: the release that answers, one on trial beside it, and the two ways by which questions come.

By ASGI (`predict`) every question can come: JSON or Arrow, with a trial or without. By the short lane of a connection
(`ask`) comes the ordinary one, without a task and without a scope; the answer is the same, byte for byte.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from breakeven.records.rollout import Rollout
from breakeven.serving.arrow import ARROW, arrow_stream
from breakeven.serving.batching import Answers, Batcher, ClientGone, Overloaded, Rows
from breakeven.serving.connection import Reply
from breakeven.serving.limits import Limits
from breakeven.serving.metrics import Metrics
from breakeven.serving.replies import ENCODE, JSON, Refused, headers_of, refusal_of
from breakeven.serving.served import Served
from breakeven.serving.splitting import is_on_trial
from breakeven.serving.text_release import Writing
from breakeven.serving.traffic import CURRENT, TRIAL, TrafficLog

LOG = logging.getLogger("breakeven.serving")
ROUTE = "/v1/predict"
Gone = Callable[[], bool]
"""Whether the client of a request has left."""


@dataclass(frozen=True)
class Arm:
    """A release that answers, with the queue before it."""

    served: Served
    batcher: Batcher | Writing

    @classmethod
    def of(cls, served: Served, limits: Limits) -> Arm:
        if served.writing:
            return cls(served, served.writing)
        return cls(served, Batcher(served.answer, served.cap, served.seconds_a_row, limits.queue_seconds))


class Predicting:
    """Answers with the release it was given; `use` changes it between two requests."""

    def __init__(self, limits: Limits, metrics: Metrics, log: TrafficLog) -> None:
        self.limits, self.metrics, self.log = limits, metrics, log
        self.arm: Arm | None = None
        self.trial: Arm | None = None
        self.rollout: Rollout | None = None
        self._ids = f"{secrets.token_hex(6)}-", itertools.count(1)
        self._shadows: set[asyncio.Task[None]] = set()

    def use(self, served: Served) -> None:
        """Answer with this release from the next request on; requests under way keep the one they began with."""
        self.arm = Arm.of(served, self.limits)
        self.metrics.release.set(served.number)

    def try_out(self, rollout: Rollout | None, served: Served | None) -> None:
        """Put a release on trial beside the one that answers; with None for both the trial ends."""
        self.trial = Arm.of(served, self.limits) if served else None
        self.rollout = rollout if served else None

    # --- the long way

    async def predict(self, body: bytes, kind: bytes, key: str, gone: Gone) -> tuple[bytes, bytes]:
        """The kind and the bytes of the answers to a body. Raises what `refusal_of` knows."""
        arm = self._arm()
        begun = time.perf_counter()
        bulk = kind == ARROW
        rows, user = await self._bulk_rows(arm, body) if bulk else arm.served.reader.rows(body)
        arm, outputs = await self._outputs(arm, rows, user, key, gone)
        which = TRIAL if arm is self.trial else CURRENT
        if bulk:
            content = await asyncio.to_thread(self._bulk_written, arm, key, user, rows, outputs, begun, which)
        else:
            content = self._written(arm, key, user, rows, outputs, begun, which)
        self._shadow(key, user, rows, outputs)
        return ARROW if bulk else JSON, content

    def _arm(self) -> Arm:
        if self.arm is None:
            raise Refused(503, "no release answers yet", (b"retry-after", b"1"))
        return self.arm

    async def _bulk_rows(self, arm: Arm, body: bytes) -> tuple[Rows, str | None]:
        """The rows of an Arrow stream, if they can be answered in time. Raises Malformed, Refused."""
        rows, user = await asyncio.to_thread(arm.served.bulk.rows, body)
        seconds = rows.num_rows * arm.served.seconds_a_row
        if seconds > self.limits.bulk_seconds:
            raise Refused(413, f"so many rows take about {seconds:.0f} seconds: send fewer at a time")
        return rows, user

    async def _outputs(self, arm: Arm, rows: Rows, user: str | None, key: str, gone: Gone) -> tuple[Arm, Answers]:
        """The answers, and who gave them: a release on trial that fails is stood in for by the other."""
        trial, rollout = self.trial, self.rollout
        if trial and rollout and rollout.mode != "shadow" and is_on_trial(rollout, user):
            begun = time.perf_counter()
            try:
                return trial, await self._ask_in_parts(trial.batcher, rows, gone)
            except (ClientGone, Overloaded):
                raise
            except Exception:
                LOG.exception("the release on trial failed; the other one answers")
                failed = [{"id": name} for name in self._names(rows)]
                seconds = time.perf_counter() - begun
                self.log.answered(trial.served.number, key, user, seconds, rows, failed, TRIAL)
        return arm, await self._ask_in_parts(arm.batcher, rows, gone)

    async def _ask_in_parts(self, batcher: Batcher | Writing, rows: Rows, gone: Gone) -> Answers:
        """The answers to all rows; many rows are asked in parts, so that others are answered between them."""
        most, answers = self.limits.items, Answers()
        if rows.num_rows <= most:
            return await batcher.ask(rows, gone)
        for start in range(0, rows.num_rows, most):
            part = rows.slice(start, most)
            answers += await batcher.ask(part, gone)
        return answers

    # --- the short lane

    def is_ordinary(self) -> bool:
        """Whether the short lane may be taken now."""
        return self.arm is not None and self.trial is None and self.arm.served.writing is None

    def ask(self, key: str, body: bytes, reply: Reply, gone: Gone) -> None:
        """Answer a body of JSON by `reply`, now when it is refused, or when its batch is done."""
        begun = time.perf_counter()
        try:
            arm = self._arm()
            rows, user = arm.served.reader.rows(body)
            assert isinstance(arm.batcher, Batcher)  # is_ordinary
            arm.batcher.submit(rows, lambda made: self._answer(arm, key, user, rows, made, begun, reply), gone)
        except Exception as fault:
            self._refuse(fault, reply)

    def _answer(self, arm: Arm, key: str, user: str | None, rows: Rows, made: Answers | Exception, begun: float,
                reply: Reply) -> None:  # fmt: skip
        if isinstance(made, Exception):
            self._refuse(made, reply)
            return
        content = self._written(arm, key, user, rows, made, begun, CURRENT)
        self.metrics.count(ROUTE, 200)
        reply(200, headers_of(JSON, content), content)

    def _refuse(self, fault: Exception, reply: Reply) -> None:
        refused = refusal_of(fault)
        content = refused.body()
        self.metrics.count(ROUTE, refused.status)
        reply(refused.status, headers_of(JSON, content, *refused.headers), content)

    # --- answers get names, go into the log, and become bytes

    def _names(self, rows: Rows) -> list[str]:
        """An id for each answer, never given twice."""
        return [self.new_id() for _ in range(rows.num_rows)]

    def new_id(self) -> str:
        """A name for an answer, never given twice."""
        prefix, numbers = self._ids
        return f"{prefix}{next(numbers)}"

    def _named(self, arm: Arm, key: str, user: str | None, rows: Rows, outputs: Answers, begun: float,
               which: str) -> None:  # fmt: skip
        seconds = time.perf_counter() - begun
        self.metrics.rows.inc(rows.num_rows)
        if arm.served.writing:
            self.metrics.wrote(outputs)
        self.metrics.seconds.observe(seconds)
        for answer, name in zip(outputs, self._names(rows), strict=True):
            answer["id"] = name
        self.log.answered(arm.served.number, key, user, seconds, rows, outputs, which)

    def _written(self, arm: Arm, key: str, user: str | None, rows: Rows, outputs: Answers, begun: float,
                 which: str) -> bytes:  # fmt: skip
        self._named(arm, key, user, rows, outputs, begun, which)
        return ENCODE({"release": arm.served.number, "outputs": outputs})

    def _bulk_written(self, arm: Arm, key: str, user: str | None, rows: Rows, outputs: Answers, begun: float,
                      which: str) -> bytes:  # fmt: skip
        self._named(arm, key, user, rows, outputs, begun, which)
        return arrow_stream(arm.served.number, outputs)

    # --- a shadow answers after the client has its answer, and only into the log

    def _shadow(self, key: str, user: str | None, rows: Rows, outputs: Answers) -> None:
        trial, rollout = self.trial, self.rollout
        if trial is None or rollout is None or rollout.mode != "shadow" or not is_on_trial(rollout, user):
            return
        task = asyncio.create_task(self._ask_shadow(trial, key, user, rows, outputs))
        self._shadows.add(task)
        task.add_done_callback(self._shadows.discard)

    async def _ask_shadow(self, trial: Arm, key: str, user: str | None, rows: Rows, outputs: Answers) -> None:
        """Ask the release on trial the same, and write its answers under the same ids; without time it is left."""
        begun = time.perf_counter()
        try:
            answers = await self._ask_in_parts(trial.batcher, rows, lambda: False)
        except Overloaded:
            return
        except Exception:
            LOG.exception("the release in the shadow failed")
            answers = [{} for _ in outputs]
        named = [answer | {"id": output["id"]} for answer, output in zip(answers, outputs, strict=True)]
        self.log.answered(trial.served.number, key, user, time.perf_counter() - begun, rows, named, TRIAL)
