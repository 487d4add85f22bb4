"""What `monitor --watch` tells: the index of each thing it follows, what it promises, and alarms."""

from __future__ import annotations

from breakeven.records.record import Record


class Index(Record):
    """A mean with the ends of its interval."""

    value: float
    low: float
    high: float


class Followed(Record):
    """One thing that is followed: `value` is that of the last window, `index` the exponentially weighted one.

    `label` is empty for a number; `about` is empty for all items; `usual` is None while it is being learnt.
    """

    about: str
    label: str
    rows: int
    seen: int
    value: float | None
    index: Index | None
    usual: Index | None


class WindowTold(Record):
    """A window of a stream that is over."""

    at: str
    release: int
    items: int
    skipped: int
    """Items that could not be read as rows of the release, since the beginning."""
    series: tuple[Followed, ...]


class Promise(Record):
    """What the detector of one thing keeps: a shift to `up_to` or `down_to` is found in so many items, in 95 of 100
    cases; None where no such shift is possible."""

    about: str
    label: str
    usual: Index
    up_to: float | None
    up_rows: int | None
    down_to: float | None
    down_rows: int | None
    items_a_false_alarm: float


class ShiftAlarm(Record):
    """A shift that was found; `items_ago` tells since when, as near as the detector can."""

    at: str
    release: int
    about: str
    label: str
    up: bool
    before: float
    now: float
    items_ago: int
    seen: int
