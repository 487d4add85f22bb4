"""What `monitor` found: drift, quality, latency and money of a release in some days of traffic."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import MessageRecord, Record


class WordShift(Record):
    """A word or a pair of words, and the share of the texts that have it; `p` is corrected for all words."""

    word: str
    before: float
    now: float
    p: float


class Shift(Record):
    """One thing that was compared with what the release was tested on.

    `effect` lies between 0 (the same) and 1 (nothing in common); `p` is corrected for the number of comparisons. It is
    an alarm only where the effect is large *and* sure: with enough rows any small difference is sure.
    """

    kind: Literal["answer", "confidence", "column", "text", "cells", "words", "inputs"]
    name: str
    effect: float
    p: float
    rows: int
    alarm: bool
    before: MessageRecord
    now: MessageRecord
    note: MessageRecord | None = None
    """What may be behind it."""
    words: tuple[WordShift, ...] = ()
    """The words that moved most, of a comparison of words."""


class Estimate(Record):
    """A share or a mean with its interval of 95 %, from so many rows."""

    value: float
    low: float
    high: float
    rows: int


class Period(Record):
    """The accuracy of a day or a week, by the truth that came back; `begins` is its first day, ISO."""

    kind: Literal["day", "week"]
    begins: str
    answers: int
    accuracy: Estimate | None


class SliceQuality(Record):
    """The accuracy where a column has one value, lies in a quarter of its range, or the true class is `value`."""

    column: str
    value: str
    accuracy: Estimate


class UserMetrics(Record):
    """What users do with the answers. A figure of which nothing, or too little, came back is None."""

    users: int | None
    daily_users: float | None
    """Users of a whole day, the mean."""
    stickiness: Estimate | None
    """The share of all users who come on a day: daily over monthly users when a month is looked at."""
    click_through: Estimate | None
    """Answers that were clicked, of all."""
    conversion: Estimate | None
    """Answers that led to what was wanted, of all."""
    satisfaction: Estimate | None
    """Likes, of likes and dislikes."""


class Energy(Record):
    """What a day of answering takes, estimated: never measured here."""

    kwh_per_day: float
    low: float
    high: float
    busy_share: float
    """Of the hours of its cores in which a machine works."""
    source: str
    """Whose watts these are."""


class Health(Record):
    """All of it. None is not known, and `unknown` says why."""

    release: int
    since: str
    until: str
    answers: int
    """Exact; `compared` and what follows from it is of an even sample."""
    per_day: float
    failures: int
    compared: int
    """Answers that were drawn for the comparisons."""
    inputs_kept: int
    """Answers whose inputs are in the log."""
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    shifts: tuple[Shift, ...]
    expected_accuracy: Estimate | None
    """By the confidence of the answers alone, no truth needed."""
    accuracy: Estimate | None
    """By the truth that came back."""
    tested_accuracy: float | None
    periods: tuple[Period, ...]
    slices: tuple[SliceQuality, ...]
    """The worst first."""
    reward: Estimate | None
    """The mean of the rewards that came back."""
    users: UserMetrics
    usd_per_day: float | None
    planned_usd_per_day: float | None
    usd_per_1k: float | None
    busy: float | None
    """The share of the planned capacity of the machines that the busiest hour took."""
    days_to_full: float | None
    """At the present growth, until the machines are full; None: no growth, or not known."""
    energy: Energy | None
    alarms: tuple[MessageRecord, ...]
    unknown: tuple[MessageRecord, ...]
