"""What answers with a tuned model: onnxruntime and a tokenizer; torch only for the few that no graph can be made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from breakeven.inputs.texts import Texts
from breakeven.models.nn.session import GRAPH, SETTINGS, TOKENIZER, OnnxNet
from breakeven.models.stacking import softmax
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "tuned.json"


@dataclass(frozen=True)
class TunedPredictor:
    """Texts to answers: probabilities (n, classes), or the number (n, 1)."""

    texts: Texts
    run: Callable[[Sequence[str]], np.ndarray]
    classes: bool

    @classmethod
    def load(cls, folder: Path) -> Self:
        classes = json.loads((folder / FILE).read_bytes())["classes"]
        run = OnnxNet.load(folder).run if (folder / GRAPH).exists() else _torch_runner(folder)
        return cls(Texts.load(folder), run, classes)

    def predict(self, rows: pa.Table) -> np.ndarray:
        return answers_of(self.run(self.texts.transform(rows)), self.classes)


def save_answering(folder: Path, texts: Texts, classes: bool) -> None:
    """Write what stands beside the net."""
    texts.save(folder)
    write_bytes(folder / FILE, json.dumps({"classes": classes}).encode())


def answers_of(scores: np.ndarray, classes: bool) -> np.ndarray:
    """Predictions (n, width) float64 of what the head says."""
    return softmax(scores.astype(np.float64)) if classes else scores.astype(np.float64)


def _torch_runner(folder: Path) -> Callable[[Sequence[str]], np.ndarray]:
    """The net answered by torch on one thread, a text at a time: an answer must not depend on its neighbours."""
    from tokenizers import Tokenizer

    from breakeven.models.nn.devices import Device, choose_device
    from breakeven.models.nn.tuned_net import read_net, run_net

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_truncation(json.loads((folder / SETTINGS).read_bytes())["most_tokens"])
    net, device = read_net(folder), Device("cpu", "processor", "fp32", None)
    choose_device(1, "cpu")

    def run(texts: Sequence[str]) -> np.ndarray:
        tokens = [np.asarray(each.ids, np.int64) for each in tokenizer.encode_batch_fast(list(texts))]
        found = run_net(net, tokens, device, rows=1)
        return found if len(found) else np.empty((0, net.head.out_features), np.float32)

    return run
