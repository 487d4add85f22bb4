"""n-grams: the next byte by the six before it, counted; the cheapest language model that writes anything at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.models.model import Model, Trained, Work
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.ngram_writer import NgramWriter

ORDER = 7


class Ngram(Model):
    """Byte n-grams with Kneser-Ney smoothing."""

    name: ClassVar[str] = "ngram"
    outputs: ClassVar[tuple[str, ...]] = ("text",)

    def describe(self) -> Message:
        return say("counted n-grams of bytes: the next byte by the six before it")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...]:
        seconds = 5.0 + dataset.bytes / 1e5
        return (Candidate(name=self.name, family=self.tag, cost_rank=1, seconds_hint=min(120.0, seconds)),)

    def train(self, work: Work) -> Trained:
        from breakeven.models.ngram_writer import train_ngrams

        return train_ngrams(work, ORDER)

    def load(self, folder: Path, artifact: Artifact) -> NgramWriter:
        from breakeven.models.ngram_writer import NgramWriter

        return NgramWriter.load(folder, artifact)


MODEL = Ngram()
