"""The contract of an output: coding, decoding and metrics of one kind of answer.

Predictions are a float array (n, width): one column of probabilities a class for labels, one column for a
number, one for how surprising a text is. Truth is an array (n,): class indices (int64, -1 for a class not seen in
training), numbers, or the sizes of the texts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from breakeven.core.words import Message

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Scorer = Callable[["np.ndarray", "np.ndarray", "np.ndarray | None"], float]
"""(truth (n,), predictions (n, width), weights (n,) or None) -> value; NaN where the metric does not exist."""


@dataclass(frozen=True)
class Metric:
    """A metric by its field name; `higher` says whether more is better."""

    name: str
    higher: bool
    score: Scorer
    title: Message
    aim: bool = True
    """Whether it can be a target; one that is known of the release alone cannot."""


class Output(ABC):
    """One kind of answer."""

    name: ClassVar[str]
    reads_answer: ClassVar[bool] = False
    """Whether a model is shown the answer, to say how probable it is. Then the answer is the last of the inputs, files
    may be plain text, and rows are not scored in folds: each holds many predictions."""

    @abstractmethod
    def describe(self) -> Message:
        """What it is, in a sentence."""

    @abstractmethod
    def metrics(self) -> dict[str, Metric]:
        """Its metrics by name, the customary ones first."""

    @abstractmethod
    def labels(self, values: Sequence[str | None]) -> tuple[str, ...]:
        """The classes among training answers in their fixed (sorted) order; empty for an output without classes."""

    @abstractmethod
    def encode(self, values: Sequence[str | None], labels: tuple[str, ...]) -> np.ndarray:
        """Answers as written -> truth (n,). Raises DataError for what cannot be read."""

    @abstractmethod
    def width(self, labels: tuple[str, ...]) -> int:
        """How many columns predictions have."""

    @abstractmethod
    def decode(self, predictions: np.ndarray, labels: tuple[str, ...]) -> pa.Table:
        """Predictions (n, width) -> the columns people get: `label, confidence, score_<label>…` or `number`."""

    def answers(self, predictions: np.ndarray, labels: tuple[str, ...]) -> list[dict[str, Any]]:
        """Predictions (n, width) -> what a program gets for each row: the columns of `decode`, `score_<label>` of them
        together under `scores`."""
        table = self.decode(predictions, labels)
        names = [f"score_{label}" for label in labels]
        plain = table.select([name for name in table.column_names if name not in names]).to_pylist()
        if not names:
            return plain
        scores = zip(*(table.column(name).to_pylist() for name in names), strict=True)
        return [row | {"scores": dict(zip(labels, row_scores, strict=True))}
                for row, row_scores in zip(plain, scores, strict=True)]

    def answer_schema(self, labels: tuple[str, ...]) -> dict[str, Any]:
        """The JSON schema of one of `answers`."""
        import numpy as np

        answer = self.answers(np.full((1, self.width(labels)), 1.0 / self.width(labels)), labels)[0]
        return {"type": "object", "properties": {name: _schema_of(value) for name, value in answer.items()},
                "required": list(answer)}

    @abstractmethod
    def ideal(self, truth: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
        """The predictions (n, width) of a model that is never wrong."""

    @abstractmethod
    def wrong(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """How wrong each answer is (n,): 0 for a right one; the larger, the worse the mistake."""

    @abstractmethod
    def shown(self, value: Any, labels: tuple[str, ...]) -> str:
        """One encoded truth or one row of predictions (width,) as people write it."""

    @abstractmethod
    def loss(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """The training loss of each row (n,): log loss or squared error. What blends and tuning minimise."""


def _schema_of(value: Any) -> dict[str, Any]:
    """The JSON schema of a value as `answers` gives it."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {name: _schema_of(inner) for name, inner in value.items()}}
    return {"type": "string" if isinstance(value, str) else "number"}
