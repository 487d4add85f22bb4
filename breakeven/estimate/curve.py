"""A learning curve over data: y = a + b n^-c through measured points, with an interval, or a refusal.

For a given c the best a and b are linear least squares; c itself is the best of a grid, then of its neighbourhood.
Points of a curve are few, so the interval comes from redrawing the residuals (bootstrap), widened for the three
numbers that were fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breakeven.core.errors import UsageError
from breakeven.core.words import say

Floats = NDArray[np.float64]
LEAST_POINTS = 4
EXPONENTS: Floats = np.geomspace(0.05, 2.0, 181)
"""What c may be. Measured learning curves lie between about 0.1 and 1; a fit at either end has found no curve."""
DRAWS = 400


@dataclass(frozen=True)
class LearningCurve:
    """y = a + b n^-c and `DRAWS` other curves that the points allow, each a row (a, b, c)."""

    a: float
    b: float
    c: float
    draws: Floats

    def at(self, rows: float) -> tuple[float, float, float]:
        """The value expected with `rows` rows and its 80 % interval: (value, low, high)."""
        drawn = self.draws[:, 0] + self.draws[:, 1] * rows ** -self.draws[:, 2]
        value = self.a + self.b * rows**-self.c
        low, high = np.percentile(drawn, (10, 90))
        return value, min(value, float(low)), max(value, float(high))

    def rows_for(self, value: float) -> float | None:
        """How many rows reach a value; None if the curve levels off before it."""
        ratio = (value - self.a) / self.b if self.b else 0.0
        return ratio ** (-1 / self.c) if ratio > 0 else None


def fit_curve(rows: Sequence[float], values: Sequence[float], seed: int = 0) -> LearningCurve:
    """The curve through points (rows, value). Raises UsageError with fewer than 4 sizes, or when there is no curve."""
    n, y = np.asarray(rows, float), np.asarray(values, float)
    _check(n, y)
    at = int(_best(n, y[None, :], EXPONENTS)[2][0])
    if at in (0, len(EXPONENTS) - 1):
        raise UsageError(
            say("these points show no learning curve: the exponent of the fit is at its bound"), "curve",
            say("measure over a wider range of sizes, each several times as large as the one before"),
        )
    a, b, c = _near(n, y, float(EXPONENTS[at - 1]), float(EXPONENTS[at + 1]))
    fitted = a + b * n**-c
    residuals = (y - fitted) * math.sqrt(len(n) / (len(n) - 3))
    drawn = fitted + np.random.default_rng(seed).choice(residuals, (DRAWS, len(n)))
    many_a, many_b, many_at = _best(n, drawn, EXPONENTS)
    return LearningCurve(a, b, c, np.column_stack((many_a, many_b, EXPONENTS[many_at])))


def _near(n: Floats, y: Floats, low: float, high: float) -> tuple[float, float, float]:
    """The best curve between two exponents: a grid of 181 in ever narrower windows."""
    c = low
    for _ in range(4):
        grid = np.linspace(low, high, len(EXPONENTS))
        a, b, at = _best(n, y[None, :], grid)
        c, step = float(grid[at[0]]), float(grid[1] - grid[0])
        low, high = c - step, c + step
    return float(a[0]), float(b[0]), c


def _check(n: Floats, y: Floats) -> None:
    """Enough different sizes, and numbers only."""
    if len(n) != len(y) or not (np.isfinite(n).all() and np.isfinite(y).all() and (n > 0).all()):
        raise UsageError(say("a learning curve needs pairs of a positive size and a value"), "curve", "")
    if len(np.unique(n)) < LEAST_POINTS:
        what = say("{count} sizes are too few for a learning curve", count=len(np.unique(n)))
        raise UsageError(what, "curve", say("measure at {count} sizes or more", count=LEAST_POINTS))


def _best(n: Floats, y: Floats, exponents: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """For each row of `y` (curves, points): a, b and the place of c in `exponents` with the least squared error."""
    powers = n ** -exponents[:, None]
    centred = powers - powers.mean(1, keepdims=True)
    slopes = (y - y.mean(1, keepdims=True)) @ centred.T / (centred**2).sum(1)
    explained = slopes**2 * (centred**2).sum(1)
    at = explained.argmax(1)
    b = slopes[np.arange(len(y)), at]
    return y.mean(1) - b * powers.mean(1)[at], b, at
