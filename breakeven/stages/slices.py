"""On which rows a candidate does badly: its score where a column has one value, or lies in one quarter of its range."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.inputs.cells import to_numbers
from breakeven.inputs.sampling import codes_of
from breakeven.outputs.bootstrap import intervals
from breakeven.outputs.output import Metric
from breakeven.records.dataset import Column, Dataset
from breakeven.records.evaluation import Score, Slice
from breakeven.records.project import Project

FEWEST_ROWS = 20
MOST_SLICES = 30
RESAMPLES = 200
MANY_VALUES = 20
"""A column of numbers with more distinct values than this is cut into quarters."""
EMPTY = "—"
"""How an empty cell is shown."""

Cut = tuple[str, str, np.ndarray]
"""(column, value, row numbers)."""


def find_slices(
    project: Project, dataset: Dataset, metric: Metric, rows: pa.Table, truth: np.ndarray, predictions: np.ndarray
) -> tuple[Slice, ...]:
    """The slices with the worst scores, the worst first. Slices without a score (one class only) are left out."""
    scored = []
    for column, value, places in _cuts(project, dataset, rows):
        score = metric.score(truth[places], predictions[places], None)
        if not isnan(score):
            scored.append((-score if not metric.higher else score, column, value, places))
    scored.sort(key=lambda found: found[0])
    return tuple(
        Slice(column=column, value=value, rows=len(places), score=_score(metric, truth[places], predictions[places]))
        for _, column, value, places in scored[:MOST_SLICES]
    )


def _score(metric: Metric, truth: np.ndarray, predictions: np.ndarray) -> Score:
    found = intervals([metric], truth, predictions, resamples=RESAMPLES)[metric.name]
    low, high = (None if isnan(end) else end for end in (found.low, found.high))
    return Score(metric=metric.name, value=found.value, low=low, high=high)


def _cuts(project: Project, dataset: Dataset, rows: pa.Table) -> Iterator[Cut]:
    """Every slice of enough rows, of the input columns and of those that the project names."""
    kinds = {column.name: column for column in dataset.columns}
    asked = [name for name in project.data.slices if name in rows.column_names]
    for column in dataset.columns:
        if column.role == "input" and column.name not in asked and column.name in rows.column_names:
            yield from _cut_input(column, rows.column(column.name))
    for name in asked:
        cells = rows.column(name)
        number = name in kinds and kinds[name].kind == "number" and pc.count_distinct(cells).as_py() > MANY_VALUES
        yield from _quarters(name, to_numbers(cells)) if number else _values(name, cells)


def _cut_input(column: Column, cells: pa.ChunkedArray) -> Iterator[Cut]:
    """Categories by value, numbers by quarter, text by quarter of its length; dates are not cut."""
    match column.kind:
        case "category":
            yield from _values(column.name, cells)
        case "number":
            yield from _quarters(column.name, to_numbers(cells))
        case "text":
            lengths = pc.fill_null(pc.utf8_length(cells), 0).to_numpy()
            yield from _quarters(f"len({column.name})", lengths.astype(np.float64))


def _values(name: str, cells: pa.ChunkedArray) -> Iterator[Cut]:
    codes = codes_of(cells, empty_alike=True)
    order = np.argsort(codes, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        if len(places) >= FEWEST_ROWS:
            yield name, cells[int(places[0])].as_py() or EMPTY, places


def _quarters(name: str, numbers: np.ndarray) -> Iterator[Cut]:
    """Rows by quarters of the known numbers, and those without one."""
    known = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, [0.25, 0.5, 0.75])) if len(known) else np.zeros(0)
    quarter = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, "left"))
    for place in np.unique(quarter).tolist():
        places = np.flatnonzero(quarter == place)
        if len(places) >= FEWEST_ROWS:
            held = numbers[places]
            yield name, EMPTY if place < 0 else f"{held.min():.6g} … {held.max():.6g}", places
