"""What answers with a frozen encoder: onnxruntime, a tokenizer and a linear head; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from breakeven.inputs.texts import Texts
from breakeven.models.nn.heads import Head
from breakeven.models.nn.pairs import vectors_of
from breakeven.models.nn.session import OnnxNet

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True)
class EmbedPredictor:
    """Texts to vectors to answers."""

    texts: Texts
    net: OnnxNet
    head: Head

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(Texts.load(folder), OnnxNet.load(folder), Head.load(folder))

    def predict(self, rows: pa.Table) -> np.ndarray:
        """Predictions (n, width)."""
        return self.head.answer(vectors_of(self.texts.transform(rows), self.texts.pair, self.net.run))
