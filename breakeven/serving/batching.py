"""Greedy batches without a timer: what waits when the model is free is the next batch.

A single request is answered at once, and under load the batches grow by themselves; no knob says how long to wait for
others. Work that would wait longer than the limit is refused at the door; work whose client has left, or whose
deadline has passed, is dropped before it costs anything.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Union

from breakeven.inputs.values import Values, joined

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Union[Values, "pa.Table"]
"""Of one request, or of a batch."""
Answers = list[dict[str, Any]]
Made = tuple["Answers | Exception", float]
INLINE_SECONDS = 5e-3
"""A batch that takes longer works in a thread: the event loop stays free for refusals and probes. A shorter one
does not pay for the way to the thread and back, about a tenth of a millisecond."""
MEMORY_OF_RATE = 0.2
"""The weight of the newest batch in the running mean of seconds a row."""


class Overloaded(Exception):
    """There is more to do than can be done in time; try again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__("overloaded")
        self.seconds = max(1, math.ceil(seconds))


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


@dataclass(slots=True)
class Asked:
    """One request's rows, who gets their answers or what went wrong, until when they are worth it."""

    rows: Rows
    done: Callable[[Answers | Exception], None]
    gone: Callable[[], bool]
    until: float


@dataclass
class Batcher:
    """Answers rows in batches of at most `cap`. `seconds_a_row` is measured anew with every batch."""

    answer: Callable[[Rows], Answers]
    cap: int
    seconds_a_row: float
    queue_seconds: float
    batches: int = 0
    dropped: int = 0
    rows_waiting: int = 0
    waited: float = 0.0
    """Seconds that requests have waited for their batch, all together, since `take_waited` was asked last."""
    _waiting: deque[Asked] = field(default_factory=deque)
    _busy: bool = False
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "model"))

    async def ask(self, rows: Rows, gone: Callable[[], bool] = lambda: False) -> Answers:
        """The answers to rows, in their order. Raises Overloaded, ClientGone."""
        answered: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
        self.submit(rows, partial(_settle, answered), lambda: answered.done() or gone())
        return await answered

    def submit(self, rows: Rows, done: Callable[[Answers | Exception], None], gone: Callable[[], bool]) -> None:
        """Put rows into the queue; `done` is called once, from the event loop, unless they are `gone` by their turn.

        Raises Overloaded at once when they would wait too long; `done` gets it where that is found out later.
        """
        wait = self.rows_waiting * self.seconds_a_row
        if wait > self.queue_seconds:
            raise Overloaded(wait)
        self._waiting.append(Asked(rows, done, gone, time.monotonic() + self.queue_seconds))
        self.rows_waiting += rows.num_rows
        if not self._busy:
            self._busy = True
            loop = asyncio.get_running_loop()
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start on the next batch, in this thread when it is short."""
        batch = self._next()
        if not batch:
            self._busy = False
            return
        rows = sum(asked.rows.num_rows for asked in batch)
        if rows * self.seconds_a_row <= INLINE_SECONDS:
            self._deliver(batch, *self._work(batch))
            loop.call_soon(self._begin, loop)
        else:
            done = loop.run_in_executor(self._pool, self._work, batch)
            done.add_done_callback(lambda made: self._end(batch, made.result(), loop))

    def _end(self, batch: list[Asked], made: Made, loop: asyncio.AbstractEventLoop) -> None:
        """A batch of the thread is done: deliver it, and go on with what has come meanwhile."""
        self._deliver(batch, *made)
        self._begin(loop)

    def _next(self) -> list[Asked]:
        """What waits, up to the cap; a request larger than the cap goes alone."""
        batch: list[Asked] = []
        rows, now = 0, time.monotonic()
        while self._waiting and (not batch or rows + self._waiting[0].rows.num_rows <= self.cap):
            asked = self._waiting.popleft()
            self.rows_waiting -= asked.rows.num_rows
            if asked.gone():
                self.dropped += 1
                asked.done(ClientGone())
            elif now > asked.until:
                asked.done(Overloaded(self.rows_waiting * self.seconds_a_row))
            else:
                batch.append(asked)
                rows += asked.rows.num_rows
                self.waited += now - (asked.until - self.queue_seconds)
        return batch

    def take_waited(self) -> float:
        """What was waited since this was asked last."""
        waited, self.waited = self.waited, 0.0
        return waited

    def _work(self, batch: list[Asked]) -> Made:
        """The answers to all rows of a batch, or what went wrong, and the seconds it took."""
        begun = time.perf_counter()
        try:
            return self.answer(joined([asked.rows for asked in batch])), time.perf_counter() - begun
        except Exception as fault:  # one bad batch must not end the server; each of its clients is told
            return fault, time.perf_counter() - begun

    def _deliver(self, batch: list[Asked], made: Answers | Exception, seconds: float) -> None:
        """Give every request its own answers."""
        rows = sum(asked.rows.num_rows for asked in batch)
        self.batches += 1
        self.seconds_a_row += MEMORY_OF_RATE * (seconds / rows - self.seconds_a_row)
        place = 0
        for asked in batch:
            asked.done(made if isinstance(made, Exception) else made[place : place + asked.rows.num_rows])
            place += asked.rows.num_rows

    def close(self) -> None:
        self._pool.shutdown(wait=False)


def _settle(answered: asyncio.Future[Answers], made: Answers | Exception) -> None:
    if answered.done():
        return
    if isinstance(made, Exception):
        answered.set_exception(made)
    else:
        answered.set_result(made)
