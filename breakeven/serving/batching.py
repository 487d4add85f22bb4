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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

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


@dataclass
class Asked:
    """One request's rows, who waits for their answers, and whether its client has gone."""

    rows: pa.Table
    future: asyncio.Future[Answers]
    gone: Callable[[], bool]


@dataclass
class Batcher:
    """Answers rows in batches of at most `cap`. `seconds_a_row` is measured anew with every batch."""

    answer: Callable[[pa.Table], Answers]
    cap: int
    seconds_a_row: float
    queue_seconds: float
    batches: int = 0
    dropped: int = 0
    _waiting: deque[Asked] = field(default_factory=deque)
    _rows_waiting: int = 0
    _busy: bool = False
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "model"))

    async def ask(self, rows: pa.Table, gone: Callable[[], bool] = lambda: False) -> Answers:
        """The answers to rows, in their order. Raises Overloaded, ClientGone."""
        wait = self._rows_waiting * self.seconds_a_row
        if wait > self.queue_seconds:
            raise Overloaded(wait)
        loop = asyncio.get_running_loop()
        asked = Asked(rows, loop.create_future(), gone)
        self._waiting.append(asked)
        self._rows_waiting += rows.num_rows
        if not self._busy:
            self._busy = True
            loop.call_soon(self._begin, loop)
        return await asked.future

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
        rows = 0
        while self._waiting and (not batch or rows + self._waiting[0].rows.num_rows <= self.cap):
            asked = self._waiting.popleft()
            self._rows_waiting -= asked.rows.num_rows
            if asked.future.done() or asked.gone():
                self.dropped += 1
                if not asked.future.done():
                    asked.future.set_exception(ClientGone())
                continue
            batch.append(asked)
            rows += asked.rows.num_rows
        return batch

    def _work(self, batch: list[Asked]) -> Made:
        """The answers to all rows of a batch, or what went wrong, and the seconds it took."""
        begun = time.perf_counter()
        try:
            return self.answer(_joined([asked.rows for asked in batch])), time.perf_counter() - begun
        except Exception as fault:  # one bad batch must not end the server; each of its clients is told
            return fault, time.perf_counter() - begun

    def _deliver(self, batch: list[Asked], made: Answers | Exception, seconds: float) -> None:
        """Give every request its own answers."""
        rows = sum(asked.rows.num_rows for asked in batch)
        self.batches += 1
        self.seconds_a_row += MEMORY_OF_RATE * (seconds / rows - self.seconds_a_row)
        place = 0
        for asked in batch:
            if not asked.future.done():
                if isinstance(made, Exception):
                    asked.future.set_exception(made)
                else:
                    asked.future.set_result(made[place : place + asked.rows.num_rows])
            place += asked.rows.num_rows

    def close(self) -> None:
        self._pool.shutdown(wait=False)


def _joined(tables: list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    return tables[0] if len(tables) == 1 else pa.concat_tables(tables)
