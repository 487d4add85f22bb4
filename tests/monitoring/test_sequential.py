"""The test that may be looked at daily: few false alarms, planted differences found."""

from __future__ import annotations

import numpy as np
import pytest

from breakeven.monitoring.sequential import (
    FEWEST,
    Sampled,
    difference,
    rows_needed,
    rows_needed_any_time,
    share_variance,
)

DAYS, A_DAY = 60, 200


def ever_sure(chance: np.random.Generator, rates: tuple[float, float]) -> float | None:
    """The day on which a difference of either sign is first sure, looking every evening; None when never."""
    trial, current = ((chance.random(DAYS * A_DAY) < rate).astype(float) for rate in rates)
    for day in range(1, DAYS + 1):
        found = difference(Sampled(trial[: day * A_DAY]), Sampled(current[: day * A_DAY]))
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
    assert difference(Sampled(np.ones(FEWEST - 1)), Sampled(np.zeros(1000))) is None
    few_users = Sampled(np.ones(1000), np.arange(1000) % 20)
    assert difference(few_users, Sampled(np.zeros(1000))) is None


def test_rows_of_an_ordinary_test() -> None:
    # the usual formula for 90 % against 92 %: about 3,500 of each side
    variance = share_variance(0.9)
    assert rows_needed(variance, 0.02) == pytest.approx(3532, rel=0.01)
    assert rows_needed(variance, 0.01) == pytest.approx(4 * rows_needed(variance, 0.02), rel=0.01)


def test_the_rows_of_the_test_for_every_look_find_the_gain_as_often_as_stated() -> None:
    chance, gain = np.random.default_rng(8), 0.05
    for power in (0.5, 0.8):
        rows = rows_needed_any_time(share_variance(0.875), gain, power=power)
        found = [difference(Sampled((chance.random(rows) < 0.9).astype(float)),
                            Sampled((chance.random(rows) < 0.85).astype(float))) for _ in range(300)]  # fmt: skip
        sure = np.mean([one is not None and one[1] > 0 for one in found])
        assert sure == pytest.approx(power, abs=0.08)
    assert rows_needed_any_time(share_variance(0.9), 0.02) > rows_needed(share_variance(0.9), 0.02)


@pytest.mark.parametrize("aware", [True, False])
def test_users_who_ask_often_do_not_make_it_surer(aware: bool) -> None:
    # each user is nearly always right or nearly always wrong: counted as rows of their own they raise false alarms
    chance, alarms = np.random.default_rng(9), 0
    users = np.repeat(np.arange(120), 40)
    for _ in range(60):
        sides = []
        for _ in range(2):
            lucky = chance.random(120) < 0.8
            values = (chance.random(len(users)) < np.where(lucky[users], 0.95, 0.3)).astype(float)
            sides.append(Sampled(values, users if aware else None))
        found = difference(*sides)
        alarms += found is not None and not found[1] <= 0 <= found[2]
    assert alarms <= 3 if aware else alarms >= 10, alarms
