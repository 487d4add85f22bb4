"""Cells as people and programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from breakeven.inputs.cells import find_day_first, find_decimal, read_number, read_seconds, to_numbers, to_seconds


def cells(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12", 12), (" 12.5 ", 12.5), ("-3e2", -300), ("1,234,567.5", 1234567.5), ("$1,200", 1200), ("¥ 88", 88),
        ("45%", 45), ("−7", -7), ("1 234", 1234), ("12 EUR", 12), ("+5", 5),
    ],
)  # fmt: skip
def test_a_number_is_read_as_written(cell: str, number: float) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize("cell", ["", "abc", "1.2.3", "12,34,5", "?", "N/A", "2024-01-02"])
def test_what_is_no_number_is_missing(cell: str) -> None:
    assert np.isnan(read_number(cell))


def test_a_column_reads_the_same_in_the_quick_and_the_careful_way() -> None:
    plain = ["1", "2.5", "-3", "1e5", "0.25"]
    quick = to_numbers(cells(*plain, None))
    careful = to_numbers(cells(*plain, None, "oddity"))
    np.testing.assert_array_equal(quick, careful[:-1])
    assert np.isnan(careful[-2:]).all()


def test_infinite_is_missing() -> None:
    assert np.isnan(to_numbers(cells("inf", "-Infinity", "nan"))).all()


def test_a_decimal_comma_is_seen_in_the_column() -> None:
    assert find_decimal(cells("1.234,5", "12,25", "7")) == ","
    assert find_decimal(cells("1,234", "5,678")) == "."
    assert find_decimal(cells("1,5", "2.5")) == "."
    np.testing.assert_array_equal(to_numbers(cells("1.234,5", "7"), ","), [1234.5, 7])


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-03-05", datetime(2024, 3, 5)), ("2024/3/5", datetime(2024, 3, 5)),
        ("2024年3月5日", datetime(2024, 3, 5)),
        ("2024-03-05 14:30", datetime(2024, 3, 5, 14, 30)), ("2024-03-05T14:30:15Z", datetime(2024, 3, 5, 14, 30, 15)),
        ("2024-03-05T14:30:00+02:00", datetime(2024, 3, 5, 12, 30)), ("5 Mar 2024", datetime(2024, 3, 5)),
        ("March 5, 2024", datetime(2024, 3, 5)), ("03/05/2024 2:05 PM", datetime(2024, 3, 5, 14, 5)),
        ("03/05/24", datetime(2024, 3, 5)), ("1999-12-31T23:30:00-01:30", datetime(2000, 1, 1, 1, 0)),
    ],
)  # fmt: skip
def test_a_date_is_read_as_written(cell: str, moment: datetime) -> None:
    assert read_seconds(cell) == moment.replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("cell", ["2024-13-01", "2024-02-30", "soon", "12", "5 Foo 2024", ""])
def test_what_is_no_date_is_missing(cell: str) -> None:
    assert np.isnan(read_seconds(cell))


def test_the_order_of_day_and_month_is_seen_in_the_column() -> None:
    assert find_day_first(cells("3/4/2024", "25/4/2024"))
    assert not find_day_first(cells("3/4/2024", "4/25/2024"))
    assert find_day_first(cells("3.4.2024"))
    third_of_april = datetime(2024, 4, 3, tzinfo=UTC).timestamp()
    np.testing.assert_array_equal(to_seconds(cells("3/4/2024"), day_first=True), [third_of_april])


def test_dates_read_the_same_in_the_quick_and_the_careful_way() -> None:
    plain = ["2024-03-05", "1969-07-20"]
    np.testing.assert_array_equal(to_seconds(cells(*plain)), to_seconds(cells(*plain, "soon"))[:2])
