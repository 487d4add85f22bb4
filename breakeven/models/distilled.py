"""A small net taught by the best model that was trained before: dear to ask, it is asked once, and not by users.

The net learns from what the teacher says of labelled and of unlabelled rows, mixed with the true answers. The teacher's
bill is part of its bill: without the teacher it would not be.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.models.extras import lacking
from breakeven.models.model import Model, Trained, Work
from breakeven.models.pretrained import Named, encoders_for
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


class Distilled(Model):
    """A bag of embeddings or a convolutional net, on the `texts` view, taught by another rung."""

    name: ClassVar[str] = "distilled"
    gpu: ClassVar[bool] = True

    def describe(self) -> Message:
        return say("a small neural network, taught by the best of the larger models")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        why = self._refusal(task)
        if why:
            return Refusal(family=self.name, why=MessageRecord.of(why))
        seconds = min(MOST_SECONDS, LEAST_SECONDS + dataset.bytes / BYTES_PER_SECOND)
        found = encoders_for(dataset, task, means)
        named = None if isinstance(found, Message) else next((each for each in found if each.weights), None)
        settings = _settings(named, means) if named else ()
        return (Candidate(name=self.name, family=self.tag, settings=settings, cost_rank=3.5, needs=("*",),
                          seconds_hint=seconds),)  # fmt: skip

    def _refusal(self, task: Task) -> Message | None:
        if "texts" not in INPUTS.get(task.input).views():
            return say("it reads texts, which this input has not")
        return lacking("torch")

    def train(self, work: Work) -> Trained:
        """Raises Declined where the best model is quick enough to be asked by users itself."""
        from breakeven.models.nn.distilling import train_distilled

        return train_distilled(work)

    def load(self, folder: Path, artifact: Artifact) -> SmallNetPredictor:
        from breakeven.models.nn.small_net_answers import SmallNetPredictor

        return SmallNetPredictor.load(folder, INPUTS.get(artifact.input).views()["texts"])


def _settings(named: Named, means: Means) -> tuple[tuple[str, str | None], ...]:
    """The encoder whose token vectors the net begins with."""
    digest = named.weights.digest if named.weights else None
    return ("encoder", named.name), ("folder", means.folder), ("digest", digest)


MODEL = Distilled()
