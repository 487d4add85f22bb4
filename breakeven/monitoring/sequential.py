"""A test that may be looked at any time, and the rows that an ordinary one would need."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

ALPHA = 0.05
FEWEST = 50
"""Of each side, before anything is said: the interval is right for many rows only."""
TUNED_FOR = 1_000.0
"""The interval is shortest after about so many rows of each side."""


def difference(trial: np.ndarray, current: np.ndarray, alpha: float = ALPHA) -> tuple[float, float, float] | None:
    """Mean of `trial` (n,) less that of `current` (m,), with a confidence sequence: the truth lies in all of its
    intervals, at whatever times one looks, with probability 1 - alpha. None before FEWEST rows of each.

    The asymptotic sequence of a normal mixture (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2021,
    arXiv:2103.06476, theorem 2.2), on the difference of two means with its variance for the one of a mean.
    """
    n, m = len(trial), len(current)
    if min(n, m) < FEWEST:
        return None
    variances = [max(float(sample.var(ddof=1)), 0.25 / len(sample)) for sample in (trial, current)]
    error = variances[0] / n + variances[1] / m
    rows = (sum(variances) / 2) / error  # as many rows of one mean would be as sure
    rho2 = (2 * math.log(1 / alpha) + math.log(1 + 2 * math.log(1 / alpha))) / (TUNED_FOR / 2)
    width = math.sqrt(2 * (rows * rho2 + 1) / (rows**2 * rho2) * math.log(math.sqrt(rows * rho2 + 1) / alpha))
    radius = width * math.sqrt(sum(variances) / 2)
    value = float(trial.mean() - current.mean())
    return value, value - radius, value + radius


def rows_needed(rate: float, points: float = 0.02, alpha: float = ALPHA, power: float = 0.8) -> int:
    """Rows of each side that a two-sided test of two shares needs to find `points` around `rate` with that power."""
    spread = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    rate = min(max(rate, 0.01), 0.99)
    return math.ceil(2 * rate * (1 - rate) * (spread / points) ** 2)
