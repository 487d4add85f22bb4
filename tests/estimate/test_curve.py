"""Learning curves: the truth is found again, the interval holds it, and what is no curve is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.estimate.curve import fit_curve

SIZES = [100, 300, 1000, 3000, 10_000]


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 0.5), st.floats(0.5, 5.0), st.floats(0.15, 1.2))
def test_a_curve_without_noise_is_found_again(a: float, b: float, c: float) -> None:
    curve = fit_curve(SIZES, [a + b * n**-c for n in SIZES])
    value, low, high = curve.at(100_000)
    assert value == pytest.approx(a + b * 100_000**-c, abs=0.002 * b * 10_000**-c + 1e-9)
    assert low <= value <= high


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    sizes = [100, 200, 400, 800, 1600, 3200, 6400]
    hits = 0
    for seed in range(60):
        noisy = [0.2 + 3 * n**-0.5 + 0.01 * random.standard_normal() for n in sizes]
        try:
            _, low, high = fit_curve(sizes, noisy, seed).at(20_000)
        except UsageError:
            continue
        hits += low <= 0.2 + 3 * 20_000**-0.5 <= high
    assert 39 <= hits <= 57


def test_rows_for_a_value_lie_on_the_curve() -> None:
    curve = fit_curve(SIZES, [0.2 + 3 * n**-0.5 for n in SIZES])
    rows = curve.rows_for(0.21)
    assert rows is not None
    assert curve.at(rows)[0] == pytest.approx(0.21)
    assert curve.rows_for(0.1) is None


def test_accuracies_rise() -> None:
    curve = fit_curve(SIZES, [0.9 - 2 * n**-0.5 for n in SIZES])
    assert curve.b < 0
    assert curve.at(50_000)[0] > 0.88


def test_the_same_seed_is_the_same_interval() -> None:
    values = [0.5, 0.42, 0.36, 0.33, 0.31]
    assert fit_curve(SIZES, values).at(1e5) == fit_curve(SIZES, values).at(1e5)


@pytest.mark.parametrize("rows", [[100, 200, 400], [100, 100, 200, 200, 400]])
def test_three_sizes_are_too_few(rows: list[int]) -> None:
    with pytest.raises(UsageError, match="3 sizes are too few"):
        fit_curve(rows, [0.5] * len(rows))


def test_a_straight_fall_is_no_learning_curve() -> None:
    with pytest.raises(UsageError, match="at its bound"):
        fit_curve(SIZES, [1.0 - n / 20_000 for n in SIZES])


def test_numbers_only() -> None:
    with pytest.raises(UsageError, match="pairs of a positive size"):
        fit_curve([100, 200, 0, 400], [1, 2, 3, 4])
