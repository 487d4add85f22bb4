"""Rows as a table of numbers, the way that trees read them: nothing scaled, missing is NaN, categories are codes.

| kind of column | becomes |
|---|---|
| number | itself |
| category | the place of its level among the levels in natural order (A2 before A10); unseen or missing is NaN |
| date | day since 1970, month, day of the month, weekday, hour |
| text | characters, words, share of digits, share of capitals |

The order of codes matters: levels such as A11, A12 or "1-5 years" are often ordered by their names, and a tree that
may split codes by their order then needs one split where it would need several on unordered ones.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.inputs.cells import Decimal, contiguous, find_day_first, find_decimal, to_numbers, to_seconds
from breakeven.inputs.columns import MOST_LEVELS
from breakeven.inputs.input import View
from breakeven.inputs.values import Value, Values
from breakeven.records.dataset import Column

Settings = dict[str, Any]
"""What was learned of a column: its kind, and its levels, decimal sign or order of day and month."""

DAY = 86_400.0
DATE_PARTS = ("day", "month", "day of month", "weekday", "hour")
TEXT_PARTS = ("characters", "words", "digits", "capitals")


class Frame(View):
    """A float64 array (n, d), C order. `names` are the features, `categorical` the places of category codes."""

    name: ClassVar[str] = "frame"

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.kinds = {column.name: column.kind for column in columns}
        self.learned: dict[str, Settings] = {}
        self._codes: dict[str, dict[str | None, float]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The features in the order of the array, `date: month` for a part of a column."""
        return tuple(
            f"{column}: {part}" if part else column
            for column, kind in self.kinds.items()
            for part in _PARTS[kind]
        )

    @property
    def categorical(self) -> tuple[int, ...]:
        """Which features are category codes."""
        return self._places("category")

    @property
    def numeric(self) -> tuple[int, ...]:
        """Which features are columns of numbers."""
        return self._places("number")

    def fit(self, rows: pa.Table, target: np.ndarray) -> np.ndarray:
        """Learn levels and formats; the target is not looked at."""
        self.learned = {
            name: _LEARN[kind](contiguous(rows.column(name))) for name, kind in self.kinds.items()
        }
        return self.transform(rows)

    def transform(self, rows: pa.Table) -> np.ndarray:
        frame = np.empty((rows.num_rows, len(self.names)))
        start = 0
        for name, kind in self.kinds.items():
            width = len(_PARTS[kind])
            _READ[kind](contiguous(rows.column(name)), self.learned[name], frame[:, start : start + width])
            start += width
        return frame

    def transform_values(self, values: Values) -> np.ndarray:
        """As `transform`; numbers and known levels are taken as they are, all else by way of text."""
        matrix = self._numbers_alone(values)
        if matrix is not None:
            return matrix
        frame = np.empty((values.num_rows, len(self.names)))
        start = 0
        for name, kind in self.kinds.items():
            width = len(_PARTS[kind])
            out = frame[:, start : start + width]
            codes = self._codes_of(name, values) if kind == "category" else None
            if codes is not None:
                out[:, 0] = codes
            elif kind == "number":
                out[:, 0] = _numbers(values.column(name), self.learned[name]["decimal"])
            else:
                _READ[kind](pa.array(values.texts(name), pa.large_string()), self.learned[name], out)
            start += width
        return frame

    def _numbers_alone(self, values: Values) -> np.ndarray | None:
        """All rows at once, where every column holds numbers and nothing but numbers came."""
        if any(column.kind != "number" or column.name != name
               for column, name in zip(values.columns, self.kinds, strict=True)):  # fmt: skip
            return None
        return _finite([value for row in values.rows for value in row], (values.num_rows, len(self.kinds)))

    def _codes_of(self, name: str, values: Values) -> list[float] | None:
        """The codes of levels; None where a blank beside a text might hide one."""
        if name not in self._codes:
            self._codes[name] = {level: float(code) for code, level in enumerate(self.learned[name]["levels"])}
        codes, texts = self._codes[name], values.texts(name)
        if any(text is not None and text not in codes and (text[0].isspace() or text[-1].isspace()) for text in texts):
            return None
        return [codes.get(text, math.nan) for text in texts]

    def save(self, folder: Path) -> None:
        content = {"kinds": self.kinds, "learned": self.learned}
        (folder / "frame.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        content = json.loads((folder / "frame.json").read_text(encoding="utf-8"))
        frame = cls(())
        frame.kinds, frame.learned = content["kinds"], content["learned"]
        return frame

    def _places(self, wanted: str) -> tuple[int, ...]:
        kinds = [kind for kind in self.kinds.values() for _ in _PARTS[kind]]
        return tuple(place for place, kind in enumerate(kinds) if kind == wanted)


def _numbers(cells: list[Value], decimal: Decimal) -> np.ndarray:
    """A column of numbers (n,): those that came as numbers as they are, texts as in a file."""
    numbers = _finite(cells, (len(cells),))
    if numbers is not None:
        return numbers
    texts = [cell if isinstance(cell, str) and cell else None for cell in cells]
    numbers = to_numbers(pa.array(texts, pa.large_string()), decimal)
    for place, cell in enumerate(cells):
        if type(cell) in _NUMBERS and cell is not None:
            with contextlib.suppress(OverflowError):
                numbers[place] = float(cell)
    return numbers


def _finite(cells: list[Value], shape: tuple[int, ...]) -> np.ndarray | None:
    """Numbers as an array, NaN for what is missing or too large; None where anything else is among them."""
    if not _NUMBERS.issuperset(map(type, cells)):
        return None
    try:
        numbers = np.array(cells, np.float64).reshape(shape)
    except OverflowError:
        return None
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def natural_key(level: str) -> list[tuple[int, float, str]]:
    """Sorts text with the numbers in it by value: A2 before A10."""
    return [
        (0, float(piece), "") if piece.isdecimal() else (1, 0.0, piece) for piece in re.split(r"(\d+)", level)
    ]


def _learn_levels(cells: pa.Array) -> Settings:
    counted = pc.value_counts(pc.drop_null(pc.utf8_trim_whitespace(cells)))
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    frequent = [level for level, _ in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:MOST_LEVELS]]
    return {"levels": sorted(frequent, key=natural_key)}


def _read_levels(cells: pa.Array, learned: Settings, out: np.ndarray) -> None:
    levels = pa.array(learned["levels"], cells.type)
    codes = pc.index_in(pc.utf8_trim_whitespace(cells), value_set=levels, skip_nulls=True)
    out[:, 0] = pc.cast(codes, pa.float64()).to_numpy(zero_copy_only=False)


def _read_number(cells: pa.Array, learned: Settings, out: np.ndarray) -> None:
    out[:, 0] = to_numbers(cells, learned["decimal"])


def _read_date(cells: pa.Array, learned: Settings, out: np.ndarray) -> None:
    seconds = to_seconds(cells, learned["day_first"])
    known = ~np.isnan(seconds)
    days = np.floor(seconds[known] / DAY).astype(np.int64).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    parts = (
        seconds[known] / DAY,
        months.astype(np.int64) % 12 + 1,
        (days - months).astype(np.int64) + 1,
        (days.astype(np.int64) + 3) % 7,  # 1970-01-01 was a Thursday; Monday is 0
        np.floor(seconds[known] % DAY / 3600),
    )
    out[:] = np.nan
    out[known] = np.stack(parts, axis=1)


def _read_text(cells: pa.Array, learned: Settings, out: np.ndarray) -> None:
    text = pc.fill_null(pc.utf8_trim_whitespace(cells), "")
    counts = (
        pc.utf8_length(text),
        pc.add(pc.count_substring_regex(text, r"\s+"), 1),
        pc.count_substring_regex(text, r"[0-9]"),
        pc.count_substring_regex(text, r"\p{Lu}"),
    )
    out[:] = np.stack([count.to_numpy(zero_copy_only=False) for count in counts], axis=1)
    out[:, 2:] /= np.maximum(out[:, :1], 1)


_NUMBERS = frozenset((int, float, type(None)))
_PARTS: dict[str, tuple[str, ...]] = {
    "number": ("",),
    "category": ("",),
    "date": DATE_PARTS,
    "text": TEXT_PARTS,
}
_LEARN: dict[str, Callable[[pa.Array], Settings]] = {
    "number": lambda cells: {"decimal": find_decimal(cells)},
    "category": _learn_levels,
    "date": lambda cells: {"day_first": find_day_first(cells)},
    "text": lambda cells: {},
}
_READ: dict[str, Callable[[pa.Array, Settings, np.ndarray], None]] = {
    "number": _read_number,
    "category": _read_levels,
    "date": _read_date,
    "text": _read_text,
}
