"""The detector keeps what it promises: false alarms are rarer than stated, shifts are found as soon as stated."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import pytest

from breakeven.monitoring.change import Detector, Side, Usual, rows_to_learn

SHIFT = 0.1
Draw = Callable[[np.random.Generator, float, int], np.ndarray]


def shares(rng: np.random.Generator, mean: float, rows: int) -> np.ndarray:
    return (rng.random(rows) < mean).astype(float)


def means(rng: np.random.Generator, mean: float, rows: int) -> np.ndarray:
    """Between 0 and 1, much steadier than a share."""
    return rng.beta(8 * mean, 8 * (1 - mean), rows)


def learnt(draw: Draw, mean: float, items: float, rng: np.random.Generator) -> Detector:
    detector = Detector(SHIFT, items, two_valued=draw is shares)
    for value in draw(rng, mean, rows_to_learn(SHIFT)):
        detector.add(float(value))
    assert detector.usual is not None
    return detector


@pytest.mark.parametrize("draw", [shares, means])
@pytest.mark.parametrize("mean", [0.08, 0.5, 0.8])
def test_without_a_shift_an_alarm_is_rarer_than_stated(draw: Draw, mean: float) -> None:
    rng, stated, alarms, items = np.random.default_rng(5), 500.0, 0, 0
    for _ in range(8):
        fresh = learnt(draw, mean, stated, rng)
        detector = deepcopy(fresh)
        for value in draw(rng, mean, 6_000):
            items += 1
            if detector.add(float(value)):
                alarms += 1
                detector = deepcopy(fresh)
    assert alarms / items < 1 / stated, f"{alarms} in {items}"


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("draw", "mean"), [(shares, 0.3), (shares, 0.7), (means, 0.5)])
def test_a_shift_of_the_stated_size_is_found_within_the_stated_rows(draw: Draw, mean: float, up: bool) -> None:
    rng, delays, wrong = np.random.default_rng(7), [], []
    fresh = learnt(draw, mean, 10_000, rng)
    assert fresh.usual is not None
    for _ in range(200):
        detector = deepcopy(fresh)
        side = next(side for side in detector.sides if side.up == up)
        after = fresh.usual.mean + (SHIFT if up else -SHIFT)
        rows = draw(rng, after, 4 * side.rows_to_find)
        found = next((place for place, value in enumerate(rows, 1) if detector.add(float(value)) is side), len(rows))
        delays.append(found)
        wrong.append(abs(side.began - found))
    stated = next(side for side in fresh.sides if side.up == up).rows_to_find
    assert np.mean(np.array(delays) <= stated) >= 0.92
    assert np.median(delays) > stated / 4, "the stated rows are not so many that anything is found in them"
    assert np.median(wrong) < np.median(delays) / 2, "when it began is told"


def test_a_larger_shift_is_found_sooner() -> None:
    rng, delays = np.random.default_rng(9), {}
    for shift in (0.1, 0.3):
        found = []
        for _ in range(20):
            detector = learnt(shares, 0.3, 10_000, rng)
            rows = shares(rng, 0.3 + shift, 3_000)
            found.append(next(place for place, value in enumerate(rows) if detector.add(float(value))))
        delays[shift] = np.median(found)
    assert delays[0.3] < delays[0.1] / 2


def test_a_shift_that_cannot_happen_is_not_looked_for() -> None:
    usual = Usual.of([0.0] * 950 + [1.0] * 50, SHIFT)
    assert Side.of(usual, SHIFT, up=False, least=100, two_valued=True) is None
    assert Side.of(usual, SHIFT, up=True, least=100, two_valued=True) is not None
    nothing = Usual.of([0.0] * 700, SHIFT)
    assert Side.of(nothing, SHIFT, up=True, least=100, two_valued=True) is not None


def test_more_false_alarms_are_paid_with_sooner_alarms() -> None:
    usual = Usual.of([0.0, 1.0] * 500, SHIFT)
    rows = [Side.of(usual, SHIFT, True, least, True) for least in (1e3, 1e6)]
    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0].rows_to_find < rows[1].rows_to_find
