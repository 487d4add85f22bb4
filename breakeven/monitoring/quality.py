"""How good the answers still are: by the truth that came back, and by their own confidence where none did."""

from __future__ import annotations

import math

import numpy as np

from breakeven.records.health import Estimate

FEWEST = 30
ALARM_POINTS = 0.02
"""An accuracy that is surely so much below the tested one is an alarm."""


def accuracy(right: int, rows: int) -> Estimate | None:
    """The share of right answers with Wilson's interval of 95 %; None when fewer than FEWEST came back."""
    if rows < FEWEST:
        return None
    low, high = wilson(right / rows, rows)
    return Estimate(value=right / rows, low=low, high=high, rows=rows)


def wilson(share: float, rows: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval (1927) of a share; `rows` may be an effective number."""
    middle = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z / (1 + z**2 / rows) * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def expected_accuracy(confidence: np.ndarray, tested: np.ndarray, tested_right: np.ndarray, elsewhere: float = 0.0,
                      classes: int = 2) -> Estimate | None:  # fmt: skip
    """The accuracy to be expected of answers of this confidence, n ≥ FEWEST.

    Average confidence, put right by what confidence was worth on the tested rows: the tested rows are weighted so that
    their confidence is distributed as it is now (ten equal bins); their accuracy under these weights is the estimate.
    It sees rows that got harder. It cannot see answers that are sure and wrong, and of rows unlike any before models
    are often too sure (Ovadia et al. 2019; here: docs/monitoring.md). Therefore the interval is that of both samples,
    and reaches further down: of the share of rows that is surely `elsewhere` now, every one may be answered no better
    than by chance, 1 / classes. `tested_right` (m,) tells which tested answers were right.
    """
    if min(len(confidence), len(tested)) < FEWEST:
        return None
    edges = np.quantile(tested, np.linspace(0, 1, 11)[1:-1])
    bins_now, bins_then = np.searchsorted(edges, confidence), np.searchsorted(edges, tested)
    value, variance = 0.0, 0.0
    shares = np.bincount(bins_now, minlength=10) / len(confidence)
    overall = float(tested_right.mean())
    by_bin = np.zeros(10)
    for number, share in enumerate(shares):
        here = tested_right[bins_then == number]
        by_bin[number] = here.mean() if len(here) else overall
        rows = max(len(here), 1)
        wobble = max(by_bin[number] * (1 - by_bin[number]), 0.25 / rows)
        value += share * by_bin[number]
        variance += share**2 * wobble / rows
    variance += float((shares * by_bin**2).sum() - value**2) / len(confidence)
    spread = 1.96 * float(np.sqrt(max(variance, 0.0)))
    unseen = elsewhere * max(0.0, value - 1 / max(2, classes))
    low, high = max(0.0, value - spread - unseen), min(1.0, value + spread)
    return Estimate(value=float(value), low=low, high=high, rows=len(confidence))
