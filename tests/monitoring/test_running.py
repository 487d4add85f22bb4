"""What a watch keeps of each thing: an index whose interval holds, numbers in their own unit, a state that goes on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from breakeven.core.errors import UsageError
from breakeven.monitoring.change import Detector, rows_to_learn
from breakeven.monitoring.running import FIRST_NUMBERS, Series, Weighted
from breakeven.monitoring.watch import promise_of
from breakeven.monitoring.watch_state import series_from, series_kept, series_of
from breakeven.records.artifact import Artifact


def share() -> Series:
    return Series("", "good", Detector(0.2, 1_000))


def number() -> Series:
    return Series("", "", Detector(0.2, 1_000, two_valued=False))


@pytest.mark.parametrize("two_valued", [True, False])
def test_the_interval_of_the_index_holds_the_truth(two_valued: bool) -> None:
    rng, held, looks = np.random.default_rng(3), 0, 200
    for _ in range(looks):
        weighted = Weighted()
        values = rng.random(900) < 0.2 if two_valued else rng.normal(7, 3, 900)
        for value in values:
            weighted.add(float(value))
        index = weighted.index(two_valued)
        held += index.low <= (0.2 if two_valued else 7) <= index.high
    assert 0.91 <= held / looks <= 0.99


def test_the_index_follows_and_an_early_one_is_wide() -> None:
    weighted = Weighted()
    weighted.add(1.0)
    assert weighted.index(True).low < 0.3
    for _ in range(2_000):
        weighted.add(0.0)
    assert weighted.index(True).value < 0.01


def test_a_number_is_told_in_its_own_unit_and_its_shift_is_found() -> None:
    rng, series = np.random.default_rng(4), number()
    for value in rng.normal(1_000, 30, FIRST_NUMBERS + rows_to_learn(0.2)):
        assert series.add(float(value)) is None
    promise = promise_of(series)
    assert promise.usual.low < 1_000 < promise.usual.high
    assert promise.up_to is not None
    assert 1_020 < promise.up_to < 1_120
    assert promise.up_rows is not None
    found = next(place for place, value in enumerate(rng.normal(promise.up_to, 30, 2_000)) if series.add(float(value)))
    assert found <= 2 * promise.up_rows


@pytest.mark.parametrize("make", [share, number])
@pytest.mark.parametrize("cut", [20, 150, 500])
def test_a_series_that_was_kept_goes_on_as_if_nothing_had_been(make: object, cut: int) -> None:
    assert callable(make)
    rng, whole, first = np.random.default_rng(5), make(), make()
    values = [float(value) for value in (rng.random(900) < 0.3)]
    for value in values[:cut]:
        whole.add(value)
        first.add(value)
    second = series_from(json.loads(json.dumps(series_kept(first))))
    told = [(whole.add(value) is None, second.add(value) is None) for value in values[cut:]]
    assert all(one == other for one, other in told)
    assert series_kept(second) == series_kept(whole)


def test_the_false_alarms_are_shared_out() -> None:
    artifact = Artifact.model_construct(labels=("a", "b", "c"))
    assert len(series_of(artifact, (), (), 0.1, 1_000)) == 3
    six = series_of(artifact, (), ("x", "y"), 0.1, 1_000)
    assert {series.detector.items_a_false_alarm for series in six} == {6_000}
    with pytest.raises(UsageError, match="no label z"):
        series_of(artifact, ("z",), (), 0.1, 1_000)
