"""Linear models: one weight a feature and class, the cheapest that learns.

Labels: several fits with different losses (see `linear_fits.py`) are made on each fold; how much each one counts is
learned on their out-of-sample margins (`stacking.py`), which calibrates the probabilities as well. A sum of linear
models is a linear model, so serving pays for one. Numbers: ridge regression with the penalty that scores best.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.models.model import Model, Trained, Work
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.linear_answers import LinearPredictor


class LinearModel(Model):
    """Linear classifiers and ridge regression on the `vectors` view."""

    name: ClassVar[str] = "linear"

    def describe(self) -> Message:
        return say("a linear model: one weight for each word, group of characters, level or number")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        if "vectors" not in INPUTS.get(task.input).views():
            return Refusal(family=self.name, why=MessageRecord.of(say("it needs vectors, which this input has not")))
        seconds = 5.0 + dataset.bytes / 1e5 * max(1, len(dataset.labels)) ** 0.5
        return (Candidate(name=self.name, family=self.tag, cost_rank=1, seconds_hint=min(600.0, seconds)),)

    def train(self, work: Work) -> Trained:
        from breakeven.models.linear_labels import train_labels
        from breakeven.models.linear_numbers import train_numbers

        return train_labels(work) if work.dataset.labels else train_numbers(work)

    def load(self, folder: Path, artifact: Artifact) -> LinearPredictor:
        from breakeven.models.linear_answers import LinearPredictor

        return LinearPredictor.load(folder, INPUTS.get(artifact.input).views()["vectors"])


MODEL = LinearModel()
