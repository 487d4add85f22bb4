"""What `monitor` found: drift, quality, latency and money of a release in some days of traffic."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import MessageRecord, Record


class Shift(Record):
    """One thing that was compared with what the release was tested on.

    `effect` lies between 0 (the same) and 1 (nothing in common); `p` is corrected for the number of comparisons. It is
    an alarm only where the effect is large *and* sure: with enough rows any small difference is sure.
    """

    kind: Literal["answer", "confidence", "column", "text"]
    name: str
    effect: float
    p: float
    rows: int
    alarm: bool
    before: MessageRecord
    now: MessageRecord


class Estimate(Record):
    """A share with its interval of 95 %, from so many rows."""

    value: float
    low: float
    high: float
    rows: int


class Health(Record):
    """All of it. None is not known, and `unknown` says why."""

    release: int
    since: str
    until: str
    answers: int
    per_day: float
    p50_ms: float | None
    p95_ms: float | None
    shifts: tuple[Shift, ...]
    expected_accuracy: Estimate | None
    """By the confidence of the answers alone, no truth needed."""
    accuracy: Estimate | None
    """By the truth that came back."""
    tested_accuracy: float | None
    reward: float | None
    """The mean of the rewards that came back."""
    usd_per_day: float | None
    planned_usd_per_day: float | None
    usd_per_1k: float | None
    busy: float | None
    """The share of the planned capacity of the machines that the busiest hour took."""
    days_to_full: float | None
    """At the present growth, until the machines are full; None: no growth, or not known."""
    alarms: tuple[MessageRecord, ...]
    unknown: tuple[MessageRecord, ...]
