"""A shift of a mean in a stream, found one item at a time, with its false alarms and its delay known beforehand.

What is watched lies between 0 and 1. What is usual is learnt from the first rows: a mean with Wilson's interval of
99 %. Each side has a test that multiplies a stake by 1 + bet · (value − bound) at every item, `bound` being the end
of what is usual; as long as the mean, whatever came before, is at most the bound, the stake is not expected to
grow. Their Shiryaev-Roberts sum R_t = (R_{t-1} + 1) · factor_t is then expected to be at most t, so that an alarm at
R ≥ A comes, without a shift, after A items or more on average (Roberts 1966; for means of any bounded values the
e-detectors of Shin, Ramdas and Rinaldo 2023, arXiv:2203.03532). The bet is the one under which the stake grows fastest
for a shift of the stated size; how soon such a shift is found is drawn from the same sum, a thousand times with a seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

SURE_Z = 2.576
"""Of 99 %, both sides."""
FOUND = 0.95
"""So many of all shifts are found within the stated rows."""
DRAWS, MOST_ROWS = 1_000, 20_000
MOST_BET = 0.9
"""Of what would lose the whole stake at once."""


def rows_to_learn(shift: float) -> int:
    """Rows after which what is usual is known to half a shift on each side."""
    return max(200, math.ceil((SURE_Z / shift) ** 2))


@dataclass(frozen=True)
class Usual:
    """The mean of the first rows, its interval and the variance of a value."""

    mean: float
    low: float
    high: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float], shift: float) -> Usual:
        """Of values between 0 and 1 (n,); no closer than a quarter of the shift: that much always wobbles."""
        n, mean, z2 = len(values), float(np.mean(values)), SURE_Z**2
        middle = (mean + z2 / (2 * n)) / (1 + z2 / n)
        half = SURE_Z / (1 + z2 / n) * math.sqrt(mean * (1 - mean) / n + z2 / (4 * n * n))
        low, high = min(middle - half, mean - shift / 4), max(middle + half, mean + shift / 4)
        return cls(mean, max(low, 0.0), min(high, 1.0), max(float(np.var(values)), 1e-4))


@dataclass
class Side:
    """The test of one direction; of a fall, all values are turned round (1 − value)."""

    up: bool
    bound: float
    bet: float
    log_least: float
    """The logarithm of the sum at which it is an alarm."""
    rows_to_find: int
    log_sum: float = -math.inf
    run: float = 0.0
    """The sum of logarithms since the last item that spoke for no shift (Page 1954); tells when it began."""
    began: int = 0
    """Items since then."""

    @classmethod
    def of(cls, usual: Usual, shift: float, up: bool, least: float, two_valued: bool) -> Side | None:
        """None where no shift of this size can happen or be found on this side."""
        after = usual.mean + shift if up else 1 - usual.mean + shift
        bound = usual.high if up else 1 - usual.low
        if after >= 1 or bound >= after or bound <= 0:
            return None
        variance = after * (1 - after) if two_valued else usual.variance
        gap = after - bound
        bet = gap / (bound * (1 - bound)) if two_valued else gap / (variance + gap**2)
        bet = min(bet, MOST_BET / bound)
        rows = _rows_to_find(after, bound, bet, least, None if two_valued else variance)
        return cls(up, bound, bet, math.log(least), rows) if rows else None

    def add(self, value: float) -> bool:
        """Count a value; True is an alarm."""
        step = math.log1p(self.bet * ((value if self.up else 1 - value) - self.bound))
        before = self.log_sum
        self.log_sum = max(before, 0.0) + math.log1p(math.exp(-abs(before))) + step
        self.run = max(self.run, 0.0) + step
        self.began = 0 if self.run <= 0 else self.began + 1
        return self.log_sum >= self.log_least


def _rows_to_find(after: float, bound: float, bet: float, least: float, variance: float | None) -> int | None:
    """Rows within which 95 of 100 shifts to the mean `after` are found; None where that takes too many.

    Values are 0 and 1, or with a `variance` those of a normal distribution cut off at 0 and 1.
    """
    rng, total = np.random.default_rng(0), np.zeros(DRAWS)
    found = np.zeros(DRAWS, bool)
    for row in range(1, MOST_ROWS + 1):
        if variance is None:
            values = (rng.random(DRAWS) < after).astype(float)
        else:
            values = np.clip(rng.normal(after, math.sqrt(variance), DRAWS), 0, 1)
        total = np.minimum((total + 1) * (1 + bet * (values - bound)), least)
        found |= total >= least
        if found.mean() >= FOUND:
            return row
    return None


@dataclass
class Detector:
    """Learns what is usual, then tests both sides. `items_a_false_alarm` bounds false alarms of both together."""

    shift: float
    items_a_false_alarm: float
    two_valued: bool = True
    learnt: list[float] = field(default_factory=list)
    usual: Usual | None = None
    sides: list[Side] = field(default_factory=list)

    def add(self, value: float) -> Side | None:
        """Count a value between 0 and 1; the side that raises an alarm, if one does."""
        if self.usual is None:
            self.learnt.append(value)
            if len(self.learnt) >= rows_to_learn(self.shift):
                self._begin()
            return None
        alarms = [side for side in self.sides if side.add(value)]
        return alarms[0] if alarms else None

    def _begin(self) -> None:
        usual = self.usual = Usual.of(self.learnt, self.shift)
        least = 2 * self.items_a_false_alarm
        sides = (Side.of(usual, self.shift, up, least, self.two_valued) for up in (True, False))
        self.sides = [side for side in sides if side]
        self.learnt = []

    def begin_again(self) -> None:
        """Learn anew what is usual: after an alarm, or when another release answers."""
        self.learnt, self.usual, self.sides = [], None, []
