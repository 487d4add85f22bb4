"""Quality by the truth that came back: over all, by day and week, and where it is worst."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc

from breakeven.inputs.cells import read_number
from breakeven.monitoring.quality import FEWEST, accuracy
from breakeven.monitoring.users import share_of
from breakeven.monitoring.window import Window
from breakeven.records.artifact import Artifact
from breakeven.records.dataset import Column
from breakeven.records.health import Estimate, Period, SliceQuality

MOST_SLICES = 20
MOST_VALUES = 20
"""Values of a category, and true classes, that are looked at: the most frequent."""


def told_accuracy(window: Window) -> Estimate | None:
    """The share of right answers among those whose truth came back."""
    table = window.users.table()
    none = np.zeros(0)
    if table is None:
        return share_of(window.total("right"), window.total("truths"), none, none)
    sums = table.group_by("user").aggregate([("right", "sum"), ("truths", "sum")])
    counts = [sums.column(f"{name}_sum").to_numpy() for name in ("right", "truths")]
    return share_of(window.total("right"), window.total("truths"), *counts)


def periods_of(window: Window) -> tuple[Period, ...]:
    """Every day and, where there is more than one, every week (from Monday), the oldest first."""
    weeks: dict[date, Counter[str]] = defaultdict(Counter)
    for day, counts in window.days.items():
        weeks[day - timedelta(days=day.weekday())].update(counts)
    found = [_period("day", day, counts) for day, counts in sorted(window.days.items())]
    if len(weeks) > 1:
        found += [_period("week", week, counts) for week, counts in sorted(weeks.items())]
    return tuple(found)


def _period(kind: str, begins: date, counts: Counter[str]) -> Period:
    return Period.model_validate({"kind": kind, "begins": begins.isoformat(), "answers": counts["answers"],
                                  "accuracy": accuracy(counts["right"], counts["truths"])})  # fmt: skip


def mean_reward(window: Window) -> Estimate | None:
    """The mean of the rewards with its normal interval; None when fewer than FEWEST came."""
    count, total, squares = window.rewards
    if count < FEWEST:
        return None
    mean = total / count
    error = 1.96 * float(np.sqrt(max(squares / count - mean**2, 0.0) / (count - 1)))
    return Estimate(value=float(mean), low=float(mean - error), high=float(mean + error), rows=int(count))


# --- slices


def slices_of(window: Window, artifact: Artifact) -> tuple[SliceQuality, ...]:
    """The accuracy of parts of the rows that are known with truth and inputs, the worst first."""
    told = window.told.rows()
    if told.num_rows < FEWEST:
        return ()
    right = np.asarray(pc.equal(told.column("answer"), told.column("truth")))
    inputs = [json.loads(line) for line in told.column("inputs").to_pylist()]
    found = [SliceQuality(column=artifact.answer, value=value, accuracy=one)
             for value, rows in _by_value(told.column("truth").to_pylist())
             if (one := accuracy(int(right[rows].sum()), len(rows)))]  # fmt: skip
    for column in artifact.columns:
        name = f"len({column.name})" if column.kind == "text" else column.name
        for value, rows in _cuts(column, [row.get(column.name) for row in inputs]):
            one = accuracy(int(right[rows].sum()), len(rows))
            if one is not None:
                found.append(SliceQuality(column=name, value=value, accuracy=one))
    return tuple(sorted(found, key=lambda one: one.accuracy.value)[:MOST_SLICES])


def _cuts(column: Column, cells: Sequence[str | None]) -> Iterator[tuple[str, np.ndarray]]:
    """Categories by value, numbers and lengths of texts by quarter."""
    if column.kind == "category":
        yield from _by_value(cells)
    elif column.kind == "number":
        yield from _quarters(np.array([np.nan if cell is None else read_number(cell) for cell in cells]))
    elif column.kind == "text":
        yield from _quarters(np.array([float(len(cell or "")) for cell in cells]))


def _by_value(cells: Sequence[str | None]) -> Iterator[tuple[str, np.ndarray]]:
    of = np.array(["—" if cell is None else cell for cell in cells], object)
    for value, _ in Counter(of.tolist()).most_common(MOST_VALUES):
        yield str(value)[:60], np.flatnonzero(of == value)


def _quarters(numbers: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return
    quarter = np.searchsorted(np.unique(np.quantile(known, [0.25, 0.5, 0.75])), numbers, "left")
    for place in np.unique(quarter[np.isfinite(numbers)]):
        rows = np.flatnonzero((quarter == place) & np.isfinite(numbers))
        yield f"{numbers[rows].min():.6g} … {numbers[rows].max():.6g}", rows
