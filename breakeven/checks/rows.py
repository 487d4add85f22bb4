"""The rows of all parts as one table, so that a check can ask what stands in more than one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks.check import Seen
from breakeven.checks.hashing import row_keys
from breakeven.inputs.reader import ROW
from breakeven.records.dataset import Part

PARTS: tuple[Part, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Rows:
    """All rows that have any input: train first, then validation, then test.

    `part` (n,) holds indices into PARTS, `number` (n,) the row's number in its file.
    """

    table: pa.Table
    inputs: tuple[str, ...]
    answer: str
    part: np.ndarray
    number: np.ndarray

    @classmethod
    def of(cls, seen: Seen) -> Rows:
        inputs = input_names(seen)
        answer = seen.project.data.answer
        names = [*dict.fromkeys((*inputs, answer)), ROW]
        tables = [seen.parts[part].select(names) for part in PARTS if part in seen.parts]
        codes = [PARTS.index(part) for part in PARTS if part in seen.parts]
        part = np.repeat(codes, [rows.num_rows for rows in tables])
        table = pa.concat_tables(tables)
        blank = blank_rows(table, inputs)
        if blank.any():
            table, part = table.filter(pa.array(~blank)), part[~blank]
        return cls(table, inputs, answer, part, table[ROW].to_numpy())

    def __len__(self) -> int:
        return len(self.part)

    @cached_property
    def _grouped(self) -> tuple[np.ndarray, np.ndarray]:
        """Groups counted in the order in which they first appear, whatever their keys are in this process."""
        _, first, groups = np.unique(row_keys(self.table, self.inputs), return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        return place[groups], first[order]

    @property
    def groups(self) -> np.ndarray:
        """The group of each row (n,): rows with equal inputs are of one group."""
        return self._grouped[0]

    @property
    def first(self) -> np.ndarray:
        """The first row of each group: one of the training rows, if it has any."""
        return self._grouped[1]

    @cached_property
    def answers(self) -> np.ndarray:
        """A key of each row's answer (n,) uint64."""
        return row_keys(self.table, [self.answer])

    def has(self, part: int) -> np.ndarray:
        """Which groups have rows in a part."""
        return np.bincount(self.groups[self.part == part], minlength=len(self.first)) > 0

    def count(self, part: int) -> int:
        return int((self.part == part).sum())


def input_names(seen: Seen) -> tuple[str, ...]:
    """The names of the input columns."""
    return tuple(column.name for column in seen.columns if column.role == "input")


def are_texts(seen: Seen) -> bool:
    """Whether the inputs are nothing but free text."""
    return all(column.kind == "text" for column in seen.columns if column.role == "input")


def has_text(seen: Seen) -> bool:
    """Whether any input is free text; rows of a few categories repeat by nature, texts do not."""
    return any(column.kind == "text" for column in seen.columns if column.role == "input")


def texts_of(table: pa.Table, columns: tuple[str, ...]) -> pa.ChunkedArray:
    """The cells of each row joined by line breaks."""
    if len(columns) == 1:
        return table[columns[0]]
    cells = [table[column] for column in columns]
    return pc.binary_join_element_wise(*cells, pa.scalar("\n", pa.large_string()), null_handling="skip")


def blank_rows(table: pa.Table, columns: tuple[str, ...]) -> np.ndarray:
    """Which rows have nothing in any of the columns."""
    blank = np.ones(table.num_rows, bool)
    for column in columns:
        blank &= table[column].is_null().to_numpy()
    return blank


