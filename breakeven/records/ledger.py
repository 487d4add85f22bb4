"""Figures with what they were made of, kept flat so that a shared part is kept once."""

from __future__ import annotations

from breakeven.records.record import FigureRecord, Record


class Entry(Record):
    """One figure; `parts` are the numbers of the entries it was made of, all smaller than its own."""

    figure: FigureRecord
    made_by: str = ""
    parts: tuple[int, ...] = ()


class Ledger(Record):
    """Entries in an order in which every part stands before what was made of it."""

    entries: tuple[Entry, ...]
