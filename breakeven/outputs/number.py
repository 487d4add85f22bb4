"""The output `number`: one real number. Formulas of the metrics and when to use which: docs/metrics.md.

Shapes: truth (n,), predictions (n, 1). All metrics but R² count in the unit of the answer or its square.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from breakeven.core.errors import DataError
from breakeven.core.words import Message, say
from breakeven.outputs.output import Metric, Output
from breakeven.outputs.scorer import TwoSteps, Weighted, dot, mean_of, ratio

GROUPED = re.compile(r"[+-]?\d{1,3}(?:([,\u00a0\u202f ])\d{3})(?:\1\d{3})*(?:\.\d*)?")
"""Digits in groups of three, all parted by the same comma or space."""


def read_number(text: str | None) -> float:
    """A number as people write it: `12`, `-1.5e3`, `1,234.5`, `1 234.5`; NaN for whatever is not one."""
    if text is None:
        return float("nan")
    text = text.strip()
    if GROUPED.fullmatch(text):
        text = re.sub(r"[,\s]", "", text)
    try:
        value = float(text)
    except ValueError:
        return float("nan")
    return value if isfinite(value) and "_" not in text else float("nan")


def _errors(truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return predictions[:, 0].astype(np.float64) - truth


def _mae(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    return mean_of(np.abs(_errors(truth, predictions)))


def _mse(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    return mean_of(_errors(truth, predictions) ** 2)


def _rmse(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    mse = _mse(truth, predictions)
    return lambda weights: sqrt(mse(weights))


def _r2(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    squares = _errors(truth, predictions) ** 2
    mean = mean_of(truth)

    def of(weights: np.ndarray) -> float:
        spread = dot(weights, (truth - mean(weights)) ** 2)
        return 1.0 - ratio(dot(weights, squares), spread)

    return of


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("rmse", False, TwoSteps(_rmse), say("root mean squared error")),
        Metric("mae", False, TwoSteps(_mae), say("mean absolute error")),
        Metric("mse", False, TwoSteps(_mse), say("mean squared error")),
        Metric("r2", True, TwoSteps(_r2), say("R²")),
    )
}


class Number(Output):
    """One real number. It has no classes: `labels` is always empty."""

    name: ClassVar[str] = "number"

    def describe(self) -> Message:
        return say("a number")

    def metrics(self) -> dict[str, Metric]:
        return METRICS

    def labels(self, values: Sequence[str | None]) -> tuple[str, ...]:
        return ()

    def encode(self, values: Sequence[str | None], labels: tuple[str, ...] = ()) -> np.ndarray:
        """The numbers (n,) float64. Raises DataError, naming the first row, where one cannot be read."""
        truth = np.fromiter((read_number(value) for value in values), np.float64, len(values))
        for row in np.flatnonzero(np.isnan(truth)).tolist():
            raise DataError(
                say("the answer {answer} is not a number", answer=repr((values[row] or "")[:40])),
                say("row {row}", row=row + 1),
                say("write a plain number, or take the row out; {count} rows are like this",
                    count=int(np.isnan(truth).sum())),
            )
        return truth

    def width(self, labels: tuple[str, ...]) -> int:
        return 1

    def decode(self, predictions: np.ndarray, labels: tuple[str, ...]) -> pa.Table:
        """One column, `number`."""
        return pa.table({"number": pa.array(predictions[:, 0].astype(np.float64))})

    def ideal(self, truth: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
        return truth.reshape(-1, 1)

    def wrong(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """The absolute error (n,)."""
        return np.abs(_errors(truth, predictions))

    def shown(self, value: Any, labels: tuple[str, ...]) -> str:
        return f"{float(np.ravel(value)[0]):.6g}"

    def loss(self, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        return _errors(truth, predictions) ** 2


OUTPUT = Number()
