"""A release on trial beside the one that answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from breakeven.records.record import MessageRecord, Record


class Rollout(Record):
    """`releases/rollout.json`. As a `canary` the new release answers a share of the users; as a `shadow` it is asked
    the same as the other and its answers are only written down."""

    id: str
    release: int
    beside: int
    """The release that was current when it began."""
    mode: Literal["canary", "shadow"]
    percent: Annotated[float, Field(gt=0, le=100)]
    started: str
    worse_points: Annotated[float, Field(ge=0)] = 0.0
    """It is taken back when its accuracy is surely lower by more than so many points."""
    slower_times: Annotated[float, Field(gt=1)] = 2.0
    """It is taken back when its p95 is so many times as long."""


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


class Verdict(Record):
    """What the two did, the difference with an interval that may be looked at any time, and what follows."""

    rollout: Rollout
    current: Arm
    trial: Arm
    difference: float | None
    """Accuracy of the new one less that of the other; by rewards where no truth came back."""
    low: float | None
    high: float | None
    rows_needed: int | None
    """Truths of each that an ordinary test would need to find a difference of two points in 80 % of cases."""
    broken: tuple[MessageRecord, ...]
    """Why it is taken back; empty while it holds."""
    better: bool
    """It is surely no worse by the points allowed, and may be promoted."""
