"""How much one column tells of the answer by itself, on rows it was not counted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.inputs.cells import find_day_first, find_decimal, to_numbers, to_seconds
from breakeven.records.dataset import Column

MOST_BINS = 256
ROWS_PER_BIN = 50
FEW_VALUES = 20
ENOUGH_ROWS = 8
PURE = 0.99


@dataclass(frozen=True)
class Settled:
    """A value of a column that nearly always comes with one class."""

    value: str | None
    label: int
    rows: np.ndarray
    """The places of the rows that have both."""


def value_codes(cells: pa.ChunkedArray) -> tuple[np.ndarray, list[str | None]]:
    """The code of each cell (n,), and the values by code; an empty cell is a value of its own."""
    coded = pc.dictionary_encode(cells, null_encoding="encode").combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0)
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()


def amounts(cells: pa.ChunkedArray, column: Column) -> np.ndarray | None:
    """The cells of a number or date column as float64 (n,), NaN where empty; None for other columns."""
    if column.kind == "number":
        return to_numbers(cells, find_decimal(cells))
    return to_seconds(cells, find_day_first(cells)) if column.kind == "date" else None


def bins(values: np.ndarray) -> np.ndarray:
    """Codes (n,) of about equally many rows each; NaN has its own."""
    count = int(np.clip(len(values) // ROWS_PER_BIN, 2, MOST_BINS))
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, count + 1)[1:-1])) if len(known) else known
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))


def map_error(codes: np.ndarray, classes: np.ndarray, seed: int = 0) -> float:
    """The share of rows for which the most frequent class of their code, counted on the other half of the rows,
    is wrong; a code that the other half does not have is answered by the most frequent class of all."""
    half = np.random.default_rng(seed).permutation(len(codes)) % 2
    wrong = 0
    for side in (0, 1):
        answers = _most_frequent(codes[half != side], classes[half != side], int(codes.max()) + 1)
        wrong += int((answers[codes[half == side]] != classes[half == side]).sum())
    return wrong / len(codes)


def _most_frequent(codes: np.ndarray, classes: np.ndarray, size: int) -> np.ndarray:
    """The most frequent class by code (size,)."""
    width = int(classes.max()) + 1
    answers = np.full(size, np.bincount(classes).argmax())
    pairs, counts = np.unique(codes * width + classes, return_counts=True)
    rising = np.argsort(counts, kind="stable")
    answers[pairs[rising] // width] = pairs[rising] % width
    return answers


def ranking_auc(values: np.ndarray, classes: np.ndarray) -> float:
    """For two classes, the ROC AUC of the values as they stand (Mann-Whitney, ties count half), either way up."""
    known = ~np.isnan(values)
    classes = classes[known]
    ranks = _ranks(values[known])
    ones = int(classes.sum())
    zeros = len(classes) - ones
    if not ones or not zeros:
        return 0.5
    auc = float((ranks[classes == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))
    return max(auc, 1 - auc)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, the mean of them for ties."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def settled_values(cells: pa.ChunkedArray, classes: np.ndarray) -> list[Settled]:
    """The values of a column of few values that nearly always come with one and the same class, the rarer half
    of the classes only: that the ordinary value goes with the ordinary class says nothing."""
    codes, values = value_codes(cells)
    if not 2 <= len(values) <= FEW_VALUES:
        return []
    width = int(classes.max()) + 1
    table = np.bincount(codes * width + classes, minlength=len(values) * width).reshape(-1, width)
    shares = table.sum(axis=0) / len(classes)
    found = []
    for code, counts in enumerate(table):
        label = int(counts.argmax())
        if counts.sum() >= ENOUGH_ROWS and counts[label] >= PURE * counts.sum() and shares[label] <= 0.5:
            found.append(Settled(values[code], label, np.flatnonzero((codes == code) & (classes == label))))
    return found


def closeness(values: np.ndarray, target: np.ndarray) -> float:
    """The larger of the absolute correlations of two columns of numbers: of the values and of their ranks."""
    known = ~np.isnan(values) & ~np.isnan(target)
    values, target = values[known], target[known]
    if len(values) < ENOUGH_ROWS or values.min() == values.max() or target.min() == target.max():
        return 0.0
    plain = np.corrcoef(values, target)[0, 1]
    ranked = np.corrcoef(_ranks(values), _ranks(target))[0, 1]
    return float(max(abs(plain), abs(ranked)) * known.mean())


def map_r2(codes: np.ndarray, target: np.ndarray, seed: int = 0) -> float:
    """R² of answering each row by the mean of its code, taken on the other half of the rows."""
    half = np.random.default_rng(seed).permutation(len(codes)) % 2
    answers = np.empty(len(codes))
    for side in (0, 1):
        seen = half != side
        size = int(codes.max()) + 1
        counts = np.bincount(codes[seen], minlength=size)
        sums = np.bincount(codes[seen], weights=target[seen], minlength=size)
        means = np.where(counts > 0, sums / np.maximum(counts, 1), target[seen].mean())
        answers[~seen] = means[codes[~seen]]
    return float(1 - ((target - answers) ** 2).sum() / ((target - target.mean()) ** 2).sum())
