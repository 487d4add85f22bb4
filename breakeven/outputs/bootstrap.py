"""How sure a score is: the bootstrap, which scores the rows again as if other rows had been drawn.

Each resample draws as many rows as there are, with replacement; it is kept as counts, the weights of a
scorer. An interval is the middle 95 % of the scores of the resamples (Efron and Tibshirani, An Introduction to
the Bootstrap, 1993, chapter 13). A few metrics (calibration error, macro averages over rare classes) come out
higher or lower on resamples than on the rows themselves; where that bias is more than a quarter of the
standard error (their chapter 10), the interval is moved back by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from breakeven.outputs.output import Metric
from breakeven.outputs.scorer import Weighted, prepared

LEVEL = 0.95
MOST, FEWEST = 500, 200
WORK = 10_000_000
"""Rows times columns times resamples that an interval may cost: more rows need fewer resamples, as their
scores spread less."""
BIAS_THAT_COUNTS = 0.25


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95 % interval; NaN throughout where the value does not exist."""

    value: float
    low: float
    high: float


def resamples_for(rows: int, width: int) -> int:
    """How many resamples are worth their time."""
    return int(np.clip(WORK // max(1, rows * width), FEWEST, MOST))


def draws(rows: int, resamples: int, seed: int = 0, groups: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """The weights (rows,) of each resample. With `groups` (rows,), whole groups are drawn: the rows of one
    customer are not independent of each other, and an interval that takes them so is too narrow."""
    generator = np.random.default_rng(seed)
    members = None if groups is None else np.unique(groups, return_inverse=True)[1]
    units = rows if members is None else int(members.max(initial=-1)) + 1
    for _ in range(resamples):
        counts = np.bincount(generator.integers(0, units, units), minlength=units).astype(np.float64)
        yield counts if members is None else counts[members]


def intervals(metrics: Sequence[Metric], truth: np.ndarray, predictions: np.ndarray, seed: int = 0,
              resamples: int | None = None, groups: np.ndarray | None = None) -> dict[str, Interval]:
    """Each metric with its interval, all on the same resamples."""
    rows, width = predictions.shape
    scorers = [prepared(metric.score, truth, predictions) for metric in metrics]
    if not rows:
        return {metric.name: Interval(*[float("nan")] * 3) for metric in metrics}
    count = resamples or resamples_for(rows, width)
    scores = _scores(scorers, draws(rows, count, seed, groups))
    values = [scorer(np.ones(rows)) for scorer in scorers]
    named = zip(metrics, values, scores.T, strict=True)
    return {metric.name: _interval(value, column, metric) for metric, value, column in named}


def difference(metric: Metric, truth: np.ndarray, these: np.ndarray, others: np.ndarray, seed: int = 0,
               resamples: int | None = None, groups: np.ndarray | None = None) -> Interval:
    """Score of `others` less that of `these`, both predictions (n, width) of the same rows, with its interval.

    It is paired: both are scored on each resample, so what is hard about the rows drawn cancels out.
    """
    rows, width = these.shape
    if not rows:
        return Interval(*[float("nan")] * 3)
    first, second = prepared(metric.score, truth, these), prepared(metric.score, truth, others)
    count = resamples or resamples_for(rows, 2 * width)
    scores = _scores([lambda weights: second(weights) - first(weights)], draws(rows, count, seed, groups))
    return _interval(second(np.ones(rows)) - first(np.ones(rows)), scores[:, 0], None)


def _scores(scorers: Sequence[Weighted], resamples: Iterator[np.ndarray]) -> np.ndarray:
    """(resamples, scorers)."""
    return np.array([[scorer(weights) for scorer in scorers] for weights in resamples])


def _interval(value: float, scores: np.ndarray, metric: Metric | None) -> Interval:
    """The interval of a value from its scores on resamples; those on which it does not exist are left out."""
    scores = scores[~np.isnan(scores)]
    if np.isnan(value) or not len(scores):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(scores, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    bias = scores.mean() - value
    if abs(bias) > BIAS_THAT_COUNTS * scores.std():
        low, high = low - bias, high - bias
        low = low if metric is None or scores.min() < 0 else max(low, 0.0)
        high = min(high, 1.0) if metric is not None and metric.higher else high
    return Interval(value, float(min(low, value)), float(max(high, value)))
