"""Price lists that the user brought in himself, kept as `.breakeven/prices/*.csv` of his project.

A file has the columns of `data/offers.csv` or of `data/hosted.csv`. A row without a price never gets in: it is counted.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from breakeven.core.errors import DataError, UsageError
from breakeven.core.words import N_, Message, say
from breakeven.prices.layers import Layers
from breakeven.prices.tables import hosted_of, offer_of
from breakeven.store import FOLDER, write_bytes

OFFERS = (
    "provider", "item", "cores", "memory_gib", "processor", "gpu", "gpus", "usd_per_hour", "spot_usd_per_hour",
    "reserved_usd_per_hour", "reserved_months", "marketplace", "region", "source", "date",
)  # fmt: skip
HOSTED = (
    "provider", "item", "usd_per_1m_input", "usd_per_1m_output", "usd_per_1m_cached_input", "usd_per_1m_batch_input",
    "usd_per_1m_batch_output", "own_name", "source", "date",
)  # fmt: skip

EARLIEST_YEAR = 2020
"""Files out of archives often bear the day on which computers begin to count."""
NO_PRICE = N_("no price")
NEGATIVE = N_("a negative price")
ABSURD = N_("an absurd price")
TWICE = N_("the same again, dearer or in another region")


@dataclass
class PriceList:
    """What was read of a list: rows for a price table, and how many were left out for which reason."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def price(cell: object, least: float, most: float) -> tuple[float | None, str]:
    """A price as a number, or None and why not. What lies outside `least`…`most` is a slip, not a price."""
    try:
        number = float(str(cell)) if cell not in (None, "") and not isinstance(cell, bool) else None
    except ValueError:
        number = None
    if number is None or math.isnan(number) or number == 0:
        return None, NO_PRICE
    if number < 0:
        return None, NEGATIVE
    return (number, "") if least <= number <= most else (None, ABSURD)


def written(number: float) -> str:
    """A price as the tables write it: ten digits that count."""
    return f"{number:.10g}"


def date_of(file: Path) -> str:
    """The day on which the file was last written. Raises UsageError when that was before such lists were made."""
    day = datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
    if day.year < EARLIEST_YEAR:
        raise UsageError(say("the date of the list is not known: the file says {date}", date=day.isoformat()),
                         str(file), say("say of which day its prices are: --date 2026-11-20"))  # fmt: skip
    return day.isoformat()


def folder_of(project_folder: Path) -> Path:
    """Where the imported lists of a project lie."""
    return project_folder / FOLDER / "prices"


def keep(found: PriceList, file: Path) -> None:
    """Write a list to a file. Raises DataError when nothing in it has a price, StorageError."""
    if not found.rows:
        hint = (*left_out(found), say("it is empty"))[0]
        raise DataError(say("no row of the list has a price that can be used"), str(file), hint)
    text = io.StringIO()
    table = csv.DictWriter(text, found.columns, lineterminator="\n")
    table.writeheader()
    table.writerows(found.rows)
    write_bytes(file, text.getvalue().encode())


def left_out(found: PriceList) -> tuple[Message, ...]:
    """How many rows are not in the list, and why, the most frequent reason first."""
    most = found.left_out.most_common()
    return tuple(say("left out: {count} × {why}", count=count, why=say(why)) for why, count in most)


def imported(project_folder: Path) -> Layers:
    """All imported lists of a project, by the names of their files. Raises DataError for one that is damaged."""
    found = Layers()
    for file in sorted(folder_of(project_folder).glob("*.csv")):
        found = found.over(read_list(file))
    return found


def read_list(file: Path) -> Layers:
    """The prices of one file that `keep` wrote. Raises DataError."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            table = csv.DictReader(lines)
            rows, columns = list(table), tuple(table.fieldnames or ())
        if columns == OFFERS:
            return Layers(offers=tuple(offer_of(row, "imported") for row in rows))
        if columns == HOSTED:
            return Layers(hosted=tuple(hosted_of(row, "imported") for row in rows))
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, KeyError, TypeError, ValidationError):
        pass
    raise DataError(say("an imported price list is damaged"), str(file),
                    say("delete it, or import the list again: breakeven prices import"))  # fmt: skip
