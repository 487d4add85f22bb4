"""A release on trial beside the one that answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from breakeven.records.record import MessageRecord, Record

TestedMetric = Literal["accuracy", "conversion", "click", "reward"]


class Difference(Record):
    """A metric of the new release less that of the other, with an interval that may be looked at any time."""

    metric: TestedMetric
    value: float
    low: float
    high: float


class Rollout(Record):
    """`releases/rollout.json`. As a `canary` the new release answers a share of the users; as a `shadow` it is asked
    the same as the other and its answers are only written down. An `ab` test is a canary with an end: it runs until its
    metric is surely better, surely worse, or surely not different by the gain that was hoped for."""

    id: str
    release: int
    beside: int
    """The release that was current when it began."""
    mode: Literal["canary", "shadow", "ab"]
    percent: Annotated[float, Field(gt=0, le=100)]
    started: str
    worse_points: Annotated[float, Field(ge=0)] = 0.0
    """It is taken back when its accuracy is surely lower by more than so many points."""
    slower_times: Annotated[float, Field(gt=1)] = 2.0
    """It is taken back when its p95 is so many times as long."""
    dearer_times: Annotated[float, Field(gt=1)] = 2.0
    """It is taken back when an answer of it costs so many times as much."""
    metric: TestedMetric | None = None
    """What is tested; None: accuracy, conversion and reward, each with a third of the error that is allowed."""
    gain_points: Annotated[float, Field(gt=0)] | None = None
    """Of an `ab` test: the gain that was hoped for; surely less than it ends the test."""
    decides: bool = False
    """An `ab` test that is over promotes or takes back by itself."""


class Arm(Record):
    """What one of the two releases did since the rollout began."""

    release: int
    answers: int
    failures: int
    p95_ms: float | None
    truths: int
    accuracy: float | None
    rewards: int
    reward: float | None
    users: int
    """Named ones; 0 where none was."""
    conversion: float | None
    """None where none of both converted; then it is not asked for."""
    click: float | None
    usd_per_1k: float | None
    """By the unit cost that its run measured, at the demand of both together."""


class Verdict(Record):
    """What the two did, the difference with an interval that may be looked at any time, and what follows."""

    rollout: Rollout
    current: Arm
    trial: Arm
    differences: tuple[Difference, ...]
    """Of every metric of which enough is known."""
    rows_needed: int | None
    """Truths of each that a test with one look would need to find a difference of two points in 80 % of cases."""
    rows_needed_any_time: int | None
    """The same, of this test."""
    broken: tuple[MessageRecord, ...]
    """Why it is taken back; empty while it holds."""
    better: bool
    """It is surely no worse by the points allowed, and may be promoted."""
    ended: Literal["better", "worse", "no gain"] | None = None
    """How an `ab` test ended; None while it runs."""


class RolloutPlan(Record):
    """How many rows and days a comparison of two releases takes."""

    metric: TestedMetric
    gain: float
    """In the metric's own unit; 0.02 is two points of a share."""
    base: float
    """The metric of the release that answers."""
    base_from: Literal["stated", "traffic", "test rows"]
    deviation: float
    """Of one row."""
    percent: float
    power: float
    design_effect: float
    """How many times the rows count less because users ask more than once."""
    rows_once: int
    """Of both sides together, with one look at the end."""
    rows_any_time: int
    """Of both sides together, looking as often as one likes."""
    rows_any_time_half: int
    """The same; half of the trials are over by then."""
    rows_per_day: float | None
    days_once: float | None
    days_any_time: float | None
    days_any_time_half: float | None
