"""What the columns of a table hold, read from their cells: numbers, dates, categories or free text."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.inputs.cells import NO_VALUE, contiguous, find_day_first, find_decimal, to_numbers, to_seconds
from breakeven.records.dataset import Column

Kind = Literal["text", "number", "category", "date"]

ENOUGH = 0.98
"""The share of the known cells that must read as a number or date; a stray cell in a hundred counts as missing."""
MOST_LEVELS = 1000
"""The levels of a category that are kept, the most frequent first; rarer ones count as missing."""
TEXT_BYTES = 24
"""Distinct cells of this many UTF-8 bytes on average (eight Chinese characters) are sentences rather than names,
if they also seldom repeat: more than `TEXT_DISTINCT` of the cells are different ones."""
TEXT_DISTINCT = 0.2
_CODE = re.compile(r"[+-]?0\d+")


def read_columns(sample: pa.Table, names: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns of those names with their kinds, as the rows of the sample show them."""
    return tuple(read_column(name, sample.column(name)) for name in names)


def read_column(name: str, cells: pa.ChunkedArray | pa.Array) -> Column:
    """One column with its kind, its missing cells and, for a category, its levels."""
    trimmed = pc.utf8_trim_whitespace(contiguous(cells))
    values, counts = _counted(trimmed)
    kind = _kind(values, counts)
    levels = tuple(values[:MOST_LEVELS].to_pylist()) if kind == "category" else ()
    return Column(name=name, kind=kind, missing=trimmed.null_count, distinct=len(values), levels=levels)


def _counted(cells: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The distinct cells and how often each is there, the most frequent first, equals in alphabetical order."""
    counted = pc.value_counts(pc.drop_null(cells))
    values, counts = counted.field("values"), counted.field("counts")
    table = pa.table({"value": values, "count": counts})
    order = pc.sort_indices(table, sort_keys=[("count", "descending"), ("value", "ascending")])
    return values.take(order), counts.take(order).to_numpy()


def _kind(values: pa.Array, counts: np.ndarray) -> Kind:
    known = np.array([value.lower() not in NO_VALUE for value in values.to_pylist()], dtype=bool)
    values, counts = values.filter(pa.array(known)), counts[known]
    if not len(values):
        return "category"
    if _share(to_numbers(values, find_decimal(values)), counts) >= ENOUGH:
        return "category" if _are_codes(values) else "number"
    if _share(to_seconds(values, find_day_first(values)), counts) >= ENOUGH:
        return "date"
    return "text" if _is_text(values, int(counts.sum())) else "category"


def _share(read: np.ndarray, counts: np.ndarray) -> float:
    """The share of the cells that could be read."""
    return float(counts[~np.isnan(read)].sum() / counts.sum())


def _are_codes(values: pa.Array) -> bool:
    """Whether digits are names rather than amounts: a leading zero, as in 007 or 04103, says so."""
    return any(_CODE.fullmatch(value) for value in values[:1000].to_pylist())


def _is_text(values: pa.Array, cells: int) -> bool:
    size = pc.mean(pc.binary_length(values)).as_py()
    return size >= TEXT_BYTES and len(values) > max(20, TEXT_DISTINCT * cells)
