"""The output `label`: one of N classes, with a probability for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from breakeven.core.errors import DataError
from breakeven.core.words import Message, say
from breakeven.outputs.label_metrics import METRICS, answers, confidences, log_losses
from breakeven.outputs.output import Metric, Output

NEVER_SEEN = "—"
"""How a class that training never saw is shown where its name is not at hand."""


class Label(Output):
    """One of N classes. Truth is the class index, -1 for a class that is not among the labels."""

    name: ClassVar[str] = "label"

    def describe(self) -> Message:
        return say("one of several labels, with a probability for each")

    def metrics(self) -> dict[str, Metric]:
        return METRICS

    def labels(self, values: Sequence[str | None]) -> tuple[str, ...]:
        return tuple(sorted({value for value in values if value is not None}))

    def encode(self, values: Sequence[str | None], labels: tuple[str, ...]) -> np.ndarray:
        """Class indices (n,) int64. Raises DataError, naming the first row, where an answer is missing."""
        index: dict[str | None, int] = {label: number for number, label in enumerate(labels)}
        truth = np.fromiter((index.get(value, -1) for value in values), np.int64, len(values))
        for row in np.flatnonzero(truth < 0).tolist():
            if values[row] is None:
                raise DataError(
                    say("an answer is missing"),
                    say("row {row}", row=row + 1),
                    say("write the label into the row, or take the row out"),
                )
        return truth

    def width(self, labels: tuple[str, ...]) -> int:
        return len(labels)

    def decode(self, predictions: np.ndarray, labels: tuple[str, ...]) -> pa.Table:
        """`label`, `confidence` and one `score_<label>` a class."""
        columns = {
            "label": pa.array(labels, pa.string()).take(pa.array(answers(predictions))),
            "confidence": pa.array(confidences(predictions)),
        }
        scores = np.ascontiguousarray(predictions.T, dtype=np.float64)
        columns |= {f"score_{label}": pa.array(scores[i]) for i, label in enumerate(labels)}
        return pa.table(columns)

    def answers(self, predictions: np.ndarray, labels: tuple[str, ...]) -> list[dict[str, Any]]:
        """As the contract says, without the table between: it is most of the work of a single answer."""
        best, sure = answers(predictions).tolist(), confidences(predictions).tolist()
        scores = predictions.astype(np.float64, copy=False).tolist()
        return [{"label": labels[place], "confidence": confidence, "scores": dict(zip(labels, row, strict=True))}
                for place, confidence, row in zip(best, sure, scores, strict=True)]  # fmt: skip

    def ideal(self, truth: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
        return np.eye(len(labels))[truth]

    def wrong(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """The confidence of a wrong answer (n,): who errs surely errs worst."""
        return np.where(answers(predictions) == truth, 0.0, np.maximum(confidences(predictions), 1e-12))

    def shown(self, value: Any, labels: tuple[str, ...]) -> str:
        index = int(value) if np.ndim(value) == 0 else int(np.argmax(value))
        return labels[index] if index >= 0 else NEVER_SEEN

    def loss(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        return log_losses(truth, predictions)


OUTPUT = Label()
