"""A released small net answers: onnxruntime and tokenizers, no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from breakeven.inputs.input import View
from breakeven.models.nn.session import OnnxNet
from breakeven.models.stacking import softmax
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "small_net.json"


@dataclass
class SmallNetPredictor:
    """The view of the rows, the net, and whether it tells classes apart."""

    view: View
    net: OnnxNet
    classes: bool

    @classmethod
    def load(cls, folder: Path, view: type[View]) -> Self:
        content = json.loads((folder / FILE).read_bytes())
        return cls(view.load(folder), OnnxNet.load(folder), content["classes"])

    def predict(self, rows: pa.Table) -> np.ndarray:
        return answers_of(self.net.run(self.view.transform(rows)), self.classes)


def save_answering(folder: Path, view: View, classes: bool) -> None:
    """Write what stands beside the net."""
    view.save(folder)
    write_bytes(folder / FILE, json.dumps({"classes": classes}).encode())


def answers_of(scores: np.ndarray, classes: bool) -> np.ndarray:
    """What the head says as probabilities (n, classes), or the numbers (n, 1) as they are."""
    return softmax(scores.astype(np.float64)) if classes else scores.astype(np.float64)
