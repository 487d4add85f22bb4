"""The frame: rows as trees read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.inputs.columns import read_columns
from breakeven.inputs.frame import Frame, natural_key

ROWS = {
    "size": ["1.5", None, "2", "bad"] * 30,
    "code": ["A10", "A2", None, "A1"] * 30,
    "when": ["2024-02-29 13:00", "2023-12-31", None, "2024-01-01"] * 30,
    "note": [f"Hello World number {n} 12" for n in range(120)],
}


def table(columns: dict[str, list[str | None]]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.large_string()) for name, values in columns.items()})


@pytest.fixture
def frame() -> Frame:
    rows = table({**ROWS, "size": [value if value != "bad" else "3" for value in ROWS["size"]]})
    frame = Frame(read_columns(rows, tuple(rows.column_names)))
    frame.fit(rows, np.zeros(120))
    return frame


def test_every_kind_becomes_its_numbers(frame: Frame) -> None:
    first = dict(zip(frame.names, frame.transform(table(ROWS))[0], strict=True))
    assert first["size"] == 1.5
    assert first["code"] == 2  # A1, A2, A10
    assert first["when: month"] == 2
    assert first["when: day of month"] == 29
    assert first["when: weekday"] == 3  # a Thursday
    assert first["when: hour"] == 13
    assert first["note: words"] == 5
    assert first["note: capitals"] == pytest.approx(2 / len(ROWS["note"][0] or ""))


def test_missing_unreadable_and_unseen_are_nan(frame: Frame) -> None:
    strange = {"size": ["bad", None], "code": ["A99", None], "when": ["soon", None], "note": [None, None]}
    numbers = frame.transform(table(strange))
    assert np.isnan(numbers[:, :7]).all()
    assert (numbers[:, 7:] == [0, 1, 0, 0]).all()


def test_places_of_kinds(frame: Frame) -> None:
    assert frame.numeric == (0,)
    assert frame.categorical == (1,)


def test_saved_and_loaded_it_reads_the_same(frame: Frame, tmp_path: Path) -> None:
    frame.save(tmp_path)
    again = Frame.load(tmp_path)
    assert again.names == frame.names
    np.testing.assert_array_equal(again.transform(table(ROWS)), frame.transform(table(ROWS)))


def test_levels_are_in_natural_order() -> None:
    levels = ["B1", "A10", "2 years", "A2", "10 years"]
    assert sorted(levels, key=natural_key) == ["2 years", "10 years", "A2", "A10", "B1"]
