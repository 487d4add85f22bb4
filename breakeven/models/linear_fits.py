"""Ways to fit a linear classifier: each gives weights (d, classes) and a bias, so that their sum is one again.

| way | what it minimises |
|---|---|
| `svm C` | squared hinge loss, one class against the rest |
| `joint-svm C` | hinge loss between the right class and the best wrong one (Crammer and Singer 2001) |
| `weighted-svm C a` | the same on values weighted by how much more a feature is in the class than in the rest |
| `weighted-joint-svm C a` | the same with the mean of the classes' weights |
| `naive-bayes a` | nothing: log ratios of smoothed sums (multinomial naive Bayes, one against the rest) |
| `logistic C` | log loss, one class against the rest |

The weights of `weighted-svm` are half one and half the absolute log ratio of naive Bayes, scaled to a mean of one: the
idea of NB-SVM (Wang and Manning 2012), here with the ratio's size alone and softened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

ABSENT = -4.0
"""The margin of a class that the rows hold no example of."""


@dataclass(frozen=True)
class Way:
    """A way to fit with its settings: `strength` is C, the weight of the rows against small weights."""

    name: str
    strength: float = 0.0
    smoothing: float = 0.0

    def __str__(self) -> str:
        numbers = [f"{number:g}" for number in (self.strength, self.smoothing) if number]
        return " ".join([self.name, *numbers])


@dataclass(frozen=True)
class Linear:
    """Margins are `X @ weights + bias`: weights (d, classes) float32, bias (classes,)."""

    weights: np.ndarray
    bias: np.ndarray

    def margins(self, matrix: Any) -> np.ndarray:
        """(n, classes) float32."""
        return np.asarray(matrix @ self.weights) + self.bias


def fit_way(way: Way, matrix: sparse.csr_matrix, target: np.ndarray, classes: int) -> Linear:
    """Fit all classes, one after the other: threads would share liblinear's one source of random numbers, and the
    same rows would not give the same weights again."""
    ratios = _log_ratios(matrix, target, classes, way.smoothing) if way.smoothing else None
    if way.name == "naive-bayes":
        assert ratios is not None
        return Linear(ratios, np.zeros(classes, np.float32))
    if way.name == "joint-svm":
        return _joint_svm(matrix, target, classes, way.strength)
    if way.name == "weighted-joint-svm":
        assert ratios is not None
        scale = _softened(np.abs(ratios).mean(axis=1))
        found = _joint_svm(_scaled(matrix, scale), target, classes, way.strength)
        return Linear(found.weights * scale[:, None], found.bias)
    solve = _SOLVERS[way.name]

    def fit_class(label: int) -> tuple[np.ndarray, float]:
        truth = target == label
        if not 0 < truth.sum() < len(truth):
            return np.zeros(matrix.shape[1], np.float32), ABSENT if not truth.any() else -ABSENT
        if ratios is None:
            return solve(matrix, truth, way.strength)
        scale = _softened(ratios[:, label])
        weights, bias = solve(_scaled(matrix, scale), truth, way.strength)
        return weights * scale, bias

    if classes == 2:
        weights, bias = fit_class(1)
        return Linear(np.stack([-weights, weights], axis=1) / 2, np.array([-bias, bias], np.float32) / 2)
    return _joined(map(fit_class, range(classes)), matrix.shape[1], classes)


def _joint_svm(matrix: sparse.csr_matrix, target: np.ndarray, classes: int, strength: float) -> Linear:
    """A loose tolerance is as accurate as a strict one and several times quicker."""
    from sklearn.svm import LinearSVC

    weights, bias = np.zeros((matrix.shape[1], classes), np.float32), np.full(classes, ABSENT, np.float32)
    if np.all(target == target[0]):
        bias[target[0]] = -ABSENT
        return Linear(weights, bias)
    solver = LinearSVC(C=strength, multi_class="crammer_singer", random_state=0, tol=0.3, max_iter=100)
    solver.fit(matrix, target)
    found, coefficients, intercepts = solver.classes_, solver.coef_, solver.intercept_
    if len(found) == 2:  # scikit-learn gives the second class's weights less the first's
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.array([-1, 1]) * intercepts / 2
    weights[:, found], bias[found] = coefficients.T, intercepts
    return Linear(weights, bias)


def _joined(fitted: Iterable[tuple[np.ndarray, float]], size: int, classes: int) -> Linear:
    weights, biases = np.empty((size, classes), np.float32), np.empty(classes, np.float32)
    for label, (column, bias) in enumerate(fitted):
        weights[:, label], biases[label] = column, bias
    return Linear(weights, biases)


def _log_ratios(matrix: sparse.csr_matrix, target: np.ndarray, classes: int, smoothing: float) -> np.ndarray:
    """ln of a feature's share of the class's sum over its share of the rest's sum (d, classes) float32."""
    from scipy import sparse

    rows = np.arange(len(target))
    members = sparse.csr_matrix((np.ones(len(target), np.float32), (rows, target)), shape=(len(target), classes))
    inside = (matrix.T @ members).toarray()
    outside = inside.sum(axis=1, keepdims=True) - inside + smoothing
    inside = inside + smoothing
    return (np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))).astype(np.float32)


def _softened(ratios: np.ndarray) -> np.ndarray:
    size = np.abs(ratios)
    return (0.5 + 0.5 * size / max(float(size.mean()), 1e-12)).astype(np.float32)


def _scaled(matrix: sparse.csr_matrix, scale: np.ndarray) -> sparse.csr_matrix:
    """The matrix with its columns scaled; it shares all but the values."""
    from scipy import sparse

    return sparse.csr_matrix((matrix.data * scale[matrix.indices], matrix.indices, matrix.indptr), matrix.shape)


def _svm(matrix: sparse.csr_matrix, truth: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    from sklearn.svm import LinearSVC

    return _fitted(LinearSVC(C=strength, random_state=0, tol=0.1, max_iter=400), matrix, truth)


def _logistic(matrix: sparse.csr_matrix, truth: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression

    solver = LogisticRegression(C=strength, solver="liblinear", random_state=0, tol=1e-3, max_iter=200)
    return _fitted(solver, matrix, truth)


def _fitted(solver: Any, matrix: sparse.csr_matrix, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights (d,) float32 and bias of a scikit-learn solver."""
    solver.fit(matrix, truth)
    return solver.coef_[0].astype(np.float32), float(solver.intercept_[0])


_SOLVERS: dict[str, Callable[[Any, np.ndarray, float], tuple[np.ndarray, float]]] = {
    "svm": _svm, "weighted-svm": _svm, "logistic": _logistic,
}
