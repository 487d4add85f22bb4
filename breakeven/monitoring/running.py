"""What `monitor --watch` keeps of each thing that it follows: its window, its index, its detector."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from breakeven.monitoring.change import Detector, Side, Usual
from breakeven.records.watching import Followed, Index

WEIGHED = 400
"""The exponentially weighted index is as steady as a mean of so many items."""
Z = 1.96
FIRST_NUMBERS = 100
"""By these the range of a number is known."""


@dataclass
class Weighted:
    """An exponentially weighted mean and variance, put right for its beginning."""

    weights: float = 0.0
    squares: float = 0.0
    sum: float = 0.0
    sum_of_squares: float = 0.0

    def add(self, value: float) -> None:
        keep = 1 - 2 / (WEIGHED + 1)
        self.weights = keep * self.weights + 1
        self.squares = keep**2 * self.squares + 1
        self.sum = keep * self.sum + value
        self.sum_of_squares = keep * self.sum_of_squares + value**2

    def index(self, two_valued: bool) -> Index:
        """The mean with its interval of 95 %: Wilson's for shares, at as many rows as the weights are worth."""
        mean, rows = self.sum / self.weights, self.weights**2 / self.squares
        if two_valued:
            middle = (mean + Z**2 / (2 * rows)) / (1 + Z**2 / rows)
            half = Z / (1 + Z**2 / rows) * math.sqrt(max(mean * (1 - mean) / rows + Z**2 / (4 * rows**2), 0.0))
        else:
            variance = max(self.sum_of_squares / self.weights - mean**2, 0.0)
            middle, half = mean, Z * math.sqrt(variance / rows)
        return Index(value=mean, low=middle - half, high=middle + half)


@dataclass
class Series:
    """The share of a label, or the mean of a number, among all items or those that speak of something.

    Numbers are scaled for the detector by the range of the first ones, half as wide again on each side.
    """

    about: str
    label: str
    detector: Detector
    seen: int = 0
    window_rows: int = 0
    window_sum: float = 0.0
    weighted: Weighted = field(default_factory=Weighted)
    scale: tuple[float, float] | None = None
    first: list[float] = field(default_factory=list)

    @property
    def two_valued(self) -> bool:
        return self.detector.two_valued

    def add(self, value: float) -> Side | None:
        """Count a value; the side of the detector that raises an alarm, if one does."""
        self.seen += 1
        self.window_rows += 1
        self.window_sum += value
        self.weighted.add(value)
        if self.two_valued:
            return self.detector.add(value)
        return self._add_number(value)

    def _add_number(self, value: float) -> Side | None:
        if self.scale is None:
            self.first.append(value)
            if len(self.first) < FIRST_NUMBERS:
                return None
            spread = max(self.first) - min(self.first) or 1.0
            self.scale = min(self.first) - spread / 2, max(self.first) + spread / 2
            for early in self.first:
                self.detector.add(self._scaled(early))
            self.first = []
            return None
        return self.detector.add(self._scaled(value))

    def _scaled(self, value: float) -> float:
        low, high = self.scale or (0.0, 1.0)
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def usual(self) -> Usual | None:
        """What is usual, in the values' own unit."""
        found = self.detector.usual
        if found is None or self.scale is None:
            return found
        low, high = self.scale
        width = high - low
        return Usual(low + width * found.mean, low + width * found.low, low + width * found.high,
                     found.variance * width**2)  # fmt: skip

    def followed(self) -> Followed:
        """The window that is over and the index now."""
        usual = self.usual()
        return Followed(
            about=self.about, label=self.label, rows=self.window_rows, seen=self.seen,
            value=self.window_sum / self.window_rows if self.window_rows else None,
            index=self.weighted.index(self.two_valued) if self.seen else None,
            usual=Index(value=usual.mean, low=usual.low, high=usual.high) if usual else None,
        )  # fmt: skip

    def close_window(self) -> None:
        self.window_rows, self.window_sum = 0, 0.0

    def begin_again(self) -> None:
        """Learn anew what is usual."""
        self.detector.begin_again()
        self.scale, self.first = None, []
