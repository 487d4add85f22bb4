"""Draws of the figures that have a range.

    uniform      low + (high − low) × u
    log-normal   value × (high ÷ value)^(z ÷ z90) above the middle, value × (value ÷ low)^(z ÷ z90) below it,
                 z the standard normal of u and z90 = 1.2816 that of 0.9: P10, P50 and P90 are low, value and high

A figure is drawn once, wherever the plan uses it; different figures are drawn independently of each other.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from breakeven.core.figure import Provenance
from breakeven.plan.lattice import points
from breakeven.plan.replay import Draws
from breakeven.records.ledger import Ledger
from breakeven.records.record import FigureRecord

Z90 = NormalDist().inv_cdf(0.9)


def ranged(ledger: Ledger) -> list[int]:
    """The numbers of the leaves that have a range of some width."""
    return [number for number, entry in enumerate(ledger.entries) if not entry.parts and has_range(entry.figure)]


def exact(ledger: Ledger) -> list[int]:
    """The numbers of the assumed leaves without a range: taken as exact, though they are only assumed."""
    return [
        number for number, entry in enumerate(ledger.entries)
        if not entry.parts and entry.figure.provenance is Provenance.ASSUMED and not has_range(entry.figure)
    ]


def has_range(figure: FigureRecord) -> bool:
    return figure.low is not None and figure.high is not None and figure.low < figure.high


def drawn(ledger: Ledger, numbers: list[int], draws: int, seed: int) -> dict[int, Draws]:
    """Draws of those leaves, each (draws,) in the leaf's own unit. `draws` is a power of two."""
    chances = points(len(numbers), draws, seed)
    return {n: quantile(ledger.entries[n].figure, chance) for n, chance in zip(numbers, chances, strict=True)}


def quantile(figure: FigureRecord, chance: Draws) -> Draws:
    """The values of a figure with a range below which it stays with these chances (between 0 and 1)."""
    low, high = float(figure.low or 0.0), float(figure.high or 0.0)
    if figure.spread == "uniform":
        return low + (high - low) * chance
    normal = NormalDist()
    z = np.array([normal.inv_cdf(float(each)) for each in chance])
    width = np.where(z > 0, math.log(high / figure.value), math.log(figure.value / low)) / Z90
    return figure.value * np.exp(z * width)
