"""The output `number`: reading numbers as people write them, and its metrics beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from breakeven.core.errors import DataError
from breakeven.outputs import OUTPUTS

NUMBER = OUTPUTS.get("number")
OURS = NUMBER.metrics()
THEIRS = {"rmse": theirs.root_mean_squared_error, "mae": theirs.mean_absolute_error,
          "mse": theirs.mean_squared_error, "r2": theirs.r2_score}


def drawn(seed: int, rows: int):
    rng = np.random.default_rng(seed)
    truth = rng.normal(100, 20, rows)
    return truth, (truth + rng.normal(3, 10, rows))[:, None]


@pytest.mark.parametrize("name", sorted(OURS))
def test_metrics_equal_scikit_learn(name: str) -> None:
    truth, predictions = drawn(1, 500)
    weights = np.random.default_rng(2).integers(0, 5, 500)
    for w in (None, weights):
        expected = THEIRS[name](truth, predictions[:, 0], sample_weight=w)
        assert OURS[name].score(truth, predictions, w) == pytest.approx(expected, rel=1e-12)


def test_no_r2_of_a_constant_truth_and_nothing_of_no_rows() -> None:
    assert np.isnan(OURS["r2"].score(np.ones(5), np.arange(5.0)[:, None], None))
    assert all(np.isnan(metric.score(np.zeros(0), np.zeros((0, 1)), None)) for metric in OURS.values())


@pytest.mark.parametrize(("text", "value"), [
    ("12", 12), (" -1.5e3 ", -1500), ("1,234.5", 1234.5), ("+1,234,567", 1234567), ("1 234.5", 1234.5),
    ("1\u00a0234", 1234), (".5", 0.5), ("7.", 7),
])
def test_numbers_as_people_write_them(text: str, value: float) -> None:
    assert NUMBER.encode([text], ()).tolist() == [value]


@pytest.mark.parametrize("text", [
    "", None, "nan", "inf", "-Infinity", "1e999", "12%", "1,23", "1,2345", "1,234 567", "1_000", "twelve",
    "12 3", "0x10", "--1",
])
def test_what_is_not_a_number_names_its_row(text: str | None) -> None:
    with pytest.raises(DataError) as error:
        NUMBER.encode(["1", "2", text, "4"], ())
    assert "3" in str(error.value.where)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_every_float_is_read_back(values: list[float]) -> None:
    assert NUMBER.encode([repr(value) for value in values], ()).tolist() == values


@given(st.integers(-(10**15), 10**15))
def test_thousands_commas_are_read_back(value: int) -> None:
    assert NUMBER.encode([f"{value:,}"], ()).tolist() == [value]


def test_decoding_mistakes_and_showing() -> None:
    predictions = np.array([[1.5], [2.0]], dtype=np.float32)
    assert NUMBER.decode(predictions, ()).to_pydict() == {"number": [1.5, 2.0]}
    assert NUMBER.wrong(np.array([1.0, 2.0]), predictions).tolist() == [0.5, 0.0]
    assert NUMBER.loss(np.array([1.0, 2.0]), predictions).tolist() == [0.25, 0.0]
    assert [NUMBER.shown(v, ()) for v in (1234.5678, np.array([0.1]))] == ["1234.57", "0.1"]
    assert NUMBER.labels(["1", "2"]) == ()
    assert NUMBER.width(()) == 1
