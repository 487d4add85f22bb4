"""The baseline: answers the same to everything. What a model must beat to be worth a cent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.words import Message, say
from breakeven.models.model import Model, Predictor, Trained, Work
from breakeven.outputs import OUTPUTS
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.task import Task
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FILE = "baseline.json"


class Baseline(Model):
    """The share of each class, the mean of the numbers, or how frequent each byte is."""

    name = "baseline"
    outputs = ("label", "number", "text")

    def describe(self) -> Message:
        return say("always the same answer: the shares of the classes, or the mean; of texts how frequent each byte is")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...]:
        seconds = 4.0 + dataset.bytes / 3e5 if OUTPUTS.get(task.output).reads_answer else 1.0
        return (Candidate(name=self.name, family=self.tag, cost_rank=0, seconds_hint=seconds),)

    def train(self, work: Work) -> Trained:
        if work.output.reads_answer:
            from breakeven.models.ngram_writer import train_ngrams

            return train_ngrams(work, 1)
        import numpy as np

        width = work.output.width(work.dataset.labels)
        predictions = np.empty((len(work.scored), width))
        for fit, score in work.folds:
            predictions[np.searchsorted(work.scored, score)] = _answer(work.target[fit], width)
        answer = _answer(work.target, width)
        write_bytes(work.artifact / FILE, json.dumps({"answer": answer.tolist()}).encode())
        first = work.folds[0][0]
        repeated = np.tile(_answer(work.target[first], width), (len(first), 1))
        return Trained(predictions, work.metric.score(work.target[first], repeated, None))

    def load(self, folder: Path, artifact: Artifact) -> Predictor:
        if not (folder / FILE).exists():
            from breakeven.models.ngram_writer import NgramWriter

            return NgramWriter.load(folder, artifact)
        return Constant(json.loads((folder / FILE).read_bytes())["answer"])


def _answer(target: np.ndarray, width: int) -> np.ndarray:
    """The one answer (width,): class shares (a class that is absent gets a little), or the mean."""
    import numpy as np

    if width == 1:
        return np.array([target.mean()])
    counts = np.bincount(target, minlength=width) + 0.5
    return counts / counts.sum()


class Constant:
    """Gives one answer to every row."""

    def __init__(self, answer: list[float]) -> None:
        self.answer = answer

    def predict(self, rows: pa.Table) -> np.ndarray:
        import numpy as np

        return np.tile(np.asarray(self.answer), (rows.num_rows, 1))


MODEL = Baseline()
