"""Rows as vectors: bent lines between knots, levels, missing cells, dates and free text beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.inputs.row import INPUT
from breakeven.inputs.views import Levels, RowVectors, Scale


def dense(cells: tuple[np.ndarray, np.ndarray, np.ndarray], rows: int, width: int) -> np.ndarray:
    found = np.zeros((rows, width))
    np.add.at(found, (cells[0], cells[1]), cells[2])
    return found


def test_a_value_between_two_knots_belongs_to_both() -> None:
    scale = Scale(mean=0.0, spread=1.0, knots=[0.0, 1.0, 3.0])
    values = np.array([0.0, 0.25, 1.0, 2.0, 99.0, -99.0, np.nan])
    found = dense(scale.cells(values), 7, scale.width)
    shares = [[1, 0, 0], [0.75, 0.25, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
    assert np.allclose(found[:, 2:], shares)
    assert found[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert found[:, 1].tolist() == [0, 0.25, 1, 2, 5, -5, 0]


def test_weights_on_knots_draw_any_bent_line() -> None:
    values = np.linspace(-3, 3, 400)
    scale = Scale.learn(values)
    matrix = dense(scale.cells(values), 400, scale.width)
    weights = np.linalg.lstsq(matrix, np.abs(values), rcond=None)[0]
    assert np.abs(matrix @ weights - np.abs(values)).max() < 0.15


def test_where_most_rows_hold_a_zero_the_others_have_knots_too() -> None:
    values = np.concatenate([np.zeros(950), np.arange(1, 51) * 100.0])
    assert len(Scale.learn(values).knots) >= 15


@pytest.mark.parametrize("values", [[np.nan, np.nan], [3.0, 3.0, np.nan], [np.inf, 1.0]])
def test_columns_without_numbers_or_with_one(values: list[float]) -> None:
    column = np.array(values)
    scale = Scale.learn(column)
    assert np.isfinite(dense(scale.cells(column), len(values), scale.width)).all()


def test_levels_never_seen_are_none() -> None:
    levels = Levels.learn(np.array([0.0, 1.0, np.nan]))
    assert dense(levels.cells(np.array([1.0, np.nan, 7.0])), 3, levels.width).tolist() == [[0, 1], [0, 0], [0, 0]]


def table(rows: int) -> pa.Table:
    cells = {
        "age": [f"{20 + i % 50}" for i in range(rows)],
        "home": [["rent", "own"][i % 2] for i in range(rows)],
        "since": [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(rows)],
        "note": [f"customer {i} asked about the invoice of month {i % 12} and waits" for i in range(rows)],
    }
    return pa.table({name: pa.array(column, pa.large_string()) for name, column in cells.items()})


def test_all_kinds_of_columns_together_and_again_after_loading(tmp_path: Path) -> None:
    rows = table(120)
    columns = INPUT.columns(rows, tuple(rows.column_names))
    assert [column.kind for column in columns] == ["number", "category", "date", "text"]
    view = RowVectors(columns)
    fitted = view.fit(rows, np.zeros(120))
    view.save(tmp_path)
    again = RowVectors.load(tmp_path).transform(rows)
    assert fitted.shape == again.shape
    assert np.array_equal(fitted.toarray(), again.toarray())
    assert fitted.dtype == np.float32
    assert view.text is not None
    assert fitted.shape[1] > len(view.text.vocabulary) > 100


def test_rows_without_anything_known() -> None:
    rows = table(60)
    view = RowVectors(INPUT.columns(rows, tuple(rows.column_names)))
    width = view.fit(rows, np.zeros(60)).shape[1]
    empty = pa.table({name: pa.array([None, "?"], pa.large_string()) for name in rows.column_names})
    assert view.transform(empty).shape == (2, width)
    assert view.transform(empty.slice(0, 0)).shape == (0, width)
