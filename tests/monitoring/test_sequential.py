"""The test that may be looked at daily: few false alarms, planted differences found."""

from __future__ import annotations

import numpy as np
import pytest

from breakeven.monitoring.sequential import FEWEST, difference, rows_needed

DAYS, A_DAY = 60, 200


def ever_sure(chance: np.random.Generator, rates: tuple[float, float]) -> float | None:
    """The day on which a difference of either sign is first sure, looking every evening; None when never."""
    trial, current = (chance.random(DAYS * A_DAY) < rate for rate in rates)
    for day in range(1, DAYS + 1):
        found = difference(trial[: day * A_DAY].astype(float), current[: day * A_DAY].astype(float))
        if found and not found[1] <= 0 <= found[2]:
            return day
    return None


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.98])
def test_two_alike_give_under_five_percent_of_false_alarms(rate: float) -> None:
    chance = np.random.default_rng(5)
    alarms = sum(ever_sure(chance, (rate, rate)) is not None for _ in range(200))
    assert alarms <= 10, f"{alarms} of 200"


@pytest.mark.parametrize(("points", "share"), [(0.02, 0.8), (0.05, 1.0)])
def test_a_planted_gain_is_found(points: float, share: float) -> None:
    chance = np.random.default_rng(6)
    days = [ever_sure(chance, (0.9 + points, 0.9)) for _ in range(40)]
    found = [day for day in days if day is not None]
    assert len(found) >= share * len(days)
    if points == 0.05:
        assert max(found) <= 20


def test_nothing_is_said_of_few_rows() -> None:
    assert difference(np.ones(FEWEST - 1), np.zeros(1000)) is None


def test_rows_of_an_ordinary_test() -> None:
    # the usual formula for 90 % against 92 %: about 3,500 of each side
    assert rows_needed(0.9) == pytest.approx(3532, rel=0.01)
    assert rows_needed(0.9, points=0.01) == pytest.approx(4 * rows_needed(0.9), rel=0.01)
