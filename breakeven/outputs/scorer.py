"""A scorer in two steps, so that scoring many resamples costs little more than scoring once.

The first step reads truth and predictions (sorts them, finds the answers); the second takes the weights of
the rows. Weights are counts: a row of weight 3 stands for three equal rows, a row of weight 0 is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Weighted = Callable[[np.ndarray], float]
"""weights (n,) -> value; NaN where the metric does not exist."""


@dataclass(frozen=True)
class TwoSteps:
    """A `Scorer` of the contract whose first step, `prepare`, can be done once for many weights."""

    prepare: Callable[[np.ndarray, np.ndarray], Weighted]

    def __call__(
        self, truth: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None = None
    ) -> float:
        counts = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
        return self.prepare(truth, predictions)(counts)


def prepared(scorer: Callable[..., float], truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    """The second step of any scorer; one that has no first step is called whole each time."""
    if isinstance(scorer, TwoSteps):
        return scorer.prepare(truth, predictions)
    return lambda weights: scorer(truth, predictions, weights)


def mean_of(values: np.ndarray) -> Weighted:
    """The weighted mean of one number a row; NaN of no rows."""
    return lambda weights: ratio(dot(weights, values), float(weights.sum()))


def dot(left: np.ndarray, right: np.ndarray) -> float:
    """The sum of products. Not by BLAS: its threads take longer to start than one sum takes."""
    return float(np.einsum("i,i->", left, right))


def ratio(above: float, below: float) -> float:
    """A quotient; NaN instead of a division by zero."""
    return above / below if below else float("nan")
