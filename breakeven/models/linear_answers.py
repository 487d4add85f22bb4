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
    from breakeven.inputs.values import Values

FILE = "linear.safetensors"
MOST_BYTES = 26_000_000
"""Of weights and vocabulary; features with the smallest weights are left out until they fit."""
BYTES_A_FEATURE = 5 + 2 + 2
"""Hash, number of texts and scale; the weights come on top, a byte a class."""


class LinearPredictor:
    """Answers with weights (d, width): probabilities for labels, the number itself for numbers."""

    def __init__(self, view: View, weights: np.ndarray, bias: np.ndarray, labels: bool) -> None:
        self.view, self.weights, self.bias, self.labels = view, weights, bias, labels

    def predict(self, rows: pa.Table) -> np.ndarray:
        return self._answers(self.view.transform(rows))

    def predict_values(self, values: Values) -> np.ndarray:
        return self._answers(self.view.transform_values(values))

    def _answers(self, features: Any) -> np.ndarray:
        margins = np.asarray(features @ self.weights, np.float64) + self.bias
        return softmax(margins) if self.labels else margins

    @classmethod
    def load(cls, folder: Path, kind: type[View]) -> Self:
        tensors = load_file(folder / FILE)
        return cls(kind.load(folder), _restored(tensors), tensors["bias"], bool(tensors["labels"][0]))


def save_linear(folder: Path, view: Any, weights: np.ndarray, bias: np.ndarray, labels: bool) -> None:
    """Write view and weights (d, width). A view that can forget features (`keep`) loses the lightest, if need be."""
    if hasattr(view, "keep"):
        kept = _heaviest(weights, MOST_BYTES // (BYTES_A_FEATURE + weights.shape[1]))
        view.keep(kept)
        weights = weights[kept]
    tensors = _quantised(weights) | {"bias": np.asarray(bias, np.float64), "labels": np.array([labels], np.uint8)}
    save_file(tensors, folder / FILE)
    view.save(folder)


def _quantised(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Weights as int8 times a float16 scale a feature times one unit."""
    size = np.abs(weights).max(axis=1, initial=0.0)
    unit = np.float32((float(size.max(initial=0.0)) or 1.0) / 127)
    scale = (size / unit / 127).astype(np.float16)
    steps = np.maximum(scale.astype(np.float32) * unit, 1e-30)
    eighth = np.rint(weights / steps[:, None]).clip(-127, 127).astype(np.int8)
    return {"weights": eighth, "scale": scale, "unit": np.array([unit])}


def _restored(tensors: dict[str, np.ndarray]) -> np.ndarray:
    """The weights (d, width) float32 of `_quantised`."""
    steps = tensors["scale"].astype(np.float32) * tensors["unit"]
    return tensors["weights"] * steps[:, None]


def _heaviest(weights: np.ndarray, most: int) -> np.ndarray:
    """The features (ascending) with the largest weights, at most so many, none without any."""
    size = np.abs(weights).max(axis=1, initial=0.0)
    least = np.partition(size, -most)[-most] if len(size) > most else 0.0
    return np.flatnonzero((size >= least) & (size > 0))
