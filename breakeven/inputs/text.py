"""A text: one column of free text, or several that are read one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.inputs.input import Input, View
from breakeven.records.dataset import Column

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_CHARACTERS = 200


class Text(Input):
    """Free text in any language; no tokenizer is needed."""

    name: ClassVar[str] = "text"

    def describe(self) -> Message:
        return say("a text: one column, or several that are read one after the other")

    def columns(self, sample: pa.Table, names: tuple[str, ...]) -> tuple[Column, ...]:
        """Every column is text, whatever it looks like."""
        return tuple(_read_column(name, sample.column(name)) for name in names)

    def show(self, row: dict[str, str | None]) -> str:
        """The text in one line, cut where it gets long."""
        line = " · ".join(" ".join(cell.split()) for cell in row.values() if cell)
        return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"

    def views(self) -> dict[str, type[View]]:
        from breakeven.inputs.text_vectors import TextVectors
        from breakeven.inputs.texts import Texts

        return {"vectors": TextVectors, "texts": Texts}


def _read_column(name: str, cells: pa.ChunkedArray) -> Column:
    import pyarrow.compute as pc

    return Column(name=name, kind="text", missing=cells.null_count, distinct=pc.count_distinct(cells).as_py())


INPUT = Text()
