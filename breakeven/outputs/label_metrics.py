"""The metrics of labels, in numpy. Formulas and when to use which: docs/metrics.md.

Shapes: truth (n,) of class indices, predictions (n, classes) of probabilities. The answer of a row is its
most probable class, the first of equals. A truth of -1 is a class that training never saw: such a row is
wrong whatever the answer, and a negative example of every class.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

import numpy as np

from breakeven.core.words import say
from breakeven.outputs.output import Metric
from breakeven.outputs.scorer import TwoSteps, Weighted, dot, mean_of, ratio

BINS = 15
"""Equal-width bins of the calibration error, the customary number."""

PerClass = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Weighted counts a class (right, answered, true) -> one value a class."""


def answers(predictions: np.ndarray) -> np.ndarray:
    """The answered class of each row (n,)."""
    return predictions.argmax(axis=1)


def confidences(predictions: np.ndarray) -> np.ndarray:
    """The probability of the answered class (n,), kept within 0..1."""
    return np.clip(predictions.max(axis=1).astype(np.float64), 0.0, 1.0)


def of_truth(truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """The probability given to the true class (n,); 0 for a class that was never seen."""
    given = predictions[np.arange(len(truth)), np.maximum(truth, 0)]
    return np.where(truth < 0, 0, given)


def log_losses(truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """-ln of the probability of the true class (n,), which is never taken as less than the type's epsilon."""
    least = np.finfo(predictions.dtype).eps
    return -np.log(np.clip(of_truth(truth, predictions), least, 1.0).astype(np.float64))


def squared_distances(truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """The squared distance of the probabilities from the truth (n,); halved for two classes."""
    p = predictions.astype(np.float64)
    distances = (p * p).sum(axis=1) - 2.0 * of_truth(truth, p) + 1.0
    return distances / 2.0 if p.shape[1] == 2 else distances


def bin_of(confidence: np.ndarray, bins: int = BINS) -> np.ndarray:
    """The bin of each confidence: bin b holds those in (b / bins, (b + 1) / bins]."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def _accuracy(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    return mean_of((answers(predictions) == truth).astype(np.float64))


def _log_loss(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    return mean_of(log_losses(truth, predictions))


def _brier(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    return mean_of(squared_distances(truth, predictions))


def _calibration_error(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    confidence = confidences(predictions)
    surplus = (answers(predictions) == truth) - confidence
    place = bin_of(confidence)

    def of(weights: np.ndarray) -> float:
        by_bin = np.bincount(place, weights * surplus, BINS)
        return ratio(float(np.abs(by_bin).sum()), float(weights.sum()))

    return of


def _macro(of_class: PerClass) -> TwoSteps:
    """The plain mean of a value over the classes that occur in the truth or among the answers."""

    def prepare(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
        classes = predictions.shape[1] + 1  # the last one stands for all classes never seen
        answered = answers(predictions)
        true = np.where(truth < 0, classes - 1, truth)
        right = np.flatnonzero(answered == true)
        right_class = true[right]

        def of(weights: np.ndarray) -> float:
            n_right = np.bincount(right_class, weights[right], classes)
            n_answered = np.bincount(answered, weights, classes)
            n_true = np.bincount(true, weights, classes)
            occurs = (n_answered + n_true) > 0
            values = of_class(n_right[occurs], n_answered[occurs], n_true[occurs])
            return ratio(float(values.sum()), len(values))

        return of

    return TwoSteps(prepare)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, and 0 where there is no whole."""
    return part / np.where(whole > 0, whole, 1.0)


def _roc_auc(truth: np.ndarray, predictions: np.ndarray) -> Weighted:
    """Two classes: the second against the first. More: the mean of each against the rest."""
    two = predictions.shape[1] == 2 and not (truth < 0).any()
    classes = [1] if two else np.unique(truth[truth >= 0]).tolist()
    areas = [_area(truth == c, predictions[:, c]) for c in classes]

    def of(weights: np.ndarray) -> float:
        values = [value for value in (area(weights) for area in areas) if not isnan(value)]
        return ratio(sum(values), len(values))

    return of


def _area(positive: np.ndarray, scores: np.ndarray) -> Weighted:
    """The chance that a positive row scores above a negative one, ties counted half.

    The scores of the positive rows cut the line into points (odd places) and gaps between them (even places).
    """
    up = np.flatnonzero(positive)
    points = np.unique(scores[up])
    place = np.searchsorted(points, scores, "left") + np.searchsorted(points, scores, "right")
    place_up, places = place[up], 2 * len(points) + 1

    def of(weights: np.ndarray) -> float:
        w_up = weights[up]
        at_up = np.bincount(place_up, w_up, places)
        at = np.bincount(place, weights, places) - at_up
        pairs = dot(at_up, np.cumsum(at) - at / 2.0)
        return ratio(pairs, float(at_up.sum()) * float(at.sum()))

    return of


_f1 = _macro(lambda right, answered, true: _share(2.0 * right, answered + true))
_precision = _macro(lambda right, answered, true: _share(right, answered))
_recall = _macro(lambda right, answered, true: _share(right, true))

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, TwoSteps(_accuracy), say("accuracy")),
        Metric("macro_f1", True, _f1, say("macro F1")),
        Metric("roc_auc", True, TwoSteps(_roc_auc), say("ROC AUC")),
        Metric("log_loss", False, TwoSteps(_log_loss), say("log loss")),
        Metric("macro_precision", True, _precision, say("macro precision")),
        Metric("macro_recall", True, _recall, say("macro recall")),
        Metric("ece", False, TwoSteps(_calibration_error), say("calibration error")),
        Metric("brier", False, TwoSteps(_brier), say("Brier score")),
    )
}
