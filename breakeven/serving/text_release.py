"""A release that writes: its prompts, its engine, and whole answers for `/v1/predict`."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from breakeven.inputs.values import Values
from breakeven.models.writing import Request, TokenWriter, write_all
from breakeven.outputs import OUTPUTS
from breakeven.outputs.chats import Said
from breakeven.records.artifact import Artifact, asking_columns
from breakeven.records.dataset import Column
from breakeven.serving import vllm
from breakeven.serving.batching import Answers, Rows
from breakeven.serving.limits import Limits
from breakeven.serving.reading import Malformed
from breakeven.serving.text_asked import Asked, TextEngine
from breakeven.serving.text_batches import BatchEngine

PACE_TOKENS, PACE_SECONDS = 16, 0.25
"""How many tokens are written to measure a number of slots, and when to stop measuring."""
WORTH_IT = 1.1
"""More answers at a time are taken when tokens a second grow so many times: each of them comes slower."""
USUAL_TOKENS = 64
"""An answer is thought to have so many until the first have been written."""


@dataclass(frozen=True)
class Writing:
    """How a release writes: `writer` makes prompts into tokens, `engine` goes on from them."""

    writer: TokenWriter
    engine: TextEngine
    limits: Limits
    answer: str
    """The column that is written."""
    columns: tuple[Column, ...]
    """The columns that ask; where there is none beside the text itself, that."""
    seconds_a_row: float

    def row_of(self, said: Sequence[Said], shown: str) -> Values:
        """A prompt as it is kept: what was asked last, where a column asks; else all of it."""
        column = self.columns[0]
        return Values((column,), [(said[-1].text if said and column.name != self.answer else shown,)])

    def most_tokens(self, prompt: int) -> int:
        """How many tokens an answer to so many may have; none are left where it is less than 1."""
        most = self.limits.answer_tokens
        return most if self.writer.longest is None else min(most, self.writer.longest - prompt)

    async def ask(self, rows: Rows, gone: Callable[[], bool] = lambda: False) -> Answers:
        """A whole answer a row, as `breakeven predict` writes it.

        Raises Overloaded, ClientGone, EngineFailed; Malformed for too many rows.
        """
        if rows.num_rows > self.limits.texts_a_request:
            raise Malformed(f"texts are written for {self.limits.texts_a_request} inputs at a time - at `$.inputs`")
        requests = await asyncio.to_thread(self._requests, rows)
        first = await self._text(requests[0], gone, False)
        others = await asyncio.gather(*(self._text(request, gone, True) for request in requests[1:]))
        return [first, *others]

    def _requests(self, rows: Rows) -> list[Request]:
        import pyarrow as pa

        table = rows.table() if isinstance(rows, Values) else rows
        if self.answer not in table.column_names:
            table = table.append_column(self.answer, pa.nulls(table.num_rows, pa.large_string()))
        return self.writer.requests(table)

    async def _text(self, request: Request, gone: Callable[[], bool], patient: bool) -> dict[str, Any]:
        asked = Asked(request.ids, request.max_tokens, request.temperature, request.top_p, request.seed)
        pieces = [piece async for piece in self.engine.write(asked, gone, patient)]
        return {"text": "".join(piece.text for piece in pieces), "prompt_tokens": len(request.ids),
                "tokens": pieces[-1].tokens}  # fmt: skip


def load_writing(artifact: Artifact, predictor: TokenWriter, limits: Limits) -> Writing:
    """A predictor that writes, with the number of answers at a time that was measured best here."""
    slots, seconds = _best_slots(predictor, limits.texts_at_once)
    engine = BatchEngine(predictor, slots, limits.queue_seconds, limits.answer_seconds, USUAL_TOKENS * seconds)
    return Writing(predictor, engine, limits, artifact.answer, asking_columns(artifact), USUAL_TOKENS * seconds / slots)


def child_writing(artifact: Artifact, prompts: TokenWriter, files: Path, engine: str, limits: Limits) -> Writing:
    """Prompts of ours, answers of a program beside us, which ends when nobody holds the writing any more.

    Raises ModelError when it does not start.
    """
    from breakeven.serving.child import Child
    from breakeven.serving.text_child import ChildEngine, answers

    child = Child(lambda socket: vllm.command(engine, files, prompts.longest, socket), vllm.ENVIRONMENT, answers)
    child.start(vllm.START_SECONDS)
    writer = ChildEngine(child, limits.texts_at_once, limits.queue_seconds, limits.answer_seconds)
    weakref.finalize(writer, child.stop)
    return Writing(prompts, writer, limits, artifact.answer, asking_columns(artifact), 1.0 / limits.texts_at_once)


def child_answers(writing: Writing) -> Callable[[Rows], Answers]:
    """What the child of a writing writes to golden rows."""

    def answer(rows: Rows) -> Answers:
        found = []
        for start in range(0, rows.num_rows, writing.limits.texts_a_request):
            found += asyncio.run(_asked_alone(writing, rows, start))
        return [{"written": each["text"]} for each in found]

    return answer


async def _asked_alone(writing: Writing, rows: Rows, start: int) -> Answers:
    """In an event loop of its own: the engine of the server belongs to the server's."""
    from breakeven.serving.text_child import ChildEngine

    assert isinstance(writing.engine, ChildEngine)
    engine = writing.engine.again()
    table = rows.table() if isinstance(rows, Values) else rows
    part = table.slice(start, writing.limits.texts_a_request)
    try:
        return await replace(writing, engine=engine).ask(part)
    finally:
        await engine.close()


def whole_answers(artifact: Artifact, predictor: TokenWriter) -> Callable[[Rows], Answers]:
    """What a release writes to rows, and how probable it finds theirs: what golden answers hold."""
    output = OUTPUTS.get(artifact.output)

    def answer(rows: Rows) -> Answers:
        table = rows.table() if isinstance(rows, Values) else rows
        found = output.answers(predictor.predict(table), artifact.labels)
        written = write_all(predictor, predictor.requests(table))
        return [each | {"written": text} for each, text in zip(found, written, strict=True)]

    return answer


def _best_slots(writer: TokenWriter, most: int) -> tuple[int, float]:
    """The number of answers at a time with the best rate, and the seconds of a step with so many."""
    best, pace, slots = 1, _pace(writer, 1), 2
    while slots <= most:
        seconds = _pace(writer, slots)
        if slots * pace < WORTH_IT * best * seconds:
            break
        best, pace, slots = slots, seconds, 2 * slots
    return best, pace


def _pace(writer: TokenWriter, slots: int) -> float:
    """Seconds a step, the best of several."""
    batch = writer.batch(slots)
    batch.ends = frozenset()
    request = Request([0] * 4, 1_000_000, 0.0, 1.0, 0)
    for _ in range(slots):
        batch.begin(request)
    best, until = float("inf"), time.perf_counter() + PACE_SECONDS
    for _ in range(PACE_TOKENS):
        begun = time.perf_counter()
        batch.step()
        best = min(best, time.perf_counter() - begun)
        if time.perf_counter() > until:
            break
    return best
