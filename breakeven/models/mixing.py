"""How much to listen to each of several models: weights that sum to one, found step by step on the loss.

Greedy selection with replacement (Caruana et al. 2004): begin with nothing, add again and again the model that lowers
the loss of the average most. Few steps on few rows keep the weights coarse, which guards against over-fitting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Loss = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(truth (n,), predictions (n, width)) -> the loss of each row (n,)."""

STEPS = 20


def greedy_weights(predictions: Sequence[np.ndarray], truth: np.ndarray, loss: Loss, steps: int = STEPS) -> np.ndarray:
    """Weights (models,) of out-of-sample predictions (n, width each); those of the best step."""
    counts = np.zeros(len(predictions))
    total = np.zeros(predictions[0].shape)
    best_loss, best = np.inf, counts
    for step in range(1, steps + 1):
        losses = [float(loss(truth, (total + other) / step).mean()) for other in predictions]
        chosen = int(np.argmin(losses))
        counts[chosen] += 1
        total = total + predictions[chosen]
        if losses[chosen] < best_loss:
            best_loss, best = losses[chosen], counts.copy()
    return np.asarray(best / best.sum())


def mixed(predictions: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """The weighted average (n, width)."""
    return np.asarray(sum(weight * part for weight, part in zip(weights, predictions, strict=True) if weight))


def beyond_chance(gains: np.ndarray) -> bool:
    """Whether the mean of the gains of rows (n,) is more than one standard error above zero."""
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.inf
    return bool(gains.mean() > error)
