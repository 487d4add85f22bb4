"""Which rows go where: by chance, by class, by group, by time. Row masks and fold numbers, in numpy."""

from __future__ import annotations

import heapq

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.core.errors import DataError
from breakeven.core.words import say
from breakeven.inputs.cells import find_day_first, to_numbers, to_seconds

TOO_FEW_TO_SPLIT = 3
"""A class needs one row for each of training, validation and test; smaller ones stay in training."""


def by_class(classes: np.ndarray, want: int, generator: np.random.Generator) -> np.ndarray:
    """A mask (n,) of `want` rows drawn so that each class has its share, give or take one row.

    Rows of classes too small to split are never drawn. This is systematic sampling: the rows, shuffled within
    their classes, stand in a line and every (n / want)-th is taken.
    """
    counts = np.bincount(classes, minlength=1)
    rows = np.flatnonzero(counts[classes] >= TOO_FEW_TO_SPLIT)
    line = rows[_shuffled_by_class(classes[rows], generator)]
    mask = np.zeros(len(classes), dtype=bool)
    if len(line):
        steps = np.arange(len(line) + 1) * min(want, len(line)) + generator.integers(len(line))
        mask[line[np.diff(steps // len(line)) > 0]] = True
    return mask


def deal(classes: np.ndarray, folds: int, generator: np.random.Generator) -> np.ndarray:
    """A fold (n,) for each row, like cards: every class is spread over the folds evenly."""
    dealt = np.empty(len(classes), dtype=np.int64)
    dealt[_shuffled_by_class(classes, generator)] = (np.arange(len(classes)) + generator.integers(folds)) % folds
    return dealt


def _shuffled_by_class(classes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The row numbers, class after class, in random order within each."""
    shuffled = generator.permutation(len(classes))
    return shuffled[np.argsort(classes[shuffled], kind="stable")]


def by_group(groups: np.ndarray, want: int, generator: np.random.Generator) -> np.ndarray:
    """A mask (n,) of whole groups, drawn at random, of about `want` rows: the smallest group if none fits."""
    sizes = np.bincount(groups)
    taken = np.zeros(len(sizes), dtype=bool)
    free = want
    for group in generator.permutation(len(sizes)).tolist():
        if 0 < sizes[group] <= free:
            taken[group] = True
            free -= int(sizes[group])
    if not taken.any() and len(sizes) > 1:
        taken[np.argmin(sizes)] = True
    mask: np.ndarray = taken[groups]
    return mask


def deal_groups(groups: np.ndarray, folds: int, generator: np.random.Generator) -> np.ndarray:
    """A fold (n,) for each row, the same for all rows of a group: the largest first, each to the lightest fold."""
    sizes = np.bincount(groups)
    shuffled = generator.permutation(len(sizes))
    largest_first = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold_of = np.empty(len(sizes), dtype=np.int64)
    weights = [(0, fold) for fold in range(folds)]
    for group in largest_first.tolist():
        weight, fold = weights[0]
        fold_of[group] = fold
        heapq.heapreplace(weights, (weight + int(sizes[group]), fold))
    folds_of_rows: np.ndarray = fold_of[groups]
    return folds_of_rows


def newest(times: np.ndarray, want: int) -> np.ndarray:
    """A mask (n,) of about `want` rows, the newest; rows of one time stay together.

    Raises DataError when all rows have the same time.
    """
    edge = np.sort(times)[-want]
    choices = [mask for mask in (times >= edge, times > edge) if 0 < mask.sum() < len(times)]
    if not choices:
        raise DataError(
            say("all rows have the same time: they cannot be split by it"),
            "data.time",
            say('name another column, or set split = "random"'),
        )
    return min(choices, key=lambda mask: abs(int(mask.sum()) - want))


def codes_of(cells: pa.Array | pa.ChunkedArray, empty_alike: bool) -> np.ndarray:
    """A number (n,) from 0 for each distinct cell; empty cells share one, or each has one of its own."""
    encoded = pc.dictionary_encode(cells)
    array = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    known = len(array.dictionary)
    codes = np.asarray(pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    empty = codes < 0
    codes[empty] = known if empty_alike else known + np.arange(int(empty.sum()))
    return codes


def times_of(table: pa.Table, column: str) -> np.ndarray:
    """A time column as float64 (n,), numbers or seconds; an empty cell counts as the oldest.

    Raises DataError, naming the first row, where a cell is neither a number nor a date.
    """
    cells = table.column(column)
    readings = (to_numbers(cells), to_seconds(cells, find_day_first(cells)))
    times = min(readings, key=lambda reading: int(np.isnan(reading).sum()))
    known = pc.is_valid(cells).to_numpy()
    for row in np.flatnonzero(np.isnan(times) & known).tolist():
        raise DataError(
            say("{cell} is neither a number nor a date", cell=repr(cells[row].as_py()[:40])),
            say("column {column}, row {row}", column=column,
                row=table.column("_row")[row].as_py() if "_row" in table.column_names else row + 1),
            say("write dates as 2025-01-31, with 14:30 behind where the time of day counts"),
        )
    return np.where(np.isnan(times), -np.inf, times)
