"""What columns are taken for."""

from __future__ import annotations

import pyarrow as pa
import pytest

from breakeven.inputs import INPUTS
from breakeven.inputs.columns import read_column


def kind(values: list[str | None]) -> str:
    return read_column("c", pa.array(values, pa.large_string())).kind


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", "3.5"], "number"),
        (["1", "?", "2", "NA", "3"], "number"),
        (["1,5", "2,5"], "number"),
        (["007", "013", "100"], "category"),
        (["04103", "10115"], "category"),
        (["red", "blue", "red"], "category"),
        (["true", "false"], "category"),
        (["2024-01-05", "2024-02-05", None], "date"),
        (["3/4/2024", "25/4/2024"], "date"),
        ([None, None], "category"),
        ([f"the parcel number {n} has not come yet" for n in range(50)], "text"),
        ([f"订单{n}还没有送到请帮我查一下" for n in range(50)], "text"),
        (["a rather long level of a category, often repeated"] * 50 + ["another"], "category"),
        ([f"user{n}" for n in range(50)], "category"),
    ],
)
def test_the_kind_is_seen_from_the_cells(values: list[str | None], expected: str) -> None:
    assert kind(values) == expected


def test_one_stray_cell_in_a_hundred_does_not_change_the_kind() -> None:
    assert kind([str(n) for n in range(99)] + ["oops"]) == "number"
    assert kind([str(n) for n in range(90)] + ["oops"] * 10) == "category"


def test_a_column_counts_missing_cells_and_orders_levels_by_frequency() -> None:
    column = read_column("c", pa.array(["b", "a", "b", None, "c", "a", "b"], pa.large_string()))
    assert (column.missing, column.distinct, column.levels) == (1, 3, ("b", "a", "c"))


def test_a_row_is_shown_in_a_line() -> None:
    row = INPUTS.get("row")
    assert row.show({"age": "39", "job": None, "city": "Berlin"}) == "age 39, city Berlin"
    assert len(row.show({"text": "x" * 1000})) == 200
