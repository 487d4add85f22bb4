"""Rows that stand in the order of time but are split at random: the future would answer the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pyarrow.compute as pc

from breakeven.checks.check import Check, Seen, finding
from breakeven.checks.tell import amounts
from breakeven.core.words import Message, say
from breakeven.inputs.cells import to_numbers
from breakeven.records.audit import Finding
from breakeven.records.dataset import Column

FEWEST_ROWS = 50
MOST_REPEATED = 0.5
"""A date column with fewer distinct dates than this share of the rows is sorted rather than a record of time."""
ALIKE = 0.3
"""Neighbours whose answers are so much more alike than those of any two rows come from a series."""


class Order(Check):
    """Whether a split at random mixes up before and after."""

    name: ClassVar[str] = "order"

    def describe(self) -> Message:
        return say("rows in the order of time that are split at random, so that the future answers the past")

    def look(self, seen: Seen) -> Iterator[Finding]:
        data = seen.project.data
        ours = seen.files["test"] == seen.files["train"]
        if not ours or data.time or data.group or seen.parts["train"].num_rows < FEWEST_ROWS:
            return
        for column in seen.columns:
            if column.kind == "date" and column.role == "input" and _rises(seen, column):
                yield _finding(seen, column, _likeness(seen))


def _rises(seen: Seen, column: Column) -> bool:
    """Whether the dates of the training rows, in the order of their file, only rise or only fall."""
    moments = amounts(seen.parts["train"][column.name], column)
    if moments is None or np.isnan(moments).any() or len(np.unique(moments)) < MOST_REPEATED * len(moments):
        return False
    steps = np.diff(moments)
    return bool((steps >= 0).all() or (steps <= 0).all())


def _likeness(seen: Seen) -> float:
    """How much more alike the answers of neighbours are than those of any two rows: 0 not at all, 1 always equal.

    For numbers the correlation of each with the one before; for classes Cohen's kappa of the two.
    """
    answers = seen.parts["train"][seen.project.data.answer]
    if not seen.labels:
        values = to_numbers(answers)
        if np.isnan(values).any() or values[1:].std() == 0 or values[:-1].std() == 0:
            return 0.0
        return float(np.corrcoef(values[1:], values[:-1])[0, 1])
    classes = pc.dictionary_encode(answers).combine_chunks().indices.to_numpy(zero_copy_only=False)
    shares = np.bincount(classes) / len(classes)
    chance = float((shares**2).sum())
    return (float((classes[1:] == classes[:-1]).mean()) - chance) / (1 - chance) if chance < 1 else 0.0


def _finding(seen: Seen, column: Column, likeness: float) -> Finding:
    series = likeness >= ALIKE
    line = f'time = "{column.name}"'
    return finding(
        "order",
        "warning" if series else "note",
        say("the rows are a series in the order of {column}, and a random split shows the model both neighbours "
            "of every test row", column=column.name)
        if series
        else say("the rows stand in the order of {column} but are split at random", column=column.name),
        say("{file}, column {column}", file=seen.files["train"], column=column.name),
        say("write under [data]: {line}   (the newest rows are then the test, as in use)", line=line),
        column=column.name,
    )


CHECK = Order()
