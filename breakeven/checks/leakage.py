"""Columns that know the answer before the model does, and columns that only number the rows.

A leak is found by what a column says of the answer alone, on rows it was not counted on. It blocks the run where
the inputs were not named (the project takes "all columns"), because the score would be a sham; an input that the
project names, or the only one there is, is a decision already taken, and only warned about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks import tags, tell
from breakeven.checks.check import MOST_ROWS, Check, Seen, finding
from breakeven.checks.identifiers import is_identifier
from breakeven.core.words import Message, say
from breakeven.inputs.cells import to_numbers
from breakeven.inputs.reader import ROW
from breakeven.outputs import OUTPUTS
from breakeven.records.audit import Finding
from breakeven.records.dataset import Column

MOST_SAMPLED = 50_000
FEWEST_RARE = 10
"""So many rows must differ from the most frequent answer before a column can be said to know it."""
LEFT_WRONG = 0.025
"""A leak leaves at most this share of the mistakes that always giving the most frequent answer makes."""
LEAKING_AUC = 0.998
CLOSE = 0.9999
RARE, RARE_COVERED = 0.1, 0.05
USUAL_COVERED = 0.3
TOGETHER = 0.9


@dataclass(frozen=True)
class Leak:
    """Something that gives the answer away: how bad, by which columns, in words, with example rows."""

    level: Literal["blocking", "warning"]
    columns: tuple[str, ...]
    what: Message
    rows: tuple[int, ...] = ()
    count: int = 0


class Leakage(Check):
    """What gives the answer away."""

    name: ClassVar[str] = "leakage"

    def describe(self) -> Message:
        return say("columns that give the answer away by themselves, and columns that only number the rows")

    def look(self, seen: Seen) -> Iterator[Finding]:
        train = seen.parts["train"]
        if not train.num_rows or OUTPUTS.get(seen.task.output).reads_answer:
            return
        columns = tuple(column for column in seen.columns if column.role == "input")
        names = [column.name for column in columns if is_identifier(train[column.name], column)]
        leaks = _leaks(seen, _sample(train, seen.seed), tuple(c for c in columns if c.name not in names))
        told = {*names, *(name for leak in leaks for name in leak.columns)}
        hint = _hint(seen, [column.name for column in columns if column.name in told])
        for leak in leaks:
            where = _where(seen, leak.columns)
            yield finding("leakage", leak.level, leak.what, where, hint, leak.columns[0], leak.rows, leak.count)
        for name in names:
            what = say("column {column} is an identifier: it is different in every row", column=name)
            yield finding("leakage", "warning", what, _where(seen, (name,)), hint, column=name)


def _leaks(seen: Seen, rows: pa.Table, columns: tuple[Column, ...]) -> list[Leak]:
    """What leaks, the surest first. `rows` is a sample of the training rows."""
    answers = rows[seen.project.data.answer]
    if not seen.labels:
        return _number_leaks(seen, rows, to_numbers(answers), columns)
    classes = pc.fill_null(pc.index_in(answers, pa.array(seen.labels, answers.type)), -1).to_numpy()
    rows, classes = rows.filter(pa.array(classes >= 0)), classes[classes >= 0].astype(np.int64)
    if len(classes) - np.bincount(classes, minlength=1).max() < FEWEST_RARE:
        return []
    whole = [leak for column in columns if (leak := _label_leak(seen, rows, classes, column))]
    gone = {name for leak in whole for name in leak.columns}
    rest = [column for column in columns if column.name not in gone]
    return whole + _settling(seen, rows, classes, rest) + _written_out(seen, rows, classes, rest)


def _label_leak(seen: Seen, rows: pa.Table, classes: np.ndarray, column: Column) -> Leak | None:
    """A column from which the class of nearly every row can be read."""
    most_wrong = LEFT_WRONG * (1 - np.bincount(classes).max() / len(classes))
    cells = rows[column.name]
    if column.kind == "text":
        return _tag_leak(seen, cells, classes, column.name, most_wrong)
    values = tell.amounts(cells, column)
    error = tell.map_error(tell.value_codes(cells)[0], classes, seen.seed)
    if values is not None:
        error = min(error, tell.map_error(tell.bins(values), classes, seen.seed))
        auc = tell.ranking_auc(values, classes) if len(seen.labels) == 2 else 0.0
        if auc >= LEAKING_AUC:
            what = say(
                "column {column} gives the answer away: the order of its values alone has a ROC AUC of {auc}",
                column=column.name, auc=auc,
            )
            return Leak(_level(seen), (column.name,), what)
    if error > most_wrong:
        return None
    what = say(
        "column {column} gives the answer away: alone it is right on {share} of the rows",
        column=column.name, share=1 - error,
    )
    return Leak(_level(seen), (column.name,), what)


def _tag_leak(seen: Seen, cells: pa.ChunkedArray, classes: np.ndarray, name: str, most_wrong: float) -> Leak | None:
    """A text that begins or ends with a tag from which the class can be read."""
    first = tags.end_word_error(cells, classes, tags.FIRST, seen.seed)
    if first <= most_wrong:
        return Leak(_level(seen), (name,), say(
            "the first word of {column} gives the answer away: it is right on {share} of the rows",
            column=name, share=1 - first,
        ))
    last = tags.end_word_error(cells, classes, tags.LAST, seen.seed)
    if last <= most_wrong:
        return Leak(_level(seen), (name,), say(
            "the last word of {column} gives the answer away: it is right on {share} of the rows",
            column=name, share=1 - last,
        ))
    return None


def _written_out(seen: Seen, rows: pa.Table, classes: np.ndarray, columns: list[Column]) -> list[Leak]:
    """Labels that stand as a word in nearly every text of their class."""
    found = []
    for column in columns:
        told = tags.written_out(rows[column.name], classes, seen.labels) if column.kind == "text" else {}
        if told:
            examples = np.concatenate(list(told.values()))
            what = say(
                "column {column} says the answer: these labels stand as words in nearly every text of theirs: {labels}",
                column=column.name, labels=list(told),
            )
            found.append(Leak("warning", (column.name,), what, _numbers(rows, examples), len(examples)))
    return found


def _settling(seen: Seen, rows: pa.Table, classes: np.ndarray, columns: list[Column]) -> list[Leak]:
    """Columns of which one value alone settles a class, one by one or all together."""
    level = _level(seen) if len(seen.labels) == 2 else "warning"
    settled = [(c.name, s) for c in columns for s in tell.settled_values(rows[c.name], classes)]
    found = []
    for label in sorted({value.label for _, value in settled}):
        values = [(name, value) for name, value in settled if value.label == label]
        total = int((classes == label).sum())
        covered = np.unique(np.concatenate([value.rows for _, value in values]))
        names = tuple(dict.fromkeys(name for name, _ in values))
        if len(names) > 1 and len(covered) >= TOGETHER * total:
            what = say(
                "together the columns {columns} settle {share} of the rows with the answer {label}",
                columns=names, share=len(covered) / total, label=seen.labels[label],
            )
            found.append(Leak(level, names, what, _numbers(rows, covered), len(covered)))
        least = RARE_COVERED if total <= RARE * len(classes) else USUAL_COVERED
        for name, value in values:
            if len(value.rows) >= least * total:
                what = _settled_words(seen, value, name, len(value.rows) / total)
                found.append(Leak(level, (name,), what, _numbers(rows, value.rows), len(value.rows)))
    return found


def _numbers(rows: pa.Table, places: np.ndarray) -> tuple[int, ...]:
    """The row numbers of the first few rows at some places."""
    return tuple(rows[ROW].take(pa.array(places[:MOST_ROWS])).to_pylist())


def _settled_words(seen: Seen, settled: tell.Settled, name: str, coverage: float) -> Message:
    count, label = len(settled.rows), seen.labels[settled.label]
    if settled.value is None:
        return say(
            "an empty cell in column {column} always means the answer {label} ({count} rows, {share} of them)",
            column=name, label=label, count=count, share=coverage,
        )
    return say(
        "the value {value} in column {column} always means the answer {label} ({count} rows, {share} of them)",
        value=settled.value, column=name, label=label, count=count, share=coverage,
    )


def _number_leaks(seen: Seen, rows: pa.Table, target: np.ndarray, columns: tuple[Column, ...]) -> list[Leak]:
    """Columns from which the number can be computed."""
    known = ~np.isnan(target)
    rows, target = rows.filter(pa.array(known)), target[known]
    if len(target) < 2 * FEWEST_RARE or target.min() == target.max():
        return []
    found: list[Leak] = []
    for column in columns:
        cells = rows[column.name]
        values = tell.amounts(cells, column)
        close = 0.0 if values is None else tell.closeness(values, target)
        close = max(close, tell.map_r2(tell.value_codes(cells)[0], target, seen.seed))
        if close >= CLOSE:
            what = say(
                "column {column} gives the answer away: the answer can be computed from it alone",
                column=column.name,
            )
            found.append(Leak(_level(seen), (column.name,), what))
    return found


def _sample(train: pa.Table, seed: int) -> pa.Table:
    if train.num_rows <= MOST_SAMPLED:
        return train
    rows = np.random.default_rng(seed).choice(train.num_rows, MOST_SAMPLED, replace=False)
    return train.take(pa.array(np.sort(rows)))


def _level(seen: Seen) -> Literal["blocking", "warning"]:
    """A leak blocks where all columns were taken; a column that was named, or is the only one, was meant."""
    inputs = [column for column in seen.columns if column.role == "input"]
    return "blocking" if seen.project.data.input is None and len(inputs) > 1 else "warning"


def _where(seen: Seen, columns: tuple[str, ...]) -> Message:
    return say("{file}, columns {columns}", file=seen.files["train"], columns=columns)


def _hint(seen: Seen, columns: list[str]) -> Message:
    """The line to write, with all columns of all findings in it."""
    data = seen.project.data
    if data.input is None:
        line = f"drop = {json.dumps([*data.drop, *columns], ensure_ascii=False)}"
        return say(
            "write under [data]: {line}   (a column that is truly known when the question is asked may stay: "
            "then name all inputs in data.input)",
            line=line,
        )
    return say("if it is not known when the question is asked, take it out of data.input: {columns}", columns=columns)


CHECK = Leakage()
