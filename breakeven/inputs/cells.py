"""Cells of text read as numbers and dates, a whole column at a time. What cannot be read is NaN."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Cells: TypeAlias = pa.Array | pa.ChunkedArray
Decimal = Literal[".", ","]

NO_VALUE = frozenset(
    {"na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--", "#div/0!", "#value!", "无"}
)
"""What people and programs write (in any case) where a number or a date is not known."""

_DECORATION = re.compile(r"[\s\u00a0\u202f'_$€£¥%]|usd|eur|cny|rmb", re.IGNORECASE)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_ENDS_IN_COMMA_PART = re.compile(r"\d,(\d{1,2}|\d{4,})$")
_ENDS_IN_POINT_PART = re.compile(r"\d\.(\d{1,2}|\d{4,})$")


def contiguous(cells: Cells) -> pa.Array:
    """The cells of a column as one array."""
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def to_numbers(cells: Cells, decimal: Decimal = ".") -> np.ndarray:
    """Cells as float64 (n,). Spaces, currency signs, percent signs and separated thousands are read over."""
    trimmed = pc.utf8_trim_whitespace(contiguous(cells))
    numbers = _cast(trimmed, pa.float64()) if decimal == "." else None
    if numbers is None:
        numbers = _each_distinct(trimmed, partial(read_number, decimal=decimal))
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def read_number(cell: str, decimal: Decimal = ".") -> float:
    """One cell as a number, NaN if it is none."""
    bare = _DECORATION.sub("", cell).replace("−", "-")
    if decimal == ",":
        bare = bare.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    try:
        return float(bare)
    except ValueError:
        return float("nan")


def find_decimal(cells: Cells) -> Decimal:
    """The decimal sign of a column: a comma where some cell ends like 12,5 and none ends like 12.5."""
    sample = pc.unique(pc.drop_null(contiguous(cells)))[:1000].to_pylist()
    bare = [_DECORATION.sub("", cell) for cell in sample]
    comma = any(_ENDS_IN_COMMA_PART.search(cell) for cell in bare)
    return "," if comma and not any(_ENDS_IN_POINT_PART.search(cell) for cell in bare) else "."


_TIME = (
    r"(?:[T ]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp][Mm])?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_DATES = tuple(
    re.compile(date + _TIME)
    for date in (
        r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})日?",
        r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})",
        r"(?P<d>\d{1,2})[- ](?P<name>[A-Za-z]{3})[a-z]*\.?[-, ]+(?P<y>\d{4})",
        r"(?P<name>[A-Za-z]{3})[a-z]*\.? (?P<d>\d{1,2}),? (?P<y>\d{4})",
    )
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}


def to_seconds(cells: Cells, day_first: bool = False) -> np.ndarray:
    """Cells as seconds since 1970-01-01 UTC, float64 (n,); a time without a zone counts as UTC."""
    trimmed = pc.utf8_trim_whitespace(contiguous(cells))
    seconds = _cast(trimmed, pa.timestamp("s"))
    return _each_distinct(trimmed, partial(read_seconds, day_first=day_first)) if seconds is None else seconds


def read_seconds(cell: str, day_first: bool = False) -> float:
    """One cell as seconds since 1970-01-01 UTC, NaN if it is no date. `day_first` reads 3/4/2024 as 3 April."""
    found = next((match for form in _DATES if (match := form.fullmatch(cell))), None)
    if found is None:
        return float("nan")
    parts = found.groupdict()
    try:
        moment = datetime(*_date(parts, day_first), tzinfo=UTC) + _time(parts)
    except (ValueError, KeyError):
        return float("nan")
    return moment.timestamp()


def find_day_first(cells: Cells) -> bool:
    """Whether 3/4/2024 in this column is 3 April: seen from a cell that can be read only one way."""
    sample = pc.unique(pc.drop_null(contiguous(cells)))[:1000].to_pylist()
    pairs = [
        (int(m["a"]), int(m["b"]), "." in cell) for cell in sample if (m := _DATES[1].fullmatch(cell.strip()))
    ]
    if any(second > 12 for _, second, _ in pairs):
        return False
    return any(first > 12 for first, _, _ in pairs) or any(dotted for _, _, dotted in pairs)


def _date(parts: dict[str, str | None], day_first: bool) -> tuple[int, int, int]:
    year = int(parts["y"] or 0)
    if year < 100:
        year += 2000 if year < 70 else 1900
    if parts.get("name"):
        return year, _MONTHS[str(parts["name"]).lower()], int(parts["d"] or 0)
    if parts.get("a"):
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        return (year, second, first) if day_first else (year, first, second)
    return year, int(parts["m"] or 0), int(parts["d"] or 0)


def _time(parts: dict[str, str | None]) -> timedelta:
    """The time of day as a distance from midnight UTC."""
    hour = int(parts["H"] or 0)
    if parts["half"]:
        hour = hour % 12 + (12 if str(parts["half"]).lower() == "pm" else 0)
    zone = (parts["zone"] or "Z").replace(":", "")
    east = 0 if zone == "Z" else int(zone[:3]) * 60 + int(zone[0] + zone[3:])
    return timedelta(hours=hour, minutes=int(parts["M"] or 0) - east, seconds=int(parts["S"] or 0))


def _cast(cells: pa.Array, kind: pa.DataType) -> np.ndarray | None:
    """The quick way, for columns without any oddity; None if a cell resists it."""
    try:
        numbers = pc.cast(cells, kind)
    except pa.ArrowInvalid:
        return None
    if pa.types.is_timestamp(kind):
        numbers = pc.cast(pc.cast(numbers, pa.int64()), pa.float64())
    return np.array(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def _each_distinct(cells: pa.Array, read: Callable[[str], float]) -> np.ndarray:
    """`read` on each distinct cell once, spread over the column."""
    coded = pc.dictionary_encode(cells)
    values = np.array([read(cell) for cell in coded.dictionary.to_pylist()] + [np.nan], dtype=np.float64)
    places = pc.fill_null(coded.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(values[places])
