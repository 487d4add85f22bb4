"""Linear heads on dense vectors: logistic regression for labels, ridge regression for numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from safetensors.numpy import load_file, save_file

from breakeven.models.model import Work
from breakeven.models.nn.pairs import are_pairs
from breakeven.models.stacking import softmax

FILE = "head.safetensors"
STRENGTHS = (10.0, 30.0, 100.0, 3.0, 300.0)
"""1 / penalty of logistic regression on vectors of length 1, the most useful first; 1 / alpha of ridge."""
OF_PAIRS = (1.0, 3.0, 0.3, 10.0)
"""The same for pairs, whose vectors are longer and four times as wide."""
ITERATIONS = 300


@dataclass(frozen=True)
class Head:
    """`vectors @ weights + bias`; probabilities of it for labels."""

    weights: np.ndarray
    bias: np.ndarray

    def answer(self, vectors: np.ndarray) -> np.ndarray:
        """Predictions (n, width) float64 of vectors (n, d)."""
        margins = vectors.astype(np.float64) @ self.weights + self.bias
        return margins if self.weights.shape[1] == 1 else softmax(margins)

    def save(self, folder: Path) -> None:
        save_file({"weights": self.weights.astype(np.float32), "bias": self.bias.astype(np.float32)}, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        kept = load_file(folder / FILE)
        return cls(kept["weights"], kept["bias"])


@dataclass(frozen=True)
class Found:
    """The best strength, what it answered out of sample (scored, width), and its value on the first fold's fit rows."""

    strength: float
    loss: float
    predictions: np.ndarray
    train_value: float


def find_head(work: Work, vectors: np.ndarray) -> Found:
    """Try the strengths on the folds while there is time; the one with the smallest loss on the scored rows."""
    truth = work.target[work.scored]
    known = truth >= 0 if work.dataset.labels else np.isfinite(truth)
    best: Found | None = None
    for strength in OF_PAIRS if are_pairs(work.dataset.inputs) else STRENGTHS:
        begun = time.monotonic()
        predictions, train_value = _score(work, vectors, strength)
        loss = float(work.output.loss(truth[known], predictions[known]).mean())
        if best is None or loss < best.loss:
            best = Found(strength, loss, predictions, train_value)
        if work.seconds_left() < 4 * (time.monotonic() - begun):
            break
    assert best is not None
    return best


def _score(work: Work, vectors: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    predictions = np.empty((len(work.scored), work.output.width(work.dataset.labels)))
    train_value = float("nan")
    for number, (fit, score) in enumerate(work.folds):
        head = fit_head(work, vectors, fit, strength)
        predictions[np.searchsorted(work.scored, score)] = head.answer(vectors[score])
        if number == 0:
            train_value = work.metric.score(work.target[fit], head.answer(vectors[fit]), None)
    return predictions, train_value


def fit_head(work: Work, vectors: np.ndarray, rows: np.ndarray, strength: float) -> Head:
    """A head learned on some rows, all with a known answer."""
    target = work.target[rows]
    return _logistic(vectors[rows], target, strength, work) if work.dataset.labels else _ridge(
        vectors[rows], target, strength)  # fmt: skip


def _logistic(vectors: np.ndarray, target: np.ndarray, strength: float, work: Work) -> Head:
    """Multinomial logistic regression; a class that the rows lack gets a bias that makes it next to impossible."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    width, there = work.output.width(work.dataset.labels), np.unique(target)
    weights, bias = np.zeros((vectors.shape[1], width)), np.full(width, -30.0)
    if len(there) == 1:
        bias[there] = 0.0
        return Head(weights, bias)
    with threadpool_limits(1):  # the matrices are small: threads would mostly wait for each other
        found = LogisticRegression(C=strength, max_iter=ITERATIONS).fit(vectors, target)
    two = found.coef_.shape[0] == 1
    weights[:, there] = np.vstack([-found.coef_ / 2, found.coef_ / 2]).T if two else found.coef_.T
    bias[there] = np.hstack([-found.intercept_ / 2, found.intercept_ / 2]) if two else found.intercept_
    return Head(weights, bias)


def _ridge(vectors: np.ndarray, target: np.ndarray, strength: float) -> Head:
    from sklearn.linear_model import Ridge

    spread = float(target.std()) or 1.0
    found = Ridge(alpha=1 / strength).fit(vectors, target / spread)
    return Head(found.coef_[:, None] * spread, np.array([found.intercept_ * spread]))
