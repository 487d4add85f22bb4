"""Unfolding a number of a ledger: the figure, what it was made of, and so on down to its leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from breakeven.records.ledger import Entry, Ledger
from breakeven.records.record import FigureRecord


@dataclass(frozen=True)
class Unfolded:
    """One line of an unfolded figure: how deep it stands, its number, the figure and how it was made."""

    depth: int
    number: int
    figure: FigureRecord
    made_by: str
    seen: bool
    """Its parts were shown above already and are not repeated."""


def unfold(ledger: Ledger, number: int, deepest: int | None = None) -> Iterator[Unfolded]:
    """The lines of entry `number`, itself first, each followed by its parts, down to `deepest` (None: all the way).

    Raises IndexError if the ledger has no such number.
    """
    shown: set[int] = set()
    stack = [(number, 0)]
    while stack:
        current, depth = stack.pop()
        entry: Entry = ledger.entries[current]
        yield Unfolded(depth, current, entry.figure, entry.made_by, bool(entry.parts) and current in shown)
        if current not in shown and (deepest is None or depth < deepest):
            stack.extend((part, depth + 1) for part in reversed(entry.parts))
        shown.add(current)


def leaves(ledger: Ledger, number: int) -> tuple[FigureRecord, ...]:
    """What entry `number` rests on: each leaf once, in the order of first use."""
    lines = {line.number: line.figure for line in unfold(ledger, number) if not ledger.entries[line.number].parts}
    return tuple(lines.values())
