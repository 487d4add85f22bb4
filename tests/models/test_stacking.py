"""Factors of margins: the best ones are found, useless models get none, one model is temperature scaling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from breakeven.models.stacking import cross_fitted, fit_stack, softmax


def margins(rows: int, classes: int, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Margins of a calibrated model divided by `strength`, and truths drawn from its probabilities."""
    random = np.random.default_rng(seed)
    calibrated = random.normal(size=(rows, classes)) * 1.5
    truth = np.array([random.choice(classes, p=p) for p in softmax(calibrated)])
    return (calibrated / strength).astype(np.float32), truth


def test_softmax_sums_to_one_for_any_margins() -> None:
    probabilities = softmax(np.array([[1e4, -1e4, 0.0], [0.0, 0.0, 0.0]]))
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert softmax(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("strength", [0.2, 1.0, 20.0])
def test_one_model_gets_its_temperature(strength: float) -> None:
    found, truth = margins(4_000, 3, strength, 0)
    factor = fit_stack([found], truth).factors[0]
    assert factor == pytest.approx(strength, rel=0.1)

    def loss(scale: float) -> float:
        return float(-np.log(softmax(found * scale)[np.arange(len(truth)), truth]).mean())

    best = minimize_scalar(loss, bounds=(strength / 3, strength * 3), method="bounded").x
    assert factor == pytest.approx(best, rel=0.03)


def test_noise_gets_nothing_and_scale_does_not_matter() -> None:
    found, truth = margins(3_000, 4, 1.0, 1)
    noise = np.random.default_rng(2).normal(size=found.shape).astype(np.float32) * 100
    stack = fit_stack([found, noise], truth)
    assert stack.factors[1] == 0
    assert stack.factors[0] == pytest.approx(1.0, rel=0.15)


def test_two_halves_of_the_truth_are_summed() -> None:
    found, truth = margins(5_000, 3, 1.0, 3)
    half = np.random.default_rng(4).normal(size=found.shape).astype(np.float32)
    stack = fit_stack([found - half, half * 30], truth)
    assert stack.factors[0] == pytest.approx(1.0, rel=0.15)
    assert stack.factors[1] == pytest.approx(1 / 30, rel=0.2)


def test_a_class_that_is_more_frequent_than_margins_say() -> None:
    random = np.random.default_rng(5)
    truth = (random.random(3_000) < 0.9).astype(int)
    stack = fit_stack([random.normal(size=(3_000, 2)).astype(np.float32)], truth)
    assert softmax(stack.margins([np.zeros((1, 2))]))[0, 1] == pytest.approx(0.9, abs=0.03)


def test_cross_fitted_probabilities_do_not_know_their_row() -> None:
    found, truth = margins(300, 3, 1.0, 6)
    parts = np.arange(300) % 3
    whole = cross_fitted([found], truth, parts)
    changed = truth.copy()
    changed[parts == 0] = (changed[parts == 0] + 1) % 3
    assert np.array_equal(cross_fitted([found], changed, parts)[parts == 0], whole[parts == 0])


def test_models_that_know_nothing_leave_the_shares_of_the_classes() -> None:
    random = np.random.default_rng(7)
    truth = random.integers(0, 2, 400)
    wrong = np.eye(2)[1 - truth].astype(np.float32)
    stack = fit_stack([wrong, wrong], truth)
    assert stack.factors.tolist() == [0, 0]
    assert np.allclose(softmax(stack.margins([wrong, wrong])), np.bincount(truth) / 400, atol=0.02)
