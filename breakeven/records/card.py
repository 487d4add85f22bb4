"""A model card: what is known of a release, as messages that any language can be put on."""

from __future__ import annotations

from breakeven.records.record import MessageRecord, Record


class Section(Record):
    """A part of a card: sentences, and tables whose first row are the heads."""

    title: MessageRecord
    lines: tuple[MessageRecord, ...] = ()
    tables: tuple[tuple[tuple[MessageRecord, ...], ...], ...] = ()


class ModelCard(Record):
    """`card.json` of a release's folder."""

    name: str
    candidate: str
    sections: tuple[Section, ...]
