"""The artifact of the linear family: weights as 8-bit numbers with one scale a feature, and what answers with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from safetensors.numpy import load_file, save_file

from breakeven.models.stacking import softmax

if TYPE_CHECKING:
    import pyarrow as pa

    from breakeven.inputs.input import View

FILE = "linear.safetensors"
MOST_BYTES = 24_000_000
"""Of weights and vocabulary; features with the smallest weights are left out until they fit."""
BYTES_A_FEATURE = 8 + 1 + 4 + 4
"""Hash, block, idf and scale; the weights come on top, a byte a class."""


class LinearPredictor:
    """Answers with weights (d, width): probabilities for labels, the number itself for numbers."""

    def __init__(self, view: View, weights: np.ndarray, bias: np.ndarray, labels: bool) -> None:
        self.view, self.weights, self.bias, self.labels = view, weights, bias, labels

    def predict(self, rows: pa.Table) -> np.ndarray:
        margins = np.asarray(self.view.transform(rows) @ self.weights, np.float64) + self.bias
        return softmax(margins) if self.labels else margins

    @classmethod
    def load(cls, folder: Path, kind: type[View]) -> Self:
        tensors = load_file(folder / FILE)
        weights = tensors["weights"].astype(np.float32) * tensors["scale"].astype(np.float32)[:, None]
        return cls(kind.load(folder), weights, tensors["bias"], bool(tensors["labels"][0]))


def save_linear(folder: Path, view: Any, weights: np.ndarray, bias: np.ndarray, labels: bool) -> None:
    """Write view and weights (d, width). A view that can forget features (`keep`) loses the lightest, if need be."""
    if hasattr(view, "keep"):
        kept = _heaviest(weights, MOST_BYTES // (BYTES_A_FEATURE + weights.shape[1]))
        view.keep(kept)
        weights = weights[kept]
    scale = np.maximum(np.abs(weights).max(axis=1, initial=0.0) / 127, 1e-7).astype(np.float32)
    tensors = {
        "weights": np.rint(weights / scale[:, None]).astype(np.int8),
        "scale": scale,
        "bias": np.asarray(bias, np.float64),
        "labels": np.array([labels], np.uint8),
    }
    save_file(tensors, folder / FILE)
    view.save(folder)


def _heaviest(weights: np.ndarray, most: int) -> np.ndarray:
    """The features (ascending) with the largest weights, at most so many, none without any."""
    size = np.abs(weights).max(axis=1, initial=0.0)
    least = np.partition(size, -most)[-most] if len(size) > most else 0.0
    return np.flatnonzero((size >= least) & (size > 0))
