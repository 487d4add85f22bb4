"""The test for every look, looked at every evening: false alarms of two equal releases, and the days to a gain."""

from __future__ import annotations

from typing import Any

import numpy as np

from breakeven.monitoring.sequential import (
    Sampled,
    difference,
    rows_needed,
    rows_needed_any_time,
    share_variance,
)

TRIALS, DAYS, A_DAY = 400, 60, 400
"""Rollouts, evenings, and truths of each side a day."""


def measure() -> list[dict[str, Any]]:
    """One record a pair of rates: how many of the trials were ever sure, and after how many days."""
    found = [_of(name, *rates) for name, *rates in (
        ("equal, 90 %", 0.9, 0.9), ("equal, 50 %", 0.5, 0.5), ("equal, conversion 4 %", 0.04, 0.04),
        ("+2 points from 90 %", 0.9, 0.92), ("+2 points from 80 %", 0.8, 0.82), ("−2 points from 90 %", 0.9, 0.88),
        ("conversion 4 % to 6 %", 0.04, 0.06),
    )]  # fmt: skip
    return [*found, _of("equal, 80 %, users of 5 answers each", 0.8, 0.8, users=5)]


def _of(name: str, before: float, after: float, users: int = 0) -> dict[str, Any]:
    chance = np.random.default_rng(21)
    days = [_first_sure(chance, before, after, users) for _ in range(TRIALS if not users else TRIALS // 2)]
    sure = [day for day in days if day is not None]
    gain = abs(after - before)
    variance = share_variance((before + after) / 2)
    return {
        "part": "ab", "what": name, "trials": len(days), "sure": len(sure) / len(days),
        "median_days": float(np.median(sure)) if sure and gain else None,
        "rows_once": rows_needed(variance, gain) if gain else None,
        "rows_any_time": rows_needed_any_time(variance, gain) if gain else None,
        "rows_any_time_half": rows_needed_any_time(variance, gain, power=0.5) if gain else None,
    }  # fmt: skip


def _first_sure(chance: np.random.Generator, before: float, after: float, users: int) -> int | None:
    sides = [_values(chance, rate, users) for rate in (after, before)]
    for day in range(1, DAYS + 1):
        rows = day * A_DAY
        found = difference(*(Sampled(values[:rows], None if who is None else who[:rows]) for values, who in sides))
        if found and not found[1] <= 0 <= found[2]:
            return day
    return None


def _values(chance: np.random.Generator, rate: float, users: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows; where users ask several times, each has a rate of its own around the common one."""
    rows = DAYS * A_DAY
    if not users:
        return (chance.random(rows) < rate).astype(float), None
    whose = chance.permutation(np.arange(rows) // users)
    rates = chance.beta(rate * 2, (1 - rate) * 2, rows // users + 1)
    return (chance.random(rows) < rates[whose]).astype(float), whose
