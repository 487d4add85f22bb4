"""What is compared of one input column: its cells, its values, and what its texts are like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from scipy import stats

from breakeven.core.words import Message, say
from breakeven.inputs.cells import read_number
from breakeven.monitoring.drift import Compared, Kind, compare_levels, compare_numbers
from breakeven.monitoring.languages import language_of
from breakeven.monitoring.words import compare_words, words_of
from breakeven.records.dataset import Column

Cells = Sequence[str | None]
Some = TypeVar("Some", bound=Any)
THERE = "✓"
INSIDE = "∈"
FACTORS = (1000.0, 100.0, 10.0, 60.0, 3600.0, 24.0, 12.0, 1024.0, 2.2046, 2.54, 1.609, 0.3048)
"""What units differ by: thousand, hundred, ten; time; kibi; pounds, inches, miles, feet. Each both ways."""
SAME_SHAPE = 0.25
"""Another unit is suspected where dividing by its factor takes three quarters of the distance away."""

TEXT_FEATURES: dict[str, Callable[[str], float]] = {
    "characters": lambda text: float(len(text)),
    "words": lambda text: float(len(text.split())),
    "chinese": lambda text: sum("一" <= sign <= "鿿" for sign in text) / max(1, len(text)),
    "digits": lambda text: sum(sign.isdigit() for sign in text) / max(1, len(text)),
    "capitals": lambda text: sum(sign.isupper() for sign in text) / max(1, len(text)),
}
"""Numbers that are made of a text; beside them stand its language, its words, and the share of words never seen."""


KIND_OF: dict[str, Kind] = {
    "missing": "cells", "new values": "cells", "out of range": "cells", "single words": "words",
}  # fmt: skip


def column_shifts(column: Column, before: Cells, now: Cells) -> list[tuple[Kind, str, Compared]]:
    """All comparisons of one input column, named `column` for its values and `column: what` for what is made of it."""
    found: list[tuple[str, Compared | None]] = [("missing", _missing(before, now))]
    if column.kind == "number":
        found += _numbers_shifts(numbers_of(before), numbers_of(now))
    elif column.kind == "category":
        found += [("", compare_levels(before, now)), ("new values", _new_values(before, now))]
    elif column.kind == "text":
        found += _texts([cell or "" for cell in before], [cell or "" for cell in now])
    kind: Kind = "text" if column.kind == "text" else "column"
    return [(KIND_OF.get(what, kind), f"{column.name}: {what}" if what else column.name, compared)
            for what, compared in found if compared is not None]  # fmt: skip


def numbers_of(cells: Cells) -> np.ndarray:
    """Cells as numbers (n,), NaN for what is none."""
    return np.array([np.nan if cell is None else read_number(cell) for cell in cells], float)


def _missing(before: Cells, now: Cells) -> Compared | None:
    return compare_levels(*([None if cell is None else THERE for cell in cells] for cells in (before, now)))


# --- numbers


def _numbers_shifts(before: np.ndarray, now: np.ndarray) -> list[tuple[str, Compared | None]]:
    """The values, with the unit that they may be in now, and the share outside of what was ever seen."""
    values = compare_numbers(before, now)
    if values is not None:
        values = replace(values, note=_other_unit(before, now, values.effect))
    known, held = _halves(before[np.isfinite(before)])
    if not len(known):
        return [("", values)]
    low, high = known.min(), known.max()
    sides = [_flags((side < low) | (side > high)) for side in (held, now[np.isfinite(now)])]
    return [("", values), ("out of range", compare_levels(*sides))]


def _other_unit(before: np.ndarray, now: np.ndarray, effect: float) -> Message | None:
    """What the numbers are multiplied by now, where one usual factor explains the shift."""
    found, came = before[np.isfinite(before)], now[np.isfinite(now)]
    if effect < 0.1:
        return None
    tried = {factor: float(stats.ks_2samp(found, came / factor, method="asymp").statistic)
             for plain in FACTORS for factor in (plain, 1 / plain)}  # fmt: skip
    factor = min(tried, key=lambda one: tried[one])
    if tried[factor] > SAME_SHAPE * effect:
        return None
    return say("as if multiplied by {value}: another unit?", value=factor)


# --- categories


def _new_values(before: Cells, now: Cells) -> Compared | None:
    """The share of rows with a value that half of the known rows never had, beside that of the other half."""
    known, held = _halves(before)
    levels = {None, *known}
    found = compare_levels(*(_flags(np.array([cell not in levels for cell in side], bool)) for side in (held, now)))
    new = Counter(cell for cell in now if cell not in levels)
    if found is None or not new:
        return found
    (level, rows), *_ = new.most_common(1)
    return replace(found, now=say("{name} in {share} of the rows", name=str(level)[:40], share=rows / len(now)))


def _flags(outside: np.ndarray) -> list[str | None]:
    return [None if one else INSIDE for one in outside]


def _halves(cells: Some) -> tuple[Some, Some]:
    """Every second row, and the others: what is learned on one half is measured on the other."""
    return cells[::2], cells[1::2]


# --- texts


def _texts(before: Sequence[str], now: Sequence[str]) -> list[tuple[str, Compared | None]]:
    found = [
        (name, compare_numbers(np.array([feature(text) for text in before]), np.array([feature(t) for t in now])))
        for name, feature in TEXT_FEATURES.items()
    ]
    known, held = _halves([words_of(text) for text in before])
    seen = {word for words in known for word in words}
    came = [words_of(text) for text in now]
    return [
        *found,
        ("language", compare_levels([language_of(text) for text in before], [language_of(text) for text in now])),
        ("new words", compare_numbers(_strange(held, seen), _strange(came, seen))),
        ("single words", compare_words([*known, *held], came)),
    ]


def _strange(texts: Sequence[Sequence[str]], known: set[str]) -> np.ndarray:
    """Of each text the share of words that are not known."""
    return np.array([sum(word not in known for word in words) / max(1, len(words)) for words in texts])
