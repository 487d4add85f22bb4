"""The accuracy that is expected without truth lies where the truth is, on rows that got harder."""

from __future__ import annotations

import numpy as np
import pytest

from breakeven.monitoring.quality import accuracy, expected_accuracy


def answers(chance: np.random.Generator, rows: int, hard: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, somewhat too high, of rows of which a share `hard` is hard, and which of the answers are right."""
    sure = np.where(chance.random(rows) < hard, chance.beta(4, 4, rows), chance.beta(12, 1.5, rows))
    return sure, chance.random(rows) < sure * 0.95


@pytest.mark.parametrize("hard", [0.0, 0.1, 0.3, 0.5, 0.8])
def test_the_expected_accuracy_holds_the_true_one(hard: float) -> None:
    inside = 0
    for seed in range(40):
        chance = np.random.default_rng(seed)
        tested, tested_right = answers(chance, 800, 0.1)
        sure, right = answers(chance, 800, hard)
        found = expected_accuracy(sure, tested, tested_right)
        assert found is not None
        inside += found.low <= right.mean() <= found.high
    assert inside >= 34, f"{inside} of 40 intervals hold the truth"


def test_too_few_rows_tell_nothing() -> None:
    assert accuracy(29, 29) is None
    assert expected_accuracy(np.ones(10), np.ones(100), np.ones(100, bool)) is None


def test_the_interval_of_an_accuracy() -> None:
    found = accuracy(90, 100)
    assert found is not None
    assert found.low == pytest.approx(0.826, abs=0.001)
    assert found.high == pytest.approx(0.945, abs=0.001)
