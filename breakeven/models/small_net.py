"""A small net trained from scratch on the user's own texts, its tokenizer too. No pretrained weights are needed.

Several kinds are tried, the cheapest first (see `nn/nets.py`), each as long as there is time; the one with the least
loss on rows that it was not fitted on is released as an ONNX graph, in the cheapest form that costs no quality.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.models.extras import lacking
from breakeven.models.model import Model, Trained, Work
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.nn.small_net_answers import SmallNetPredictor

LEAST_SECONDS, MOST_SECONDS = 20.0, 120.0
BYTES_PER_SECOND = 25_000.0
"""Of text, for all nets and epochs together. More would be of use, but the time that it asks for is time that rungs
with pretrained weights do not get, and those gain more from it."""


class SmallNet(Model):
    """Bags of embeddings, convolutions and small transformers on the `texts` view."""

    name: ClassVar[str] = "small_net"
    gpu: ClassVar[bool] = True

    def describe(self) -> Message:
        return say("a small neural network, trained from scratch on your rows")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        why = self._refusal(task)
        if why:
            return Refusal(family=self.name, why=MessageRecord.of(why))
        seconds = min(MOST_SECONDS, LEAST_SECONDS + dataset.bytes / BYTES_PER_SECOND)
        return (Candidate(name=self.name, family=self.tag, cost_rank=4, seconds_hint=seconds),)

    def _refusal(self, task: Task) -> Message | None:
        if "texts" not in INPUTS.get(task.input).views():
            return say("it reads texts, which this input has not")
        return lacking("torch")

    def train(self, work: Work) -> Trained:
        from breakeven.models.nn.small_net_search import train_small_net

        return train_small_net(work)

    def load(self, folder: Path, artifact: Artifact) -> SmallNetPredictor:
        from breakeven.models.nn.small_net_answers import SmallNetPredictor

        return SmallNetPredictor.load(folder, INPUTS.get(artifact.input).views()["texts"])


MODEL = SmallNet()
