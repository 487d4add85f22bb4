"""The shape of the rows: empty rows and columns, constant columns, huge cells, columns that differ between parts.

Columns that are missing are found before, when the files are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks.check import Check, Seen, finding
from breakeven.checks.rows import PARTS, blank_rows, input_names
from breakeven.checks.tell import value_codes
from breakeven.core.words import Message, say
from breakeven.inputs.cells import find_decimal, to_numbers
from breakeven.inputs.reader import ROW
from breakeven.records.audit import Finding
from breakeven.records.dataset import Column, Part

HUGE = 100_000
"""Characters of a cell beyond which something is wrong more often than not."""
DIFFERENT = 0.5
"""How much the share of empty cells may differ between parts."""
UNREADABLE = 0.05
UNKNOWN = 0.2


class Schema(Check):
    """What the columns hold, each by itself."""

    name: ClassVar[str] = "schema"

    def describe(self) -> Message:
        return say("empty rows and columns, constant columns, huge cells, columns that differ between parts")

    def look(self, seen: Seen) -> Iterator[Finding]:
        names = input_names(seen)
        if not seen.parts["train"].num_rows:
            yield _no_rows(seen)
            return
        yield from _left_out(seen)
        yield from _empty_columns(seen, names)
        yield from _empty_inputs(seen, names)
        yield from _differences(seen)
        yield from _huge_cells(seen, names)
        yield from _constant_columns(seen, names)


def _no_rows(seen: Seen) -> Finding:
    column = seen.project.data.answer
    return finding(
        "schema",
        "blocking",
        say("there is no row with an answer: column {column} is empty", column=column),
        say("{file}", file=seen.files["train"]),
        say("name in data.answer the column that holds the answers"),
        column=column,
    )


def _left_out(seen: Seen) -> Iterator[Finding]:
    """Rows that the audit did not take: without any cell, or without an answer."""
    empty: dict[str, np.ndarray] = seen.extras.get("empty_rows", {})  # type: ignore[assignment]
    unanswered: dict[str, np.ndarray] = seen.extras.get("unanswered", {})  # type: ignore[assignment]
    for file, rows in empty.items():
        if len(rows):
            yield finding(
                "schema", "note",
                say("{count} rows are empty in every column and were left out", count=len(rows)),
                say("{file}", file=file), say("nothing to do"), rows=rows.tolist(),
            )
    for file, rows in unanswered.items():
        if len(rows):
            yield finding(
                "schema", "warning",
                say("{count} rows have no answer and were left out", count=len(rows)),
                say("{file}, column {column}", file=file, column=seen.project.data.answer),
                say("fill in the answers, or predict them later with breakeven predict"),
                column=seen.project.data.answer, rows=rows.tolist(),
            )


def _empty_columns(seen: Seen, names: tuple[str, ...]) -> Iterator[Finding]:
    train = seen.parts["train"]
    empty = [name for name in names if train[name].null_count == train.num_rows]
    chosen = seen.project.data.input is not None
    for name in empty:
        yield finding(
            "schema",
            "blocking" if chosen or len(empty) == len(names) else "warning",
            say("column {column} is empty in every training row", column=name),
            say("{file}", file=seen.files["train"]),
            say("take it out of data.input") if chosen else say("write it into data.drop, or fill it"),
            column=name,
        )


def _empty_inputs(seen: Seen, names: tuple[str, ...]) -> Iterator[Finding]:
    """Rows with an answer but nothing to answer from."""
    for part in PARTS:
        if part not in seen.parts:
            continue
        table = seen.parts[part]
        blank = blank_rows(table, names)
        if blank.any() and not blank.all():
            yield finding(
                "schema", "warning",
                say("{count} rows have an answer but nothing in the input columns", count=int(blank.sum())),
                say("{file}", file=seen.files[part]),
                say("fill them in or delete them: nothing can be learned from them"),
                rows=table[ROW].filter(pa.array(blank)).to_pylist(),
            )


def _huge_cells(seen: Seen, names: tuple[str, ...]) -> Iterator[Finding]:
    for part in PARTS:
        for name in names if part in seen.parts else ():
            cells = seen.parts[part][name]
            huge = pc.fill_null(pc.greater(pc.utf8_length(cells), HUGE), False)
            if pc.any(huge).as_py():
                rows = seen.parts[part][ROW].filter(huge).to_pylist()
                yield finding(
                    "schema", "warning",
                    say("{count} cells of column {column} hold more than {most} characters",
                        count=len(rows), column=name, most=HUGE),
                    say("{file}", file=seen.files[part]),
                    say("look at them: a quote that was not closed swallows the rows below it"),
                    column=name, rows=rows,
                )


def _constant_columns(seen: Seen, names: tuple[str, ...]) -> Iterator[Finding]:
    train = seen.parts["train"]
    for name in names if train.num_rows > 1 else ():
        cells = train[name]
        if not cells.null_count and cells[0] == cells[-1] and pc.all(pc.equal(cells, cells[0])).as_py():
            yield finding(
                "schema", "note",
                say("column {column} has the same value in every training row", column=name),
                say("{file}", file=seen.files["train"]),
                say("it tells a model nothing; leave it out"),
                column=name,
            )


def _differences(seen: Seen) -> Iterator[Finding]:
    """Columns of a part that look different from those that were learned from."""
    for part in PARTS[1:]:
        if part not in seen.parts or not seen.parts[part].num_rows:
            continue
        for column in seen.columns:
            if column.role == "input":
                yield from _difference(seen, part, column)


def _difference(seen: Seen, part: Part, column: Column) -> Iterator[Finding]:
    train, cells = seen.parts["train"][column.name], seen.parts[part][column.name]
    where = say("{file}, column {column}", file=seen.files[part], column=column.name)
    empty, usual = cells.null_count / len(cells), train.null_count / len(train)
    if abs(empty - usual) >= DIFFERENT:
        yield finding(
            "schema", "warning",
            say("{share} of the cells of column {column} are empty here, {train_share} in the training rows",
                share=empty, train_share=usual, column=column.name),
            where,
            say("find out why before you trust a score: the parts were not made alike"),
            column=column.name,
        )
        return
    strange = _strange(train, cells, column)
    share = float(strange.mean())
    if share >= (UNREADABLE if column.kind == "number" else UNKNOWN):
        yield finding(
            "schema", "warning",
            say("{share} of the cells of column {column} are not numbers here", share=share, column=column.name)
            if column.kind == "number"
            else say("{share} of the values of column {column} never stand in the training rows",
                     share=share, column=column.name),
            where,
            say("write them as in the training rows; what a model has not seen it takes for missing"),
            column=column.name,
            rows=seen.parts[part][ROW].filter(pa.array(strange)).to_pylist(),
        )


def _strange(train: pa.ChunkedArray, cells: pa.ChunkedArray, column: Column) -> np.ndarray:
    """Which cells cannot be read as the training cells are: (n,) bool."""
    strange = np.zeros(len(cells), bool)
    known = cells.is_valid().to_numpy()
    if column.kind == "number":
        strange = known & np.isnan(to_numbers(cells, find_decimal(train)))
    if column.kind == "category" and column.distinct < len(train) / 2:
        values = pa.array([value for value in value_codes(train)[1] if value is not None], cells.type)
        strange = known & ~pc.is_in(cells, values).to_numpy()
    return strange


CHECK = Schema()
