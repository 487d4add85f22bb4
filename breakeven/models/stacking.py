"""How much to listen to each of several models: factors of their margins that make the log loss smallest.

Learned on margins of rows that the models have not seen. Non-negative, one a model, plus one bias a class that is held
near zero; with one model it is temperature scaling (Guo et al. 2017), so that the probabilities come out calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

BIAS_PENALTY = 0.02
"""Costs a class bias b: BIAS_PENALTY * b^2 * classes / rows; few rows then move it little."""
MOST_MARGINS = 400_000
"""Rows times classes that factors are learned on; more rows would hardly move them."""
LEAST_SHARE = 0.02
"""Models whose margins move the sum less than that, as a share of all movements, are left out."""


@dataclass(frozen=True)
class Stack:
    """`softmax(sum of factors[m] * margins[m] + bias)`."""

    factors: np.ndarray
    bias: np.ndarray

    def margins(self, margins: Sequence[np.ndarray]) -> np.ndarray:
        """(n, classes) of the margins of each model (n, classes)."""
        mixed = np.tile(self.bias, (len(margins[0]), 1))
        for factor, margin in zip(self.factors, margins, strict=True):
            mixed += factor * margin
        return mixed


def softmax(margins: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes) of margins."""
    shifted = np.exp(margins - margins.max(axis=1, keepdims=True, initial=-np.inf))
    return shifted / shifted.sum(axis=1, keepdims=True)


def fit_stack(margins: Sequence[np.ndarray], target: np.ndarray) -> Stack:
    """The factors for margins (each (n, classes)) whose true classes are `target` (n,); weak models get 0.

    Rows of an unknown class (-1) have no say.
    """
    known = target >= 0
    margins, target = [m[known] for m in margins], target[known]
    every = slice(None, None, max(1, -(-margins[0].size // MOST_MARGINS)))
    margins, target = [m[every] for m in margins], target[every]
    stack = _solved(np.stack(margins), target)
    moved = stack.factors * np.array([m.std() for m in margins])
    strong = moved >= LEAST_SHARE * moved.sum()
    if strong.all():
        return stack
    kept = _solved(np.stack([m for m, s in zip(margins, strong, strict=True) if s]), target)
    factors = np.zeros(len(margins))
    factors[strong] = kept.factors
    return Stack(factors, kept.bias)


def cross_fitted(margins: Sequence[np.ndarray], target: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes) in which the factors of each part of the rows were learned on the others."""
    probabilities = np.empty(margins[0].shape)
    for part in np.unique(parts):
        mine = parts == part
        stack = fit_stack([m[~mine] for m in margins], target[~mine])
        probabilities[mine] = softmax(stack.margins([m[mine] for m in margins]))
    return probabilities


def _solved(margins: np.ndarray, target: np.ndarray) -> Stack:
    """Newton-like descent (L-BFGS) on the convex log loss; margins (models, n, classes)."""
    models, rows, classes = margins.shape
    scale = margins.std(axis=(1, 2)) + 1e-12
    scaled = (margins / scale[:, None, None]).astype(np.float32)
    places = np.arange(rows)
    truth = scaled[:, places, target].sum(axis=1, dtype=np.float64)
    counts = np.bincount(target, minlength=classes)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        factors, bias = values[:models], values[models:]
        mixed = sum(np.float32(f) * m for f, m in zip(factors, scaled, strict=True)) + bias.astype(np.float32)
        probabilities = softmax(mixed)
        value = -np.log(probabilities[places, target] + 1e-30).sum(dtype=np.float64)
        value += BIAS_PENALTY * classes * bias @ bias
        slope = np.array([np.vdot(m, probabilities) for m in scaled]) - truth
        bias_slope = probabilities.sum(axis=0, dtype=np.float64) - counts + 2 * BIAS_PENALTY * classes * bias
        return value / rows, np.concatenate([slope, bias_slope]) / rows

    start = np.concatenate([np.full(models, 1.0 / models), np.zeros(classes)])
    bounds = [(0.0, None)] * models + [(None, None)] * classes
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 60, "ftol": 1e-7}).x
    return Stack(found[:models] / scale, found[models:])
