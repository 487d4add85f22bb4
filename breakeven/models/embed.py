"""A frozen pretrained encoder with a linear head: the cheapest use of a large model.

The encoder gives a vector a text; only the head learns. Released as an ONNX graph (in eight bits where that is
quicker and as good) with its tokenizer, answered without torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.models.extras import lacking
from breakeven.models.model import Declined, Model, Trained, Work
from breakeven.models.pretrained import Named, encoders_for
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.nn.embed_answers import EmbedPredictor

BYTES_PER_SECOND = 8_000
"""Of text that a small encoder (22 million parameters) reads on two cores, in both its forms."""
EXPORT_SECONDS = 60.0
"""Of making the released forms and fitting the heads; ten on a quiet machine, so that a busy one suffices."""
SMALL = 91_000_000
"""Bytes of the small encoder that the rates were measured with."""


class Embed(Model):
    """Logistic or ridge regression on the vectors of a frozen encoder."""

    name: ClassVar[str] = "embed"

    def describe(self) -> Message:
        return say("a pretrained encoder as it is, with a linear head that learns")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        found = encoders_for(dataset, task, means)
        if isinstance(found, Message):
            return Refusal(family=self.name, why=MessageRecord.of(found))
        return tuple(self._candidate(named, dataset, means, len(found) == 1) for named in found)

    def _candidate(self, named: Named, dataset: Dataset, means: Means, single: bool) -> Candidate:
        size = named.weights.bytes if named.weights else SMALL
        seconds = EXPORT_SECONDS + dataset.bytes / BYTES_PER_SECOND * size / SMALL
        return Candidate(
            name=self.name if single else f"{self.name}_{named.slug}",
            family=self.tag,
            settings=(
                ("encoder", named.name),
                ("folder", means.folder),
                ("digest", named.weights.digest if named.weights else None),
            ),
            cost_rank=3 + size / 1e12,
            seconds_hint=seconds,
        )

    def train(self, work: Work) -> Trained:
        from breakeven.models.nn.embed_training import train_embed

        return train_embed(work)

    def load(self, folder: Path, artifact: Artifact) -> EmbedPredictor:
        missing = lacking("onnx")
        if missing:
            raise Declined(missing)
        from breakeven.models.nn.embed_answers import EmbedPredictor

        return EmbedPredictor.load(folder)


MODEL = Embed()
