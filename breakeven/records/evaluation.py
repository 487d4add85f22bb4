"""How good a candidate is, on which rows, and how sure we are."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import MessageRecord, Record


class Score(Record):
    """A metric with its 95 % bootstrap interval; None where it does not exist (one class only)."""

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None


class Confusion(Record):
    """Counts by true class (rows) and answered class (columns), in the order of `labels`."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Slice(Record):
    """The score on the rows where a column has one value."""

    column: str
    value: str
    rows: int
    score: Score


class Mistake(Record):
    """A row that was answered wrong, for people to look at; `shown` is its input, shortened."""

    row: int
    shown: str
    truth: str
    answer: str
    confidence: float | None = None


class Bin(Record):
    """Answers of about the same confidence: their mean confidence, and the share of them that is right."""

    confidence: float
    right: float
    rows: int


class Comparison(Record):
    """A paired bootstrap test against another candidate on the same rows: other − this, in the metric."""

    other: str
    difference: float
    low: float
    high: float
    verdict: Literal["better", "worse", "no difference"]
    """Of this candidate, against the other."""


class Evaluation(Record):
    """All that is known of a candidate's quality on one part of the data."""

    candidate: str
    part: Literal["validation", "test"]
    rows: int
    scores: tuple[Score, ...]
    """The target's metric first."""
    train_value: float | None = None
    """The target's metric on the rows that it was fitted on, where the family reports it."""
    gap: MessageRecord | None = None
    """What the gap between the two says, and the remedy."""
    confusion: Confusion | None = None
    slices: tuple[Slice, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    reliability: tuple[Bin, ...] = ()
    """Whether confidence can be believed: bins of rising confidence, for an output that has it."""
    comparisons: tuple[Comparison, ...] = ()

    @property
    def main(self) -> Score:
        return self.scores[0]
