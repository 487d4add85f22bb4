"""Columns that number or name the rows: they tell rows apart and say nothing about the next one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks.tell import amounts
from breakeven.records.dataset import Column

FEWEST_ROWS = 50
"""With fewer rows a column is all different by chance."""
DENSE = 3
"""Whole numbers that are all different and fill a third of their range were counted up."""
HEAD = 1_000
"""The first rows tell of nearly every column that it is no identifier, long before all are looked at."""
MOST_CHARS = 40
NEARLY_ALL = 0.99


def is_identifier(cells: pa.ChunkedArray, column: Column) -> bool:
    """Whether every row has another value, and the values look counted up or made up rather than measured."""
    if column.kind == "date" or len(cells) < FEWEST_ROWS or cells.null_count > (1 - NEARLY_ALL) * len(cells):
        return False
    coded = column.kind in ("text", "category")
    if not _all_different(cells[:HEAD]) or (coded and not _looks_coded(cells[:HEAD])) or not _all_different(cells):
        return False
    values = amounts(cells.drop_null(), column)
    return _looks_coded(cells) if values is None or np.isnan(values).any() else _looks_counted(values)


def _all_different(cells: pa.ChunkedArray) -> bool:
    return bool(pc.count_distinct(cells).as_py() == len(cells) - cells.null_count)


def _looks_counted(values: np.ndarray) -> bool:
    """Whole numbers that rise or fall from row to row, or lie close together."""
    if (values != np.round(values)).any():
        return False
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all() or np.ptp(values) <= DENSE * len(values))


def _looks_coded(cells: pa.ChunkedArray) -> bool:
    """Short words with digits in them: L47181, 8f14e45f-ceea, 2024/0017."""
    short = pc.less_equal(pc.utf8_length(cells), MOST_CHARS)
    word = pc.invert(pc.match_substring_regex(cells, r"\s"))
    digit = pc.match_substring_regex(cells, r"\d")
    share = pc.mean(pc.and_(pc.and_(short, word), digit)).as_py()  # of the cells that are not empty
    return (share or 0.0) >= NEARLY_ALL
