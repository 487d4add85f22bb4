"""The engine of this process: a release's own predictor, its answers written together (continuous batching).

One step writes one token of every answer that is going. Between two steps answers join, and those whose client has
gone leave: their place is free at once. Steps are worked in a thread; everything else happens in the event loop while
no step is under way, so nothing here needs a lock.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from breakeven.models.writing import Request, Step, TokenWriter, Unfolding
from breakeven.serving.batching import MEMORY_OF_RATE, ClientGone, Overloaded
from breakeven.serving.text_asked import Asked, EngineFailed, Piece, Pieces, StopWords

LOG = logging.getLogger("breakeven.serving")


@dataclass
class _Answer:
    """One answer: what it waits for, what it has written, who reads it."""

    asked: Asked
    gone: Callable[[], bool]
    patient: bool
    text: Unfolding
    stop: StopWords
    came: float
    began: float = 0.0
    tokens: int = 0
    pieces: asyncio.Queue[Piece | Exception] = field(default_factory=asyncio.Queue)
    left: bool = False

    def told(self, step: Step) -> Piece:
        """The piece that a step has written."""
        text = ""
        if step.token is not None:
            self.tokens += 1
            text = self.stop.add(self.text.add(step.token))
        if self.stop.met:
            return Piece(text, self.tokens, "stop")
        if not step.goes_on:
            text += self.rest()
            return Piece(text, self.tokens, "stop" if step.token is None or self.stop.met else "length")
        return Piece(text, self.tokens)

    def rest(self) -> str:
        """What was held back, when nothing more comes."""
        text = self.stop.add(self.text.rest())
        return text if self.stop.met else text + self.stop.rest()


class BatchEngine:
    """Writes with a `TokenWriter`, `slots` answers at a time. `seconds_an_answer` is measured anew with every one."""

    def __init__(self, writer: TokenWriter, slots: int, queue_seconds: float, answer_seconds: float,
                 seconds_an_answer: float) -> None:  # fmt: skip
        self.writer, self.slots = writer, slots
        self.queue_seconds, self.answer_seconds = queue_seconds, answer_seconds
        self.seconds_an_answer = seconds_an_answer
        self._batch = writer.batch(slots)
        self._waiting: deque[_Answer] = deque()
        self._going: dict[int, _Answer] = {}
        self._pool = ThreadPoolExecutor(1, "writing")
        self._working: asyncio.Task[None] | None = None

    async def write(self, asked: Asked, gone: Callable[[], bool], patient: bool = False) -> Pieces:
        wait = self._expected_wait()
        if wait > self.queue_seconds and not patient:
            raise Overloaded(wait)
        answer = _Answer(asked, gone, patient, self.writer.unfolding(), StopWords(asked.stop), time.monotonic())
        self._waiting.append(answer)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        try:
            while True:
                piece = await answer.pieces.get()
                if isinstance(piece, Exception):
                    raise piece
                yield piece
                if piece.finish:
                    return
        finally:
            answer.left = True

    @property
    def waiting(self) -> int:
        """Answers that wait for a place."""
        return len(self._waiting)

    @property
    def going(self) -> int:
        """Answers that are being written."""
        return len(self._going)

    def _expected_wait(self) -> float:
        """Seconds until one more answer would have a place, by how long they take."""
        before = len(self._waiting) - self._batch.free + 1
        return max(0, before) / self.slots * self.seconds_an_answer

    async def _work(self) -> None:
        """Step after step until nothing is left to write."""
        loop = asyncio.get_running_loop()
        while True:
            self._let_go()
            if not (self._waiting or self._going):
                return
            joining = [self._waiting.popleft() for _ in range(min(self._batch.free, len(self._waiting)))]
            try:
                made = await loop.run_in_executor(self._pool, self._step, joining)
            except Exception:  # one bad step must not end the server; each of its clients is told
                LOG.exception("a step of writing failed")
                self._fail(joining)
                continue
            for answer, piece in made:
                answer.pieces.put_nowait(piece)

    def _step(self, joining: list[_Answer]) -> list[tuple[_Answer, Piece]]:
        """In the thread: one token more for those that are going, the first for those that join."""
        made = [self._told(self._going[step.slot], step) for step in self._batch.step()]
        for answer in joining:
            asked = answer.asked
            answer.began = time.monotonic()
            step = self._batch.begin(Request(asked.ids, asked.max_tokens, asked.temperature, asked.top_p, asked.seed))
            self._going[step.slot] = answer
            made.append(self._told(answer, step))
        return made

    def _told(self, answer: _Answer, step: Step) -> tuple[_Answer, Piece]:
        piece = answer.told(step)
        if piece.finish:
            self._leave(step.slot)
        return answer, piece

    def _leave(self, slot: int) -> None:
        """An answer has ended, or is given up: its place is free."""
        answer = self._going.pop(slot)
        self._batch.leave(slot)
        taken = time.monotonic() - answer.began
        self.seconds_an_answer += MEMORY_OF_RATE * (taken - self.seconds_an_answer)

    def _let_go(self) -> None:
        """Free the places of those whose client has gone or whose time is over; refuse those that waited too long."""
        now = time.monotonic()
        for slot, answer in list(self._going.items()):
            if answer.left or answer.gone():
                self._leave(slot)
                answer.pieces.put_nowait(ClientGone())
            elif now - answer.came > self.answer_seconds:
                self._leave(slot)
                answer.pieces.put_nowait(Piece(answer.rest(), answer.tokens, "length"))
        for answer in [answer for answer in self._waiting if self._must_leave(answer, now)]:
            self._waiting.remove(answer)

    def _must_leave(self, answer: _Answer, now: float) -> bool:
        if answer.left or answer.gone():
            answer.pieces.put_nowait(ClientGone())
            return True
        if self._batch.free == 0 and not answer.patient and now - answer.came > self.queue_seconds:
            answer.pieces.put_nowait(Overloaded(self.seconds_an_answer))
            return True
        return False

    def _fail(self, joining: list[_Answer]) -> None:
        """Tell all who are going, and begin with an empty batch."""
        for answer in {id(answer): answer for answer in (*self._going.values(), *joining)}.values():
            answer.pieces.put_nowait(EngineFailed())
        self._going = {}
        self._batch = self.writer.batch(self.slots)
