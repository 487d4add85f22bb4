"""Training and answering with byte n-grams: the rungs below a network of a language model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from breakeven.models.byte_ngrams import ByteNgrams
from breakeven.models.model import Trained, Work
from breakeven.models.rendering import (
    END,
    SIGNS,
    WRITTEN_TOKENS,
    Reading,
    per_byte,
    prompt_of,
    read_prompt,
    rendered,
)
from breakeven.models.writing import Batch, Request, Unfolding, write_all, write_one
from breakeven.outputs.chats import Said
from breakeven.records.artifact import Artifact
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "ngram.json"
MOST_ENTRIES = 1_500_000
"""Beyond which a shorter n-gram is taken: 12 bytes each, a release of at most about 30 MB."""
MOST_BYTES = 24_000_000
"""Of more text a random part is counted."""
TEMPERATURE, TOP_P = 0.8, 0.95


def train_ngrams(work: Work, order: int) -> Trained:
    """Count the fit rows of each fold and score the others; then count all rows for the artifact."""
    reading = Reading.of((column.name for column in work.dataset.inputs), work.dataset.answer)
    said = reading.said(work.rows)
    texts = [rendered(each) for each in said]
    predictions = np.empty((len(work.scored), 1))
    train_value = None
    for number, (fit, score) in enumerate(work.folds):
        model = _count(texts, fit, order, work.seed)
        predictions[np.searchsorted(work.scored, score)] = _score(model, texts, said, score)
        if train_value is None:
            seen = fit[:200]
            train_value = work.metric.score(work.target[seen], _score(model, texts, said, seen), None)
        work.progress((number + 1) / (len(work.folds) + 1), None)
    model = _count(texts, np.arange(len(texts)), order, work.seed)
    model.save(work.artifact)
    chat = any(each[-1].role for each in said)
    content = {"prompts": reading.prompts, "answer": reading.answer, "chat": chat}
    write_bytes(work.artifact / FILE, json.dumps(content, ensure_ascii=False).encode())
    return Trained(predictions, train_value, {"order": len(model.levels), "entries": model.entries})


def _count(texts: list[tuple[bytes, np.ndarray]], rows: np.ndarray, order: int, seed: int) -> ByteNgrams:
    """The n-grams of some rows, as long as fit into the artifact."""
    rows = np.random.default_rng(seed).permutation(rows)
    most = int(np.searchsorted(np.cumsum([len(texts[row][0]) for row in rows]), MOST_BYTES)) + 1
    chosen = [texts[row][0] for row in rows[:most]]
    model = ByteNgrams.fit(chosen, order)
    while model.entries > MOST_ENTRIES and order > 1:
        order -= 1
        model = ByteNgrams.fit(chosen, order)
    return model


def _score(
    model: ByteNgrams, texts: list[tuple[bytes, np.ndarray]], said: list[tuple[Said, ...]], rows: np.ndarray
) -> np.ndarray:
    return per_byte(model.nats([texts[row] for row in rows]), [said[row] for row in rows])


@dataclass(frozen=True)
class NgramWriter:
    """Answers with byte n-grams; a token is a byte."""

    model: ByteNgrams
    reading: Reading
    chat: bool

    @classmethod
    def load(cls, folder: Path, artifact: Artifact) -> NgramWriter:
        content = json.loads((folder / FILE).read_bytes())
        return cls(ByteNgrams.load(folder), Reading(tuple(content["prompts"]), content["answer"]), content["chat"])

    def predict(self, rows: pa.Table) -> np.ndarray:
        said = self.reading.said(rows)
        return per_byte(self.model.nats([rendered(each) for each in said]), said)

    longest = None
    vocabulary = 256

    @property
    def chats(self) -> bool:
        return self.chat

    def prompt_ids(self, said: Sequence[Said]) -> list[int]:
        return list(prompt_of(said))

    def requests(self, rows: pa.Table) -> list[Request]:
        return [Request(self.prompt_ids(each), WRITTEN_TOKENS, 0.0, 1.0, 0) for each in self.reading.said(rows)]

    def batch(self, slots: int) -> Batch:
        return Batch(NgramReader(self.model, slots), slots, frozenset(END), [sign[0] for sign in SIGNS if sign != END])

    def unfolding(self) -> Unfolding:
        return Unfolding(lambda ids: bytes(ids).decode("utf-8", "replace"))

    def write(self, rows: pa.Table) -> list[str]:
        """At most `WRITTEN_TOKENS` bytes for each row, always the most probable one."""
        return write_all(self, self.requests(rows))

    def stream(
        self, prompt: str, max_tokens: int = 256, temperature: float = TEMPERATURE, top_p: float = TOP_P, seed: int = 0
    ) -> Iterator[str]:
        ids = self.prompt_ids(read_prompt(prompt, self.chat))
        return write_one(self, Request(ids, max_tokens, temperature, top_p, seed))


class NgramReader:
    """The last bytes of each slot are all that counts."""

    def __init__(self, model: ByteNgrams, slots: int) -> None:
        self.model = model
        self.last = [b""] * slots

    def read(self, slot: int, ids: Sequence[int]) -> np.ndarray:
        self.last[slot] = bytes(ids[-len(self.model.levels) :])
        return np.log(np.maximum(self.model.next(self.last[slot]), 1e-300))

    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        return np.stack([self.read(slot, [*self.last[slot], token]) for slot, token in zip(slots, tokens, strict=True)])
