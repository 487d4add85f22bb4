"""Rows as a program sends them: values of JSON rather than cells of a file.

A number that comes as a number need not become text to be read as a number again: views that can take values
(`View.transform_values`) answer a single row ten times sooner than by way of a table of text. The table is there for
all others, and both ways give the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breakeven.records.dataset import Column

if TYPE_CHECKING:
    import pyarrow as pa

Value = str | float | bool | None
"""A value of JSON; int is a float to the type checker."""


@dataclass(frozen=True)
class Values:
    """Rows as tuples of values, in the order of `columns`."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]

    @property
    def num_rows(self) -> int:
        return len(self.rows)

    def slice(self, start: int, most: int) -> Values:
        """At most so many rows, from `start` on."""
        return Values(self.columns, self.rows[start : start + most])

    def column(self, name: str) -> list[Value]:
        """The values of a column (n,)."""
        place = next(place for place, column in enumerate(self.columns) if column.name == name)
        return [row[place] for row in self.rows]

    def texts(self, name: str) -> list[str | None]:
        """A column as a file would hold it (n,)."""
        column = next(column for column in self.columns if column.name == name)
        return [cell_text(value, column) for value in self.column(name)]

    def table(self) -> pa.Table:
        """The rows as a table of text, as read from a file."""
        import pyarrow as pa

        cells = [[cell_text(row[place], column) for row in self.rows] for place, column in enumerate(self.columns)]
        arrays = [pa.array(column, pa.large_string()) for column in cells]
        return pa.Table.from_arrays(arrays, names=[column.name for column in self.columns])

    def to_pylist(self) -> list[dict[str, str | None]]:
        """A mapping of texts a row, as `pa.Table.to_pylist` gives it."""
        return [{column.name: cell_text(value, column) for value, column in zip(row, self.columns, strict=True)}
                for row in self.rows]  # fmt: skip


def joined(parts: Sequence[Values | pa.Table]) -> Values | pa.Table:
    """The rows of several requests as one; a table where one of them is a table."""
    if len(parts) == 1:
        return parts[0]
    values = [part for part in parts if isinstance(part, Values)]
    if len(values) == len(parts):
        return Values(values[0].columns, [row for part in values for row in part.rows])
    import pyarrow as pa

    return pa.concat_tables([part.table() if isinstance(part, Values) else part for part in parts])


def cell_text(value: Value, column: Column) -> str | None:
    """A value as a file would hold it; text of blanks alone is missing, as it is there."""
    if value is None or isinstance(value, str):
        return None if value is None or not value or value.isspace() else value
    if isinstance(value, bool):
        return next((level for level in column.levels if level.lower() == str(value).lower()), str(value).lower())
    if isinstance(value, float) and value.is_integer() and column.kind == "category":
        return str(int(value))
    return repr(value)
