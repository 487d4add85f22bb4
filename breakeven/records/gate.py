"""The gate before a release that learned from feedback: what was taken from the log, and whether it is better."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import Record


class Taken(Record):
    """What became of the answers whose truth came back."""

    told: int
    """Answers with a truth, each input once."""
    added: int
    """Joined the training rows."""
    recent: int
    """The newest, which nothing was trained on: the gate asks them."""
    masked: int = 0
    """Of the added and the recent: personal data stands in them as tags ([mail], [phone]), which are read as words."""
    without_inputs: int = 0
    """The log did not keep their inputs."""
    test_rows: int = 0
    """Equal to a test row: left out, so that test rows never train."""
    known: int = 0
    """Equal to a training row: nothing new."""
    unusable: int = 0
    """Of a truth that the release does not know, or of other columns."""


class GatePart(Record):
    """Both releases on the same rows, by the target's metric. `gain` is how much better the new one is, with the 95 %
    interval of a paired bootstrap; it passes where `low` is above `needed`."""

    part: Literal["test", "recent"]
    rows: int
    before: float | None
    now: float | None
    gain: float | None
    low: float | None
    high: float | None
    needed: float
    passed: bool


class Gate(Record):
    """Both parts must pass: not worse on the frozen test rows by more than `tolerance`, better on recent rows."""

    metric: str
    beside: int
    """The release that answers."""
    tolerance: float
    taken: Taken
    parts: tuple[GatePart, ...]

    @property
    def passed(self) -> bool:
        return all(part.passed for part in self.parts)
