"""Traffic as figures of the plan: planted volumes and growth are found, and too little is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from breakeven.monitoring.demand import DAYS_A_MONTH, growth_per_month, requests_per_month, traffic_figures
from breakeven.records.project import Demand
from breakeven.records.quantity import Quantity
from breakeven.serving.traffic import TRIAL
from breakeven.stages.releases import audit
from breakeven.store import Store
from tests.monitoring.logs import NOW, write_days


def test_planted_demand_lies_in_its_range_as_often_as_it_should() -> None:
    """Poisson days that grow by a fifth a month, with a weekend: growth within ± √3 errors in at least 85 of 100."""
    rng = np.random.default_rng(5)
    week = np.array([1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5])
    hits = 0
    for _ in range(100):
        rate = 900 * 1.2 ** (np.arange(28) / DAYS_A_MONTH) * np.tile(week, 4)
        found = growth_per_month(rng.poisson(rate))
        assert found is not None
        hits += bool(found.low <= 0.2 <= found.high)
    assert hits >= 85
    steady = [requests_per_month(rng.poisson(700, 28)) for _ in range(100)]
    assert sum(one.low <= 700 * DAYS_A_MONTH <= one.high for one in steady) >= 80


def test_the_first_and_the_last_day_are_not_whole_and_a_quiet_day_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_days(store, [3, *([100] * 6), 0, *([100] * 7), 2])
    found = traffic_figures(store, 60, NOW)
    assert found.days == 14
    assert found.answers == 3 + 13 * 100 + 2
    assert found.requests_per_month.value == pytest.approx(13 / 14 * 100 * DAYS_A_MONTH)
    assert found.growth_per_month is None, "a day without answers has no logarithm"
    assert found.error_share.value == pytest.approx(15 / found.answers)
    assert [line.template.split()[0] for line in found.kept] == ["growth", "quality"]


def test_with_too_little_the_assumption_stays_and_it_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_days(store, [5, 5, 5])
    found = traffic_figures(store, 60, NOW)
    assert found.figures == ()
    assert len(found.kept) == 4


def test_what_a_shadow_was_asked_is_no_demand(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_days(store, [50] * 9)
    alone = traffic_figures(store, 60, NOW)
    write_days(store, [50] * 9, arm=TRIAL)
    both = traffic_figures(store, 60, NOW)
    assert both.answers == 2 * alone.answers, "a canary answers requests of its own"
    audit(store, "shadow", 1, 0)
    assert traffic_figures(store, 60, NOW) == alone


def test_no_project_file_can_call_a_guess_measured() -> None:
    """Even a table in the place of the number is a plain quantity, or refused."""
    with pytest.raises(ValidationError):
        Demand.model_validate({"requests_per_month": {"value": 5, "source": "the traffic log"}})
    read = Demand.model_validate({"requests_per_month": {"value": 5}})
    assert type(read.requests_per_month) is Quantity
