"""What every record shares: frozen all the way down, strict about unknown fields, JSON in and out."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import BaseModel, ConfigDict

from breakeven.core.figure import Figure, Provenance, Source, Spread
from breakeven.core.units import unit
from breakeven.core.words import Message, say


class Record(BaseModel):
    """A frozen record. Unknown fields are an error; NaN is not a value."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="null")



def digest_of(*parts: str | bytes) -> str:
    """Sixteen hex digits of SHA-256 over the parts, each closed by a zero byte."""
    running = hashlib.sha256()
    for part in parts:
        running.update(part.encode() if isinstance(part, str) else part)
        running.update(b"\0")
    return running.hexdigest()[:16]


class FigureRecord(Record):
    """A Figure as it is kept: without its parts (a ledger keeps those)."""

    value: float
    unit: str
    provenance: Provenance
    sources: tuple[tuple[str, str], ...] = ()
    name: str = ""
    low: float | None = None
    high: float | None = None
    spread: Spread = "uniform"

    @classmethod
    def of(cls, figure: Figure) -> FigureRecord:
        return cls(
            value=figure.value,
            unit=str(figure.unit),
            provenance=figure.provenance,
            sources=tuple((source.title, source.date) for source in figure.sources),
            name=figure.name,
            low=figure.low,
            high=figure.high,
            spread=figure.spread,
        )

    def figure(self) -> Figure:
        """The figure again, as a leaf."""
        sources = tuple(Source(title, date) for title, date in self.sources)
        return Figure(self.value, unit(self.unit), self.provenance, sources, self.name, self.low, self.high,
                      spread=self.spread)


class MessageRecord(Record):
    """A message to people as it is kept: the template and the values shown in it, plain or messages themselves."""

    template: str
    values: tuple[tuple[str, str | int | float | tuple[str, ...] | MessageRecord], ...] = ()

    @classmethod
    def of(cls, message: Message) -> MessageRecord:
        return cls(template=message.template, values=tuple((k, _plain(v)) for k, v in message.values.items()))

    def message(self) -> Message:
        values = {name: value.message() if isinstance(value, MessageRecord) else value for name, value in self.values}
        return say(self.template, **values)

    def __str__(self) -> str:
        return str(self.message())


def _plain(value: Any) -> str | int | float | tuple[str, ...] | MessageRecord:
    """A value that JSON can hold; a list becomes a tuple of texts, a message inside another stays one."""
    if isinstance(value, Message):
        return MessageRecord.of(value)
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return str(value)
    return value
