"""Training of the linear family for labels: fits on the folds, their factors, and all again on all rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from breakeven.models.linear_answers import save_linear
from breakeven.models.linear_fits import Linear, Way, fit_way
from breakeven.models.model import Trained, Work
from breakeven.models.stacking import Stack, cross_fitted, fit_stack, softmax

COUNTED = (
    Way("svm", 0.7),
    Way("naive-bayes", smoothing=0.1),
    Way("weighted-svm", 0.5, 0.1),
    Way("svm", 0.2),
    Way("weighted-svm", 0.5, 0.5),
)
"""For matrices without negative values (texts), the most useful first; see docs/models/linear.md."""
MEASURED = (Way("logistic", 1.0), Way("logistic", 0.1), Way("svm", 0.1), Way("logistic", 10.0))
"""For scaled numbers."""
RESERVE = 0.15
"""Of the time for training, kept for saving and for surprises."""


class Trial:
    """A way fitted on every fold: out-of-sample margins of the scored rows, training margins of the first fold."""

    def __init__(self, way: Way, margins: np.ndarray, train_margins: np.ndarray, seconds: float) -> None:
        self.way, self.margins, self.train_margins, self.seconds = way, margins, train_margins, seconds


def train_labels(work: Work) -> Trained:
    """Fit as many ways as the time allows, stack them, fit those that count on all rows, write the artifact."""
    begun = time.monotonic()
    view = work.input.view("vectors", work.dataset.inputs)
    matrices = list(view.fit_folds(work.rows, work.target, work.folds))
    making = (time.monotonic() - begun) / max(1, len(work.folds)) + 0.1
    classes = len(work.dataset.labels)
    truth = work.target[work.scored]
    with warnings.catch_warnings(), ThreadPoolExecutor(max(1, work.threads)) as pool:
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is no fault: the factors judge each fit
        trials = list(_trials(work, matrices, truth, making, pool))
        stack = fit_stack([trial.margins for trial in trials], truth)
        del matrices
        whole = view.fit(work.rows, work.target)
        used = [(factor, trial.way) for factor, trial in zip(stack.factors, trials, strict=True) if factor]
        parts = [(factor, fit_way(way, whole, work.target, classes, pool)) for factor, way in used]
    weights = sum(factor * part.weights for factor, part in parts)
    bias = stack.bias + sum(factor * part.bias for factor, part in parts)
    save_linear(work.artifact, view, np.asarray(weights, np.float32), bias, labels=True)
    return _trained(work, trials, stack, truth)


def _trials(
    work: Work, matrices: list[tuple[Any, Any]], truth: np.ndarray, making: float, pool: Executor
) -> Iterator[Trial]:
    """Trials in their order, while there is time for one more and for fitting all again on all rows."""
    smallest = min((float(fit.data.min(initial=0.0)) for fit, _ in matrices), default=0.0)
    ways = COUNTED if smallest >= 0 else MEASURED
    left = work.seconds_left() * (1 - RESERVE) - making
    spent = 0.0
    for number, way in enumerate(ways):
        again = spent / len(work.folds) * 1.3
        longest = spent / number * 1.5 if number else 0.0
        if number and spent + again + longest * (1 + 1 / len(work.folds)) > left:
            return
        trial = _try(work, way, matrices, pool)
        spent += trial.seconds
        work.progress((number + 1) / (len(ways) + 1), work.metric.score(truth, softmax(trial.margins), None))
        yield trial


def _try(work: Work, way: Way, matrices: list[tuple[Any, Any]], pool: Executor) -> Trial:
    begun = time.monotonic()
    scored = work.scored
    classes = len(work.dataset.labels)
    margins = np.empty((len(scored), classes), np.float32)
    train_margins = np.empty(0)
    for number, ((fit, score), (fit_matrix, score_matrix)) in enumerate(zip(work.folds, matrices, strict=True)):
        found: Linear = fit_way(way, fit_matrix, work.target[fit], classes, pool)
        margins[np.searchsorted(scored, score)] = found.margins(score_matrix)
        if number == 0:
            train_margins = found.margins(fit_matrix)
    return Trial(way, margins, train_margins, time.monotonic() - begun)


def _trained(work: Work, trials: list[Trial], stack: Stack, truth: np.ndarray) -> Trained:
    """Predictions with factors that have not seen the row either, and what was chosen."""
    predictions = cross_fitted([trial.margins for trial in trials], truth, _parts(work))
    first = work.folds[0][0]
    on_training = softmax(stack.margins([trial.train_margins for trial in trials]))
    settings = {str(trial.way): round(float(f), 4) for trial, f in zip(trials, stack.factors, strict=True)}
    return Trained(predictions, work.metric.score(work.target[first], on_training, None), settings)


def _parts(work: Work) -> np.ndarray:
    """The fold of each scored row; with one fold its rows in five stretches by turns."""
    scored = work.scored
    if len(work.folds) == 1:
        return np.arange(len(scored)) % 5
    parts = np.empty(len(scored), np.int64)
    for number, (_, score) in enumerate(work.folds):
        parts[np.searchsorted(scored, score)] = number
    return parts
