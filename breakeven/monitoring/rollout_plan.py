"""How many rows and days a comparison of two releases takes, at the traffic of today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.monitoring.sequential import POWER, rows_needed, rows_needed_any_time, share_variance
from breakeven.monitoring.users import design_effect
from breakeven.monitoring.window import Window, read_window
from breakeven.records.rollout import RolloutPlan, TestedMetric
from breakeven.stages.releases import current_number, named
from breakeven.store import Store

DAYS = 7
"""Of traffic that are looked at."""
FEWEST = 30
COUNTED: dict[TestedMetric, tuple[str, str]] = {
    "accuracy": ("right", "truths"), "conversion": ("conversions", "answers"), "click": ("clicks", "answers"),
}  # fmt: skip
"""Hits and rows of each share among the counts of a window."""


From = Literal["stated", "traffic", "test rows"]


@dataclass(frozen=True)
class Asked:
    """What a comparison is to find; None is taken from the traffic. `gain` is in the metric's own unit."""

    gain: float
    metric: TestedMetric = "accuracy"
    percent: float = 50.0
    base: float | None = None
    deviation: float | None = None
    rows_per_day: float | None = None
    power: float = POWER


def plan_rollout(store: Store, asked: Asked) -> RolloutPlan:
    """Raises UsageError where the metric of the present release is neither stated nor seen."""
    number = current_number(store)
    release = named(store, number or 0)
    until = datetime.now(UTC)
    window = read_window(store, release.number, until - timedelta(days=DAYS), until)
    base, base_from = _base(asked, window, _tested(asked, release.test.main.metric, release.test.main.value))
    deviation = asked.deviation or _deviation(asked.metric, base, window)
    effect = _design_effect(asked.metric, window)
    share = asked.percent / 100
    uneven = 1 / (4 * share * (1 - share))  # both sides as sure together as two equal ones

    def both(rows_of_one: int) -> int:
        return int(np.ceil(2 * rows_of_one * uneven * effect))

    once = both(rows_needed(deviation**2, asked.gain, power=asked.power))
    any_time = both(rows_needed_any_time(deviation**2, asked.gain, power=asked.power))
    half = both(rows_needed_any_time(deviation**2, asked.gain, power=0.5))
    a_day = asked.rows_per_day or _rows_per_day(asked.metric, window, until)
    return RolloutPlan(
        metric=asked.metric, gain=asked.gain, base=base, base_from=base_from, deviation=deviation,
        percent=asked.percent, power=asked.power, design_effect=effect, rows_once=once, rows_any_time=any_time,
        rows_any_time_half=half, rows_per_day=a_day, days_once=a_day and once / a_day,
        days_any_time=a_day and any_time / a_day, days_any_time_half=a_day and half / a_day,
    )  # fmt: skip


def _tested(asked: Asked, metric: str, value: float | None) -> float | None:
    return value if asked.metric == "accuracy" and metric == "accuracy" else None


def _base(asked: Asked, window: Window, tested: float | None) -> tuple[float, From]:
    """The metric of the release that answers, and where it is from."""
    if asked.base is not None:
        return asked.base, "stated"
    if asked.metric == "reward" and window.rewards[0] >= FEWEST:
        return float(window.rewards[1] / window.rewards[0]), "traffic"
    if asked.metric != "reward":
        hits, rows = (window.total(name) for name in COUNTED[asked.metric])
        if rows >= FEWEST and hits:
            return hits / rows, "traffic"
    if tested is not None:
        return tested, "test rows"
    raise UsageError(
        say("the {metric} of the present release is not known", metric=asked.metric), "--base",
        say("state it with --base, or send feedback to /v1/feedback first"),
    )


def _deviation(metric: TestedMetric, base: float, window: Window) -> float:
    """Of one row. Raises UsageError for a reward of which too little came back."""
    if metric != "reward":
        return float(np.sqrt(share_variance(base)))
    count, total, squares = window.rewards
    if count < FEWEST:
        raise UsageError(
            say("how much rewards differ is not known"), "--deviation",
            say("state their standard deviation with --deviation, or send rewards to /v1/feedback first"),
        )
    return float(np.sqrt(max(squares / count - (total / count) ** 2, 1e-12)))


def _design_effect(metric: TestedMetric, window: Window) -> float:
    """How many times the rows of the same users count less; of rewards that of nothing is known: 1."""
    table = window.users.table()
    if table is None or metric == "reward":
        return 1.0
    hits, rows = COUNTED[metric]
    sums = table.group_by("user").aggregate([(hits, "sum"), (rows, "sum")])
    return design_effect(sums.column(f"{hits}_sum").to_numpy(), sums.column(f"{rows}_sum").to_numpy())


def _rows_per_day(metric: TestedMetric, window: Window, until: datetime) -> float | None:
    """Answers a day of which the metric is known; None where there was no traffic."""
    if window.first is None:
        return None
    days = max((until - window.first) / timedelta(days=1), 1 / 24)
    rows = window.rewards[0] if metric == "reward" else window.total(COUNTED[metric][1])
    return float(rows / days) or None
