"""Training of the linear family for labels: fits on the folds, their factors, and all again on all rows.

The variants of the view are compared by the first ways of fitting; the best variant gets the others.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from breakeven.inputs.input import View
from breakeven.models.linear_answers import save_linear
from breakeven.models.linear_fits import Way, fit_way
from breakeven.models.model import Trained, Work
from breakeven.models.stacking import Stack, cross_fitted, fit_stack, softmax
from breakeven.models.thinning import thinned

COUNTED = (
    Way("naive-bayes", smoothing=0.1),
    Way("joint-svm", 0.5),
    Way("weighted-joint-svm", 0.5, 0.1),
    Way("weighted-svm", 0.5, 0.1),
    Way("weighted-joint-svm", 0.5, 0.5),
    Way("weighted-svm", 0.5, 0.5),
)
COUNTED_TWO = (
    Way("naive-bayes", smoothing=0.1),
    Way("svm", 0.2),
    Way("weighted-svm", 0.5, 0.1),
    Way("svm", 0.7),
    Way("weighted-svm", 0.5, 0.5),
)
"""For matrices without negative values (texts), the most useful first; with two classes nothing is joint."""
MEASURED = (Way("logistic", 1.0), Way("logistic", 0.1), Way("logistic", 10.0), Way("logistic", 0.02))
"""For scaled numbers."""
SCOUTS = 2
"""The first ways, by which the variants of a view are compared."""
SCOUTING = 0.5
"""Of the time, at most, for comparing variants."""
RESERVE = 0.15
"""Of the time, kept for saving and for surprises."""

PROBE = 10
"""One row in so many is fitted to see how long a way takes."""

Matrices = list[tuple[Any, Any]]
"""For each fold the matrices of its fit rows and of its score rows."""


@dataclass(frozen=True)
class Trial:
    """A way fitted on every fold: out-of-sample margins of the scored rows, training margins of the first fold."""

    way: Way
    margins: np.ndarray
    train_margins: np.ndarray
    seconds: float


@dataclass
class Course:
    """A variant of the view and what was tried on it; `making` are the seconds that its matrices took."""

    view: View
    matrices: Matrices
    making: float
    trials: list[Trial] = field(default_factory=list)
    loss: float = np.inf

    @property
    def seconds(self) -> float:
        return self.making + sum(trial.seconds for trial in self.trials)

    @property
    def again(self) -> float:
        """About the seconds that fitting on all rows will take."""
        return 1.3 * self.seconds / len(self.matrices) + 0.1

    @property
    def margins(self) -> list[np.ndarray]:
        return [trial.margins for trial in self.trials]


def train_labels(work: Work) -> Trained:
    """Fit as many ways as the time allows, stack them, fit those that count on all rows, write the artifact."""
    work, rows = thinned(work)
    with threadpool_limits(1, "blas"), warnings.catch_warnings():  # on such small vectors threads only wait
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is no fault: the factors judge each fit
        course = _best_variant(work)
        ways = _ways(work, course)
        _add_trials(work, course, ways[SCOUTS:])
        stack = fit_stack(course.margins, _truth(work))
        course.matrices.clear()
        _fit_again(work, course, stack, rows)
    return replace(_trained(work, course, stack), cut_short=len(course.trials) < len(ways))


def _best_variant(work: Work) -> Course:
    """The variant with the smallest loss; the next one is tried while there is time for it."""
    seconds = work.seconds_left()
    best: Course | None = None
    for settings in work.input.views()["vectors"].variants:
        if best and work.seconds_left() < seconds * (1 - SCOUTING) + 1.3 * best.seconds:
            break
        begun = time.monotonic()
        view = work.input.view("vectors", work.dataset.inputs, **settings)
        matrices = list(view.fit_folds(work.rows, work.target, work.folds))
        course = Course(view, matrices, time.monotonic() - begun)
        _add_trials(work, course, _ways(work, course)[:SCOUTS])
        if best is None or course.loss < best.loss:
            best = course
    assert best is not None
    return best


def _ways(work: Work, course: Course) -> tuple[Way, ...]:
    """The ways that suit the values of the matrices and the number of classes."""
    smallest = min((float(fit.data.min(initial=0.0)) for fit, _ in course.matrices), default=0.0)
    if smallest < 0:
        return MEASURED
    return COUNTED if len(work.dataset.labels) > 2 else COUNTED_TWO


def _add_trials(work: Work, course: Course, ways: Sequence[Way]) -> None:
    """Try the ways in their order; those for which there is no time, with fitting again on all rows, are left out."""
    for number, way in enumerate(ways):
        expected = _expected_seconds(work, way, course)
        needed = course.again + expected * (1 + 1.3 / len(work.folds))
        if course.trials and work.seconds_left() * (1 - RESERVE) < needed:
            continue
        course.trials.append(_try(work, way, course.matrices))
        truth = _truth(work)
        known = truth >= 0
        found = softmax(fit_stack(course.margins, truth).margins(course.margins))[known]
        course.loss = float(work.output.loss(truth[known], found).mean())
        work.progress((number + 1) / (len(ways) + 1), work.metric.score(truth[known], found, None))


def _expected_seconds(work: Work, way: Way, course: Course) -> float:
    """What a way will take on all folds: by its earlier trial, or by fitting a small part of the first fold."""
    earlier = [trial.seconds for trial in course.trials if trial.way.name == way.name]
    if earlier:
        return 1.5 * max(earlier)
    rows = np.arange(0, course.matrices[0][0].shape[0], PROBE)
    begun = time.monotonic()
    fit_way(way, course.matrices[0][0][rows], work.target[work.folds[0][0][rows]], len(work.dataset.labels))
    return PROBE * (time.monotonic() - begun) * len(work.folds)


def _try(work: Work, way: Way, matrices: Matrices) -> Trial:
    """Fit a way on each fold."""
    begun = time.monotonic()
    classes = len(work.dataset.labels)
    margins = np.empty((len(work.scored), classes), np.float32)
    train_margins = np.empty(0)
    for number, ((fit, score), (fit_matrix, score_matrix)) in enumerate(zip(work.folds, matrices, strict=True)):
        found = fit_way(way, fit_matrix, work.target[fit], classes)
        margins[np.searchsorted(work.scored, score)] = found.margins(score_matrix)
        if number == 0:
            train_margins = found.margins(fit_matrix)
    return Trial(way, margins, train_margins, time.monotonic() - begun)


def _fit_again(work: Work, course: Course, stack: Stack, rows: np.ndarray) -> None:
    """The ways that count, fitted on all rows and summed to one, into the artifact."""
    target = work.target[rows]
    matrix = course.view.fit(work.rows.take(rows), target)
    classes = len(work.dataset.labels)
    weights = np.zeros((matrix.shape[1], classes), np.float32)
    bias = stack.bias.copy()
    for factor, trial in zip(stack.factors, course.trials, strict=True):
        if factor:
            part = fit_way(trial.way, matrix, target, classes)
            weights += factor.astype(np.float32) * part.weights
            bias += factor * part.bias
    save_linear(work.artifact, course.view, weights, bias, labels=True)


def _trained(work: Work, course: Course, stack: Stack) -> Trained:
    """Predictions with factors that have not seen the row either, and what was chosen."""
    predictions = cross_fitted(course.margins, _truth(work), _parts(work))
    first = work.folds[0][0]
    on_training = softmax(stack.margins([trial.train_margins for trial in course.trials]))
    factors = zip(course.trials, stack.factors, strict=True)
    settings: dict[str, str | int | float | bool | None] = {
        "n-grams": "; ".join(", ".join(block) for block in getattr(course.view, "blocks", ())) or None
    }
    settings |= {str(trial.way): round(float(factor), 4) for trial, factor in factors}
    return Trained(predictions, work.metric.score(work.target[first], on_training, None), settings)


def _truth(work: Work) -> np.ndarray:
    return work.target[work.scored]


def _parts(work: Work) -> np.ndarray:
    """The fold of each scored row; with one fold its rows are dealt to five parts by turns."""
    if len(work.folds) == 1:
        return np.arange(len(work.scored)) % 5
    parts = np.empty(len(work.scored), np.int64)
    for number, (_, score) in enumerate(work.folds):
        parts[np.searchsorted(work.scored, score)] = number
    return parts
