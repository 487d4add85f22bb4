"""Rows to training, validation and test; and training and validation rows to folds when they are few.

A part that the project gives stays as it is; what it does not give is split off the training rows: the test
rows first, then the validation rows. The same rows and seed give the same split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from breakeven.core.errors import DataError, ProjectError
from breakeven.core.words import Message, say
from breakeven.inputs.sampling import (
    TOO_FEW_TO_SPLIT,
    by_class,
    by_group,
    codes_of,
    deal,
    deal_groups,
    newest,
    times_of,
)
from breakeven.records.dataset import Dataset, Part
from breakeven.records.project import Data

Way = Literal["stratified", "random", "group", "time"]
Folds = tuple[tuple[np.ndarray, np.ndarray], ...]
"""Pairs of row numbers (fit, score)."""

SHARE = 0.15
MOST = 10_000
"""Rows that a split-off part holds at most: ten thousand tell a score to about half a percent."""
FOLDS = 5
FEW = 12_000
"""Up to so many training and validation rows, every one is scored by cross-validation."""
FEW_GIVEN, FEW_WITH_GIVEN = 2_000, 30_000
"""A given validation file with fewer rows than the first says too little alone; its rows are pooled with the
training rows and folded, up to the second number of rows in all."""


@dataclass(frozen=True)
class Split:
    """Rows by part, in their old order; how they were split, in a word for the record and in sentences."""

    parts: dict[Part, pa.Table]
    way: str
    folds: int
    why: tuple[Message, ...]


def split_rows(given: Mapping[Part, pa.Table], data: Data, default: Way = "random", fold: bool = True) -> Split:
    """Split what was not given off the training rows. `default` is the task's way of splitting; few rows are folded
    unless `fold` says that each of them holds many predictions.

    Raises DataError when there are too few rows, ProjectError when the way needs a column that is not named.
    """
    way = _way(given["train"], data, default)
    choose = _chooser(way, data)
    parts = dict(given)
    missing: list[Part] = [part for part in ("test", "validation") if part not in given]
    for part in missing:
        parts["train"], parts[part] = _split_off(parts["train"], choose)
    rows = parts["train"].num_rows + parts["validation"].num_rows
    few = rows <= FEW or (parts["validation"].num_rows < FEW_GIVEN and rows <= FEW_WITH_GIVEN)
    folds = FOLDS if few and fold and way != "time" else 1
    why = (*_why_so(way, data, bool(missing), parts), _why_folds(folds, way, rows))
    return Split(parts, way if missing else "given", folds, why)


def _way(train: pa.Table, data: Data, default: Way) -> Way:
    """The project's way; else by the column it names; else the task's."""
    way = data.split or ("time" if data.time else "group" if data.group else default)
    if (way == "time" and not data.time) or (way == "group" and not data.group):
        raise ProjectError(
            say("a split by {way} needs the column to split by", way=way),
            "data.split",
            say('add {way} = "the name of the column" to [data]', way=way),
        )
    if way == "stratified":
        counts = np.bincount(codes_of(train.column(data.answer), empty_alike=True), minlength=1)
        if 2 * counts[counts < TOO_FEW_TO_SPLIT].sum() > train.num_rows:
            return "random"
    return way


def _chooser(way: Way, data: Data) -> Callable[[pa.Table, int], np.ndarray]:
    """(rows, how many) -> the mask of the rows to split off."""
    generator = np.random.default_rng(data.seed)

    def choose(table: pa.Table, want: int) -> np.ndarray:
        match way:
            case "time":
                return newest(times_of(table, str(data.time)), want)
            case "group":
                return by_group(codes_of(table.column(str(data.group)), empty_alike=False), want, generator)
            case "stratified":
                return by_class(codes_of(table.column(data.answer), empty_alike=True), want, generator)
        return by_class(np.zeros(table.num_rows, dtype=np.int64), want, generator)

    return choose


def _split_off(table: pa.Table, choose: Callable[[pa.Table, int], np.ndarray]) -> tuple[pa.Table, pa.Table]:
    """The rows that stay and the rows that go."""
    want = min(MOST, max(1, round(SHARE * table.num_rows)))
    mask = choose(table, want) if table.num_rows > 1 else np.zeros(table.num_rows, dtype=bool)
    if not 0 < mask.sum() < table.num_rows:
        raise DataError(
            say("{rows} training rows cannot be split into training, validation and test", rows=table.num_rows),
            "data.train",
            say("give more rows (of more groups, if you split by group), or files for validation and test"),
        )
    return table.filter(pa.array(~mask)), table.filter(pa.array(mask))


def _why_so(way: Way, data: Data, split_off: bool, parts: Mapping[Part, pa.Table]) -> tuple[Message, ...]:
    if not split_off:
        return (say("training, validation and test rows were all given"),)
    match way:
        case "time":
            how = say("what was not given was split off by {column}: the newest rows are the test, "
                      "the next newest the validation", column=data.time)
        case "group":
            how = say("what was not given was split off by {column}: no value of it is on two sides",
                      column=data.group)
        case "stratified":
            how = say("what was not given was split off at random, each answer keeping its share")
        case _:
            how = say("what was not given was split off at random")
    sizes = say("{train} rows for training, {validation} for validation, {test} for the test",
                **{part: table.num_rows for part, table in parts.items()})
    return how, sizes


def _why_folds(folds: int, way: Way, rows: int) -> Message:
    if folds > 1:
        return say("{rows} training and validation rows are few: each is scored by a model that has not seen it, "
                   "in {folds} folds", rows=rows, folds=folds)
    if way == "time":
        return say("candidates are scored on the validation rows alone: folds would let the future answer the past")
    return say("candidates are scored on the validation rows alone: they are enough")


def make_folds(dataset: Dataset, target: np.ndarray, groups: Sequence[str | None] | None = None) -> Folds:
    """The pairs (fit, score) of row numbers among training rows followed by validation rows.

    `target` (n,) is encoded: class indices or numbers. `groups` (n,) keep rows together that belong together.
    Rows of class -1 are never fitted. The only row of a class is always fitted and never scored; of two classes,
    the smaller one sets how many folds there are at most, so that every score is of two classes.
    """
    rows = np.arange(len(target))
    labelled = np.issubdtype(target.dtype, np.integer)
    fittable = target >= 0 if labelled else np.ones(len(target), dtype=bool)
    if dataset.folds <= 1:
        first = dataset.rows["train"]
        return ((rows[:first][fittable[:first]], rows[first:]),)
    generator = np.random.default_rng(dataset.seed)
    classes = target if labelled else np.zeros(len(target), dtype=np.int64)
    codes = None if groups is None else codes_of(pa.array(groups, pa.large_string()), empty_alike=False)
    if codes is not None and codes.max(initial=0) > 0:
        place = deal_groups(codes, min(dataset.folds, int(codes.max()) + 1), generator)
    else:
        place = _deal_rows(classes, dataset.folds, generator)
    pairs = ((rows[(place != fold) & fittable], rows[place == fold]) for fold in range(place.max(initial=0) + 1))
    return tuple((fit, score) for fit, score in pairs if len(fit) and len(score))


def _deal_rows(classes: np.ndarray, folds: int, generator: np.random.Generator) -> np.ndarray:
    """A fold (n,) for each row; -1 for the only row of a class."""
    counts = np.bincount(classes[classes >= 0], minlength=2)
    second = int(np.sort(counts)[-2])
    most = min(folds, len(classes), second if second > 1 else folds)
    place = deal(classes, max(2, most), generator)
    alone = (classes >= 0) & (counts[np.maximum(classes, 0)] == 1)
    return place if alone.sum() > len(classes) / 2 else np.where(alone, -1, place)
