"""Rows in the order of time are noticed where they are split at random."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from check_cases import Cells, loans, look, seen

DAYS = [(date(2023, 1, 1) + timedelta(days=i)).isoformat() for i in range(300)]


def series(rows: int = 300) -> Cells:
    load = np.cumsum(np.random.default_rng(0).normal(0, 1, rows))
    return {"day": DAYS[:rows], "wind": np.random.default_rng(1).normal(0, 1, rows).tolist(), "load": load.tolist()}


def orders(cells: Cells, **settings):
    return look("order", seen(cells, task="regression", answer="load", own_split=True, **settings))


def test_a_series_is_a_warning_with_the_line_to_write() -> None:
    (finding,) = orders(series())
    assert (finding.level, finding.column) == ("warning", "day")
    assert dict(finding.hint.values)["line"] == 'time = "day"'


def test_the_newest_first_is_an_order_too() -> None:
    assert orders({name: column[::-1] for name, column in series().items()})[0].level == "warning"


def test_independent_rows_in_order_are_noted() -> None:
    cells = series()
    cells["load"] = np.random.default_rng(2).normal(0, 1, 300).tolist()
    assert [finding.level for finding in orders(cells)] == ["note"]


def test_classes_that_come_in_runs_are_a_series() -> None:
    cells = {**loans(300), "day": DAYS}
    what = seen(cells, task="tabular-classification", own_split=True)
    assert [finding.level for finding in look("order", what)] == ["note"]
    cells["label"] = ["good" if i // 40 % 2 else "bad" for i in range(300)]
    assert [f.level for f in look("order", seen(cells, task="tabular-classification", own_split=True))] == ["warning"]


def test_rows_out_of_order_and_given_parts_are_passed_in_silence() -> None:
    cells = series()
    assert look("order", seen(cells, task="regression", answer="load", test=series(50))) == []
    cells["day"] = [cells["day"][i] for i in np.random.default_rng(0).permutation(300)]
    assert orders(cells) == []
    assert orders({**series(), "day": sorted(["2024-01-01", "2024-02-01", "2024-03-01"] * 100)}) == []
