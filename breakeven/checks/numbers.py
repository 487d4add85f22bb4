"""The answers of a task that asks for a number: readable, not all the same, without values from another world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pyarrow as pa

from breakeven.checks.check import Check, Seen, finding
from breakeven.checks.rows import PARTS
from breakeven.core.words import Message, say
from breakeven.inputs.cells import contiguous
from breakeven.inputs.reader import ROW
from breakeven.outputs.number import read_number
from breakeven.records.audit import Finding
from breakeven.records.dataset import Part

FAR = 10.0
"""So many interquartile ranges beyond the quartiles a value is far out."""
SKEWED = 5.0
SAME = 0.5


class Numbers(Check):
    """Whether the numbers can be learned, and which metric they ask for."""

    name: ClassVar[str] = "numbers"

    def describe(self) -> Message:
        return say("answers that are not numbers, constant, far from all others, or very skewed")

    def look(self, seen: Seen) -> Iterator[Finding]:
        if seen.task.output != "number":
            return
        for part in PARTS:
            if part in seen.parts:
                yield from _unreadable(seen, part)
        values = _values(seen, "train")
        values = values[~np.isnan(values)]
        if len(values) and values.min() == values.max():
            yield _constant(seen, float(values[0]))
        elif len(values):
            yield from _far(seen)
            yield from _crowded(seen, values)
            yield from _skewed(seen, values)


def _values(seen: Seen, part: Part) -> np.ndarray:
    """The answers of a part as float64 (n,), NaN for what is not a number."""
    coded = contiguous(seen.parts[part][seen.project.data.answer]).dictionary_encode()
    read = np.array([read_number(value) for value in coded.dictionary.to_pylist()] + [np.nan])
    values: np.ndarray = read[coded.indices.fill_null(len(read) - 1).to_numpy(zero_copy_only=False)]
    return values


def _where(seen: Seen, part: Part = "train") -> Message:
    return say("{file}, column {column}", file=seen.files[part], column=seen.project.data.answer)


def _unreadable(seen: Seen, part: Part) -> Iterator[Finding]:
    wrong = np.isnan(_values(seen, part))
    if wrong.any():
        first = seen.parts[part][seen.project.data.answer][int(np.flatnonzero(wrong)[0])].as_py()
        yield finding(
            "numbers", "blocking",
            say("{count} answers are not numbers, for example {answer}",
                count=int(wrong.sum()), answer=repr((first or "")[:40])),
            _where(seen, part),
            say("write plain numbers, delete the rows, or use a task with classes"),
            column=seen.project.data.answer,
            rows=seen.parts[part][ROW].filter(pa.array(wrong)).to_pylist(),
        )


def _constant(seen: Seen, value: float) -> Finding:
    return finding(
        "numbers", "blocking",
        say("every answer is {value}: there is nothing to learn", value=value),
        _where(seen),
        say("add rows with other answers, or name the right column in data.answer"),
        column=seen.project.data.answer,
    )


def _far(seen: Seen) -> Iterator[Finding]:
    values = _values(seen, "train")
    low, high = np.nanquantile(values, [0.25, 0.75])
    far = (values < low - FAR * (high - low)) | (values > high + FAR * (high - low))
    if far.any() and high > low:
        worst = float(values[np.argmax(np.where(far, np.abs(values - (low + high) / 2), -1.0))])
        yield finding(
            "numbers", "warning",
            say("{count} answers lie far from all others, for example {value}; half of all lie from {low} to {high}",
                count=int(far.sum()), value=worst, low=float(low), high=float(high)),
            _where(seen),
            say("look for a wrong unit or a code such as 9999; a few such rows rule the squared error"),
            column=seen.project.data.answer,
            rows=seen.parts["train"][ROW].filter(pa.array(far)).to_pylist(),
        )


def _crowded(seen: Seen, values: np.ndarray) -> Iterator[Finding]:
    found, counts = np.unique(values, return_counts=True)
    share = float(counts.max() / len(values))
    if share >= SAME:
        yield finding(
            "numbers", "note",
            say("{share} of the answers are {value}", share=share, value=float(found[counts.argmax()])),
            _where(seen),
            say("consider two questions: whether it is this value, and if not, how much it is"),
            column=seen.project.data.answer,
            count=int(counts.max()),
        )


def _skewed(seen: Seen, values: np.ndarray) -> Iterator[Finding]:
    """Skewness by its moments: the mean cube of the standardised values."""
    skew = float((((values - values.mean()) / values.std()) ** 3).mean())
    if abs(skew) >= SKEWED and (seen.project.target.metric or seen.task.metric) in ("rmse", "mse", "r2"):
        yield finding(
            "numbers", "note",
            say("the answers are very skewed ({skew}): a few large ones rule the squared error", skew=skew),
            _where(seen),
            say('if an error of ten per cent is as bad for small ones as for large ones, use metric = "mae" '
                "or the logarithm of the answer"),
            column=seen.project.data.answer,
        )


CHECK = Numbers()
