"""A test that may be looked at any time, and the rows that it and an ordinary one need."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

ALPHA = 0.05
POWER = 0.8
FEWEST = 50
"""Rows of each side, before anything is said: the interval is right for many rows only."""
FEWEST_USERS = 30
"""Of each side, where rows belong to users."""
TUNED_FOR = 1_000.0
"""The interval is shortest after about so many rows of each side."""


@dataclass(frozen=True)
class Sampled:
    """What was seen of one release: a value a row (n,), and whose row it is (n,) int; None: all of different users."""

    values: np.ndarray
    users: np.ndarray | None = None

    def enough(self) -> bool:
        if len(self.values) < FEWEST:
            return False
        return self.users is None or len(np.unique(self.users)) >= FEWEST_USERS

    def variance(self) -> float:
        """Of a row; never quite 0, as if half a row were otherwise."""
        return max(float(self.values.var(ddof=1)), 0.25 / len(self.values))

    def error(self) -> float:
        """The variance of the mean. Rows of one user resemble each other: then it is that of a ratio over users (the
        delta method, Deng, Knoblich and Lu 2018), and at least that of independent rows."""
        plain = self.variance() / len(self.values)
        if self.users is None:
            return plain
        _, of = np.unique(self.users, return_inverse=True)
        off = np.bincount(of, self.values - self.values.mean())
        return max(plain, float((off**2).sum()) * len(off) / (len(off) - 1) / len(self.values) ** 2)


def difference(trial: Sampled, current: Sampled, alpha: float = ALPHA) -> tuple[float, float, float] | None:
    """Mean of `trial` less that of `current`, with a confidence sequence: the truth lies in all of its intervals, at
    whatever times one looks, with probability 1 - alpha. None before there are enough rows and users of each.

    The asymptotic sequence of a normal mixture (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2021,
    arXiv:2103.06476, theorem 2.2), on the difference of two means with its variance for the one of a mean.
    """
    if not (trial.enough() and current.enough()):
        return None
    variance = (trial.variance() + current.variance()) / 2
    rows = variance / (trial.error() + current.error())  # as many rows of one mean would be as sure
    radius = width(rows, alpha) * math.sqrt(variance)
    value = float(trial.values.mean() - current.values.mean())
    return value, value - radius, value + radius


def width(rows: float, alpha: float = ALPHA) -> float:
    """Half of the interval after so many rows, in standard deviations of a row."""
    rho2 = (2 * math.log(1 / alpha) + math.log(1 + 2 * math.log(1 / alpha))) / (TUNED_FOR / 2)
    return math.sqrt(2 * (rows * rho2 + 1) / (rows**2 * rho2) * math.log(math.sqrt(rows * rho2 + 1) / alpha))


# --- how many rows it takes


def share_variance(rate: float) -> float:
    """Of one row of a share."""
    rate = min(max(rate, 0.01), 0.99)
    return rate * (1 - rate)


def rows_needed(variance: float, gain: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Rows of each of two equal sides that a test with one look at the end needs: 2 v ((z(1-α/2) + z(power)) / gain)²,
    two-sided (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed., chapter 4)."""
    spread = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    return math.ceil(2 * variance * (spread / gain) ** 2)


def rows_needed_any_time(variance: float, gain: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Rows of each of two equal sides after which the test for every look has found the gain with that power.

    The interval must have left 0: width(n/2) sd + z(power) sd √(2/n) ≤ gain. Half of the trials end where the width
    alone is the gain, which is `power=0.5`.
    """
    z, deviation = float(stats.norm.ppf(power)), math.sqrt(variance)
    low, high = 1.0, 2.0

    def found(rows: float) -> bool:
        return width(rows / 2, alpha) * deviation + z * deviation * math.sqrt(2 / rows) <= gain

    while not found(high):
        low, high = high, 2 * high
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return max(FEWEST, math.ceil(high))
