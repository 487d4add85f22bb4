"""What a day of answers costs, beside the plan, and when the machines are full."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from breakeven.core.figure import measured
from breakeven.monitoring.window import Window
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.release import Release
from breakeven.records.run import Run, Rung
from breakeven.store import Store

DAYS_A_MONTH = 365.25 / 12
FEWEST_DAYS = 7
"""Of traffic, before a growth is told."""


@dataclass(frozen=True)
class Costs:
    """The fields of Health about money and capacity; None is not known."""

    usd_per_day: float | None = None
    planned_usd_per_day: float | None = None
    usd_per_1k: float | None = None
    busy: float | None = None
    days_to_full: float | None = None


def rung_of(store: Store, release: Release) -> tuple[Run, Rung] | None:
    """The run that made a release, and its rung; None when they are not here any more."""
    run = store.read(Run, store.run_folder(release.run) / "run.json")
    rung = next((rung for rung in run.rungs if rung.name == release.candidate), None) if run else None
    return (run, rung) if run and rung else None


def usd_per_day(rung: Rung, per_day: float) -> float | None:
    """What so many answers a day cost by the unit cost that the run measured."""
    if rung.cost is None:
        return None
    asked = measured(per_day * DAYS_A_MONTH, "request/month", "requests a month", "the traffic log")
    return UnitFigures.of(rung.cost.unit).usd_per_month(asked).to("usd/month") / DAYS_A_MONTH


def costs_of(store: Store, release: Release, per_day: float, window: Window) -> Costs:
    """Money and capacity at the demand that was seen."""
    made = rung_of(store, release)
    if made is None or made[1].cost is None or window.last is None:
        return Costs()
    run, rung = made
    day = usd_per_day(rung, per_day)
    busy, days = _capacity(rung, per_day, window)
    return Costs(day, _planned(run, release, window.last), day and 1e3 * day / per_day, busy, days)


def _planned(run: Run, release: Release, last: datetime) -> float | None:
    month = int((last - datetime.fromisoformat(release.created)).days / DAYS_A_MONTH)
    if run.plan is None or month >= len(run.plan.months):
        return None
    return run.plan.months[month].values["serving"] / DAYS_A_MONTH


def _capacity(rung: Rung, per_day: float, window: Window) -> tuple[float | None, float | None]:
    """The share of an hour's capacity that the busiest hour took, and the days until a day takes all of a day's."""
    assert rung.cost is not None
    unit = UnitFigures.of(rung.cost.unit)
    asked = measured(per_day * DAYS_A_MONTH, "request/month", "requests a month", "the traffic log")
    machines = unit.machines(asked)
    if machines is None or unit.capacity is None:
        return None, None
    an_hour = unit.capacity.to("request/machine/month") * machines.value / (DAYS_A_MONTH * 24)
    return max(window.hours.values()) / an_hour, _days_to_full(window.days, an_hour * 24)


def _days_to_full(days: dict[date, Counter[str]], a_day: float) -> float | None:
    """Days until the answers of a day reach `a_day`, by the trend of their logarithm over whole days."""
    whole = sorted(days)[:-1]  # today is not over
    counts = np.array([days[day]["answers"] for day in whole], float)
    if len(counts) < FEWEST_DAYS:
        return None
    growth = float(np.polyfit(np.arange(len(counts)), np.log(counts), 1)[0])
    if growth <= 1e-4:
        return None
    return max(0.0, float(np.log(a_day / counts[-1]) / growth))
