"""Writing token by token, many answers at once.

Continuous batching: an answer that ends leaves its slot to the next one that waits. Every answer draws with a seed of
its own, so it does not depend on what is written beside it. What reads the tokens is a `Reader`; nothing here needs
torch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

import numpy as np

from breakeven.models.drawing import draw
from breakeven.outputs.chats import Said

if TYPE_CHECKING:
    import pyarrow as pa

SLOTS = 8
BROKEN = "\ufffd"
"""What bytes that are no character are shown as."""
MOST_HELD = 8
"""Tokens without a whole character after which bytes are given for what they are: no character has as many."""


@dataclass(frozen=True)
class Request:
    """One answer to write: the tokens before it, and how it is drawn."""

    ids: Sequence[int]
    max_tokens: int
    temperature: float
    top_p: float
    seed: int


class Reader(Protocol):
    """A model that remembers what it has read in each of its slots; logits are (vocabulary,) float32."""

    def read(self, slot: int, ids: Sequence[int]) -> np.ndarray:
        """Forget what the slot held, read these tokens, and say what comes next."""

    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        """Read one more token in each of the slots; the logits (n, vocabulary)."""


class Step(NamedTuple):
    """What became of one answer: its slot, the token that was written, whether it goes on.

    Without a token the answer has come to its end. One that does not go on has left its slot.
    """

    slot: int
    token: int | None
    goes_on: bool


@dataclass
class _Going:
    """An answer that is being written."""

    request: Request
    random: np.random.Generator
    token: int = -1
    written: int = 0


class Batch:
    """Answers that share decoding steps, each in a slot of the reader. For one thread at a time."""

    def __init__(self, reader: Reader, slots: int, ends: frozenset[int], banned: Sequence[int] = ()) -> None:
        self._reader, self.ends, self._banned = reader, ends, list(banned)
        self._free = list(range(slots - 1, -1, -1))
        self._going: dict[int, _Going] = {}

    @property
    def free(self) -> int:
        """How many more answers have room."""
        return len(self._free)

    def begin(self, request: Request) -> Step:
        """Read a request's tokens and write its first; there must be room."""
        slot = self._free.pop()
        self._going[slot] = _Going(request, np.random.default_rng(request.seed))
        try:
            return self._write(slot, self._reader.read(slot, request.ids))
        except BaseException:
            self.leave(slot)
            raise

    def step(self) -> list[Step]:
        """One more token of every answer."""
        slots = list(self._going)
        if not slots:
            return []
        logits = self._reader.step(slots, [self._going[slot].token for slot in slots])
        return [self._write(slot, each) for slot, each in zip(slots, logits, strict=True)]

    def leave(self, slot: int) -> None:
        """Give up an answer: its slot is free for the next."""
        if self._going.pop(slot, None):
            self._free.append(slot)

    def _write(self, slot: int, logits: np.ndarray) -> Step:
        going = self._going[slot]
        logits = logits.copy()
        logits[self._banned] = -np.inf
        going.token = draw(logits, going.request.temperature, going.request.top_p, going.random)
        going.written += 1
        ended = going.token in self.ends
        if ended or going.written >= going.request.max_tokens:
            self.leave(slot)
            return Step(slot, None if ended else going.token, False)
        return Step(slot, going.token, True)


def generate(batch: Batch, requests: Sequence[Request]) -> Iterator[tuple[int, int]]:
    """(number of the request, token) as they are written; as many answers at a time as the batch has slots."""
    waiting = deque((number, request) for number, request in enumerate(requests) if request.max_tokens > 0)
    numbers: dict[int, int] = {}
    while waiting or numbers:
        made = batch.step()
        while True:
            for step in made:
                if step.token is not None:
                    yield numbers[step.slot], step.token
                if not step.goes_on:
                    del numbers[step.slot]
            if not (waiting and batch.free):
                break
            number, request = waiting.popleft()
            made = [batch.begin(request)]
            numbers[made[0].slot] = number


def write_all(writer: TokenWriter, requests: Sequence[Request]) -> list[str]:
    """The texts of some requests, as many at a time as there are slots."""
    written = [writer.unfolding() for _ in requests]
    texts = [""] * len(requests)
    for number, token in generate(writer.batch(max(1, min(SLOTS, len(requests)))), requests):
        texts[number] += written[number].add(token)
    return [text + unfolding.rest() for text, unfolding in zip(texts, written, strict=True)]


def write_one(writer: TokenWriter, request: Request) -> Iterator[str]:
    """The text of a request, piece by piece."""
    text = writer.unfolding()
    for _, token in generate(writer.batch(1), [request]):
        if piece := text.add(token):
            yield piece
    if rest := text.rest():
        yield rest


class Unfolding:
    """The text of tokens as they come: a character is given when its last byte is there.

    Only the tokens since the last whole character, and those of the piece before it, are put into text anew: how a
    token is written may hang on the one before it.
    """

    def __init__(self, text: Callable[[Sequence[int]], str]) -> None:
        self._text = text
        self._ids: list[int] = []
        self._before = 0

    def add(self, token: int) -> str:
        """What can be told now; empty while a character is not whole."""
        self._ids.append(token)
        known, text = self._text(self._ids[: self._before]), self._text(self._ids)
        held = len(self._ids) - self._before
        if len(text) <= len(known) or (text.endswith(BROKEN) and held < MOST_HELD):
            return ""
        self._ids, self._before = self._ids[self._before :], held
        return text[len(known) :]

    def rest(self) -> str:
        """What was held back, when no more tokens come; a character that was cut off is left out."""
        return self._text(self._ids)[len(self._text(self._ids[: self._before])) :].rstrip(BROKEN)


@runtime_checkable
class TokenWriter(Protocol):
    """A `Writer` (model.py) whose answers can be written beside others, token by token. Not safe for threads."""

    @property
    def longest(self) -> int | None:
        """How many tokens prompt and answer may have together; None where there is no such limit."""

    @property
    def vocabulary(self) -> int:
        """Token numbers go from 0 up to this."""

    @property
    def chats(self) -> bool:
        """Whether it knows turns; one that was shown plain texts alone goes on with a text."""

    def predict(self, rows: pa.Table) -> np.ndarray:
        """As every predictor."""

    def prompt_ids(self, said: Sequence[Said]) -> list[int]:
        """The tokens up to where it is to write."""

    def requests(self, rows: pa.Table) -> list[Request]:
        """What `Writer.write` asks for, a request a row."""

    def batch(self, slots: int) -> Batch:
        """An empty batch with so many slots."""

    def unfolding(self) -> Unfolding:
        """For the text of one answer."""
