"""Training of the linear family for numbers: ridge regression with the penalty that scores best."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from breakeven.models.linear_answers import save_linear
from breakeven.models.model import Trained, Work
from breakeven.models.thinning import thinned

PENALTIES = (1.0, 0.1, 10.0, 0.3, 3.0, 100.0, 0.01)


def train_numbers(work: Work) -> Trained:
    """Try the penalties while there is time, keep the best, fit on all rows, write the artifact."""
    work, rows = thinned(work)
    view = work.input.view("vectors", work.dataset.inputs)
    matrices = list(view.fit_folds(work.rows, work.target, work.folds))
    penalty, predictions, train_value = _best(work, matrices)
    target = work.target[rows]
    weights, bias = _ridge(view.fit(work.rows.take(rows), target), target, penalty)
    save_linear(work.artifact, view, weights[:, None], np.array([bias]), labels=False)
    return Trained(predictions, train_value, {"penalty": penalty})


def _best(work: Work, matrices: list[tuple[Any, Any]]) -> tuple[float, np.ndarray, float]:
    """The best penalty, its out-of-sample predictions (scored, 1) and its value on the first fold's training rows."""
    truth = work.target[work.scored]
    known = np.isfinite(truth)
    best: tuple[float, float, np.ndarray, float] | None = None
    for number, penalty in enumerate(PENALTIES):
        begun = time.monotonic()
        predictions, train_value = _try(work, matrices, penalty)
        value = work.metric.score(truth[known], predictions[known], None) * (1 if work.metric.higher else -1)
        if best is None or value > best[0]:
            best = (value, penalty, predictions, train_value)
        work.progress((number + 1) / len(PENALTIES), abs(best[0]))
        if work.seconds_left() < 3 * (time.monotonic() - begun):
            break
    assert best is not None
    return best[1:]


def _try(work: Work, matrices: list[tuple[Any, Any]], penalty: float) -> tuple[np.ndarray, float]:
    predictions = np.empty((len(work.scored), 1))
    train_value = float("nan")
    for number, ((fit, score), (fit_matrix, score_matrix)) in enumerate(zip(work.folds, matrices, strict=True)):
        weights, bias = _ridge(fit_matrix, work.target[fit], penalty)
        predictions[np.searchsorted(work.scored, score), 0] = score_matrix @ weights + bias
        if number == 0:
            on_training = (fit_matrix @ weights + bias)[:, None]
            train_value = work.metric.score(work.target[fit], on_training, None)
    return predictions, train_value


def _ridge(matrix: Any, target: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Weights (d,) and bias of least squares with `penalty` times the squared weights; target scaled to spread 1."""
    from sklearn.linear_model import Ridge

    spread = float(target.std()) or 1.0
    found = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4, max_iter=500).fit(matrix, target / spread)
    return (found.coef_ * spread).astype(np.float32), float(found.intercept_) * spread
