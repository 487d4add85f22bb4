"""A prediction with its 80 % interval: log-normal, so that it is never negative and factors add up."""

from __future__ import annotations

import math
from dataclasses import dataclass

P90 = 1.2815515655446004
"""The 90th percentile of the standard normal distribution: an 80 % interval reaches this many sigmas either way."""


@dataclass(frozen=True)
class Estimate:
    """A predicted value with its 10th and 90th percentile; all three in the same unit, all positive."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.value <= self.high < math.inf:
            raise ValueError(f"an estimate needs 0 <= low <= value <= high, not {self}")

    @classmethod
    def of(cls, value: float, sigma: float) -> Estimate:
        """`value` as the median of a log-normal whose logarithm has the standard deviation `sigma`."""
        factor = math.exp(P90 * sigma)
        return cls(value, value / factor, value * factor)

    @classmethod
    def exactly(cls, value: float) -> Estimate:
        """A value without doubt (a count, a product of given numbers)."""
        return cls(value, value, value)

    @property
    def sigma(self) -> float:
        """The standard deviation of the logarithm; 0 of an exact value."""
        return math.log(self.high / self.low) / (2 * P90) if self.low > 0 else 0.0

    def scaled(self, factor: float) -> Estimate:
        """The estimate times a number that is known exactly."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)

    def times(self, other: Estimate) -> Estimate:
        """The product of two independent estimates: their sigmas add as squares."""
        return Estimate.of(self.value * other.value, math.hypot(self.sigma, other.sigma))

    def over(self, other: Estimate) -> Estimate:
        """The quotient of two independent estimates."""
        return Estimate.of(self.value / other.value, math.hypot(self.sigma, other.sigma))
