"""Greedy weights."""

from __future__ import annotations

import numpy as np
import pytest

from breakeven.models.mixing import greedy_weights, mixed


def squared(truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return np.asarray((truth - predictions[:, 0]) ** 2)


def test_the_best_model_alone_gets_all_weight() -> None:
    truth = np.arange(50.0)
    good, bad = truth[:, None] + 0.01, truth[:, None] + 5.0
    assert greedy_weights([bad, good], truth, squared).tolist() == [0, 1]


def test_models_with_independent_errors_share() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=2000)
    models = [truth[:, None] + random.normal(size=(2000, 1)) for _ in range(3)]
    weights = greedy_weights(models, truth, squared)
    assert weights == pytest.approx([1 / 3] * 3, abs=0.1)
    alone = min(squared(truth, model).mean() for model in models)
    assert squared(truth, mixed(models, weights)).mean() < 0.45 * alone


def test_weights_follow_the_quality() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(size=5000)
    models = [truth[:, None] + spread * random.normal(size=(5000, 1)) for spread in (1.0, 2.0)]
    weights = greedy_weights(models, truth, squared)
    assert weights == pytest.approx([0.8, 0.2], abs=0.06)  # inverse variances
