"""The output `text`: a text that the model writes, scored by how probable the model finds what people wrote.

Shapes: truth (n,) is the size of each text in bytes of UTF-8; predictions (n, 1) are its negative log-likelihood in
nats a byte. Counting by the byte makes models with different tokenizers comparable. Where answers were written as well,
predictions are (n, 1 + WRITTEN_WIDTH), with what `written_counts` says of each, NaN where none was. Formulas:
docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from breakeven.core.errors import DataError
from breakeven.core.words import Message, say
from breakeven.outputs.chats import read_said, scored_bytes
from breakeven.outputs.chrf import WIDTH, chrf, chrf_counts
from breakeven.outputs.output import Metric, Output
from breakeven.outputs.scorer import TwoSteps, Weighted, dot, ratio

NATS_PER_BIT = log(2.0)
NAN = float("nan")
MOST_NATS = 700.0
"""Beyond which a perplexity is no number of the machine."""


def _loss(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    """Nats a byte over all texts together: a long text counts by its length."""
    nats = predictions[:, 0].astype(np.float64) * truth
    return lambda weights: ratio(dot(weights, nats), dot(weights, truth))


def _bits(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    loss = _loss(truth, predictions)
    return lambda weights: loss(weights) / NATS_PER_BIT


def _perplexity(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    loss = _loss(truth, predictions)
    return lambda weights: exp(min(loss(weights), MOST_NATS))


WRITTEN_WIDTH = 1 + WIDTH
"""Whether what was written is what people wrote, and its counts for chrF."""


def written_counts(truth: str, written: str) -> np.ndarray:
    """(WRITTEN_WIDTH,) of an answer; white space at its ends, and how much of it stands between words, is no matter."""
    same = truth.split() == written.split()
    return np.concatenate([[float(same)], chrf_counts(truth, written)])


def _written(predictions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The counts (rows, WRITTEN_WIDTH) of the rows that were answered, and which (n,) these are."""
    counts = predictions[:, 1 : 1 + WRITTEN_WIDTH]
    there = np.isfinite(counts).all(axis=1) & (counts.shape[1] == WRITTEN_WIDTH)
    return counts[there], there


def _exact(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    counts, there = _written(predictions)
    return lambda weights: ratio(dot(weights[there], counts[:, 0]), float(weights[there].sum())) if len(counts) else NAN


def _chrf(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    counts, there = _written(predictions)
    return lambda weights: chrf(weights[there] @ counts[:, 1:]) if weights[there].any() else NAN


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("bits_per_byte", False, TwoSteps(_bits), say("bits per byte")),
        Metric("perplexity", False, TwoSteps(_perplexity), say("perplexity a byte")),
        Metric("loss", False, TwoSteps(_loss), say("loss (nats a byte)")),
        Metric("exact_match", True, TwoSteps(_exact), say("exact match"), aim=False),
        Metric("chrf", True, TwoSteps(_chrf), say("chrF"), aim=False),
    )
}


class Text(Output):
    """A text. It has no classes: `labels` is always empty."""

    name: ClassVar[str] = "text"
    reads_answer: ClassVar[bool] = True

    def describe(self) -> Message:
        return say("a text that the model writes")

    def metrics(self) -> dict[str, Metric]:
        return METRICS

    def labels(self, values: Sequence[str | None]) -> tuple[str, ...]:
        return ()

    def encode(self, values: Sequence[str | None], labels: tuple[str, ...] = ()) -> np.ndarray:
        """The sizes in bytes (n,) float64; of a chat, what the assistant says. Raises DataError for a missing text."""
        for row, value in enumerate(values, 1):
            if value is None:
                raise DataError(
                    say("an answer is missing"),
                    say("row {row}", row=row),
                    say("write the text into the row, or take the row out"),
                )
        return np.fromiter((scored_bytes(read_said(value)) for value in values), np.float64, len(values))

    def width(self, labels: tuple[str, ...]) -> int:
        return 1

    def decode(self, predictions: np.ndarray, labels: tuple[str, ...]) -> pa.Table:
        """One column, `bits_per_byte`: how surprising the text of the row is. What is written in answer stands beside
        it, see `answer_rows`."""
        return pa.table({"bits_per_byte": pa.array(predictions[:, 0].astype(np.float64) / NATS_PER_BIT)})

    def ideal(self, truth: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
        return np.zeros((len(truth), 1))

    def wrong(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """How surprising each text is (n,), in nats a byte."""
        return np.where(truth > 0, predictions[:, 0].astype(np.float64), 0.0)

    def shown(self, value: Any, labels: tuple[str, ...]) -> str:
        """Predictions as bits a byte."""
        return f"{float(np.ravel(value)[0]) / NATS_PER_BIT:.3g} bit"

    def loss(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        return predictions[:, 0].astype(np.float64)


OUTPUT = Text()
