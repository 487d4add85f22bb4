"""Rows that somebody should label next."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import Record


class Wanted(Record):
    """A logged answer whose truth is worth the most; `why` says how it was picked."""

    id: str
    inputs: dict[str, str | None]
    answer: str
    confidence: float | None
    why: Literal["unsure", "random"]
    """random: a share drawn by chance, so that accuracy by these labels is honest."""


class Queue(Record):
    """The picked rows, and how many there were to pick from."""

    rows: tuple[Wanted, ...]
    waiting: int
    """Different inputs in the log without a truth."""
    labels: tuple[str, ...]
    """What a truth may be; empty for numbers."""
