"""Rows as values of JSON: whatever comes, views read them as they read the same cells of a file."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as some

from breakeven.inputs.frame import Frame
from breakeven.inputs.values import Values, joined
from breakeven.inputs.views import RowVectors
from breakeven.records.dataset import Column

COLUMNS = (
    Column(name="size", kind="number"),
    Column(name="price", kind="number"),
    Column(name="colour", kind="category", levels=("red", "true", "3", " blue")),
    Column(name="day", kind="date"),
    Column(name="note", kind="text"),
)
FITTED = pa.table({
    "size": ["1.5", "2", None, "1e3", "-7"], "price": ["1,5", "2,25", "1000,75", None, "3"],
    "colour": ["red", "true", "3", "blue", None], "day": ["2024-02-29", None, "2023-01-01", "2024-12-31", "2024-05-05"],
    "note": ["a b", "Größe 12", None, "订单 未到", "x"],
}, schema=pa.schema([(column.name, pa.large_string()) for column in COLUMNS]))  # fmt: skip
numbers = some.one_of(
    some.none(), some.integers(), some.floats(allow_nan=False, allow_infinity=False), some.booleans(),
    some.sampled_from(["12", "1,234.5", "n/a", " 7 ", "€ 3", "nan", "1e400", ""]), some.just(10**400),
)  # fmt: skip
levels = some.one_of(some.none(), some.booleans(), some.floats(-5, 5), some.integers(-5, 5), some.text(max_size=5),
                     some.sampled_from(["red", " red", "blue ", "green", "3", "3.0", " "]))  # fmt: skip
texts = some.one_of(some.none(), some.text(max_size=20))
rows = some.lists(some.tuples(numbers, some.one_of(some.none(), some.text(max_size=5)), levels, texts, texts),
                  min_size=1, max_size=4)  # fmt: skip
TARGET = np.array([0, 1, 0, 1, 0])


@settings(max_examples=150, deadline=None)
@given(rows)
def test_values_are_read_as_the_cells_of_a_file_are(found: list) -> None:  # type: ignore[type-arg]
    values = Values(COLUMNS, found)
    for view in (Frame(COLUMNS), RowVectors(COLUMNS)):
        view.fit(FITTED, TARGET)
        one, other = view.transform_values(values), view.transform(values.table())
        dense = (one, other) if isinstance(one, np.ndarray) else (one.toarray(), other.toarray())
        np.testing.assert_array_equal(*dense)


@settings(max_examples=50, deadline=None)
@given(some.lists(some.tuples(numbers, numbers), min_size=1, max_size=5))
def test_a_table_of_numbers_alone_is_read_at_once_and_the_same(found: list) -> None:  # type: ignore[type-arg]
    columns = (*COLUMNS[:1], Column(name="weight", kind="number"))
    frame = Frame(columns)
    frame.fit(pa.table({"size": ["1.5", "2"], "weight": ["3", None]}), TARGET[:2])
    values = Values(columns, found)
    np.testing.assert_array_equal(frame.transform_values(values), frame.transform(values.table()))


def test_a_number_is_itself_in_a_column_that_is_written_with_commas() -> None:
    """As text it would be 15: 1.5 has thousands where 1,5 has decimals."""
    frame = Frame(COLUMNS)
    frame.fit(FITTED, TARGET)
    read = frame.transform_values(Values(COLUMNS, [(None, 1.5, None, None, None), (None, "1,5", None, None, None)]))
    assert read[0, 1] == 1.5
    values = Values(COLUMNS, [(None, "1,5", None, None, None)])
    assert frame.transform_values(values)[0, 1] == 1.5


def test_rows_of_several_requests_are_one_batch() -> None:
    one, other = Values(COLUMNS[:1], [(1.5,)]), Values(COLUMNS[:1], [(2,), (None,)])
    assert joined([one, other]).to_pylist() == [{"size": "1.5"}, {"size": "2"}, {"size": None}]  # type: ignore[union-attr]
    mixed = joined([one, other.table()])
    assert isinstance(mixed, pa.Table)
    assert mixed.to_pylist() == [{"size": "1.5"}, {"size": "2"}, {"size": None}]
