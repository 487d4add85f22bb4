"""Writing figures into a ledger: each once, its parts before it.

Leaves that say the same (name, value, range, source) are one number of the world and get one entry, even where two
formulas have read it for themselves: who changes it or draws it does so once.
"""

from __future__ import annotations

from breakeven.core.figure import Figure
from breakeven.records.ledger import Entry, Ledger
from breakeven.records.record import FigureRecord


class LedgerWriter:
    """Collects figures and gives each a number."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._numbers: dict[int, int] = {}
        self._leaves: dict[Figure, int] = {}
        self._kept: list[Figure] = []

    def number(self, figure: Figure) -> int:
        """The number of a figure; it and its parts are entered when they are new."""
        stack = [figure]
        while stack:
            current = stack[-1]
            missing = [part for part in current.parts if id(part) not in self._numbers]
            if id(current) in self._numbers:
                stack.pop()
            elif missing:
                stack.extend(missing)
            else:
                self._enter(stack.pop())
        return self._numbers[id(figure)]

    def _enter(self, figure: Figure) -> None:
        self._kept.append(figure)  # an id stays true only while its figure lives
        known = None if figure.parts else self._leaves.setdefault(figure, len(self._entries))
        self._numbers[id(figure)] = len(self._entries) if known is None else known
        if self._numbers[id(figure)] == len(self._entries):
            self._append(figure)

    def _append(self, figure: Figure) -> None:
        parts = tuple(self._numbers[id(part)] for part in figure.parts)
        record = FigureRecord.of(figure)
        if parts:  # its sources are those of its parts; kept once, a plan stays small
            record = record.model_copy(update={"sources": ()})
        self._entries.append(Entry(figure=record, made_by=figure.made_by, parts=parts))

    def ledger(self) -> Ledger:
        return Ledger(entries=tuple(self._entries))
