"""A model card as Markdown, in the language of who asks."""

from __future__ import annotations

from collections.abc import Callable

from breakeven.core.words import Message, say
from breakeven.records.card import ModelCard, Section
from breakeven.records.record import MessageRecord

Speak = Callable[[Message], str]
SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_[]<>|#"})
"""What Markdown would read as more than itself, in words that come from data."""


def card_text(card: ModelCard, number: int, made: str, speak: Speak = str) -> str:
    """The page of a card: title, sections with their sentences and tables."""
    title = say("Model card: {name}, release {number}", name=card.name, number=number)
    what = say("{candidate}, made {time}.", candidate=card.candidate, time=made)
    parts = [f"# {_plain(speak(title))}", _plain(speak(what)), *(_section(each, speak) for each in card.sections)]
    return "\n\n".join(parts) + "\n"


def _section(section: Section, speak: Speak) -> str:
    lines = "\n".join(f"- {_plain(speak(line.message()))}" for line in section.lines)
    tables = [_table(table, speak) for table in section.tables]
    return "\n\n".join(part for part in (f"## {_plain(speak(section.title.message()))}", lines, *tables) if part)


def _table(table: tuple[tuple[MessageRecord, ...], ...], speak: Speak) -> str:
    rows = [[_plain(speak(cell.message())) for cell in row] for row in table]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _plain(text: str) -> str:
    """One line of text that Markdown shows as it is."""
    return " ".join(text.split()).translate(SPECIAL)
