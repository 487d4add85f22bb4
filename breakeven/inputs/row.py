"""A row of a table: columns of numbers, categories, dates, and free text beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.inputs.input import Input, View
from breakeven.records.dataset import Column

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_CHARACTERS = 200


class Row(Input):
    """Several columns, each read for what it holds."""

    name: ClassVar[str] = "row"

    def describe(self) -> Message:
        return say("a row of a table: numbers, categories, dates and free text")

    def columns(self, sample: pa.Table, names: tuple[str, ...]) -> tuple[Column, ...]:
        from breakeven.inputs.columns import read_columns

        return read_columns(sample, names)

    def show(self, row: dict[str, str | None]) -> str:
        """`age 39, education Bachelors`: the known cells in their order, cut where it gets long."""
        line = ", ".join(f"{name} {value}" for name, value in row.items() if value)
        return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"

    def views(self) -> dict[str, type[View]]:
        from breakeven.inputs.frame import Frame
        from breakeven.inputs.views import RowVectors

        return {"vectors": RowVectors, "frame": Frame}


INPUT = Row()
