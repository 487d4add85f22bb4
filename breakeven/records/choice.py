"""Which candidate is shipped, and why each of the others is not."""

from __future__ import annotations

from breakeven.records.record import MessageRecord, Record


class Left(Record):
    """A candidate that was not chosen."""

    name: str
    why: MessageRecord


class Choice(Record):
    """The cheapest candidate that meets the targets; or the nearest one, and what is missing."""

    name: str
    why: MessageRecord
    met: bool
    missing: tuple[MessageRecord, ...] = ()
    remedies: tuple[MessageRecord, ...] = ()
    """What would close the gap, with its price where it is known."""
    left: tuple[Left, ...] = ()
