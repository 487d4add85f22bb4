"""Language models: a small decoder trained from scratch on the texts of a project, and pretrained ones trained on.

Plain texts are pre-training, rows of question and answer and chats are supervised fine-tuning: only what is to be
written is scored and learned from.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.models.extras import lacking
from breakeven.models.model import Model, Trained, Work
from breakeven.models.weights import find_weights, is_hub_name
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.nn.language_answers import LanguagePredictor

BYTES_PER_SECOND = 10_000.0
LEAST_SECONDS, MOST_SECONDS = 20.0, 3_600.0
CHECKPOINT = "model"
"""The folder of a pretrained decoder inside its artifact."""
RANK_SCRATCH, RANK_PRETRAINED = 4.0, 8.0


class LanguageModel(Model):
    """Decoders that write."""

    name: ClassVar[str] = "language_model"
    gpu: ClassVar[bool] = True
    distributed: ClassVar[bool] = True
    outputs: ClassVar[tuple[str, ...]] = ("text",)

    def describe(self) -> Message:
        return say("a language model: a decoder trained from scratch, or a pretrained one trained on with your texts")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        why = lacking("torch") or _unknown(means)
        if why:
            return Refusal(family=self.name, why=MessageRecord.of(why))
        seconds = min(MOST_SECONDS, LEAST_SECONDS + dataset.bytes / BYTES_PER_SECOND)
        scratch = Candidate(name=self.name, family=self.tag, cost_rank=RANK_SCRATCH, seconds_hint=seconds)
        return (scratch, *(self._pretrained(name, means.folder, dataset) for name in means.language_models))

    def _pretrained(self, name: str, folder: str, dataset: Dataset) -> Candidate:
        weights = find_weights(name, Path(folder))
        settings = (("weights", name), ("folder", folder), ("digest", weights.digest if weights else None))
        size = weights.bytes if weights else 500_000_000
        seconds = LEAST_SECONDS + dataset.bytes * size / 2e11
        slug = re.sub(r"[^A-Za-z0-9.]+", "-", Path(name).name).strip("-.").lower()
        return Candidate(name=f"{self.name}_{slug}", family=self.tag, settings=settings, cost_rank=RANK_PRETRAINED,
                         seconds_hint=min(MOST_SECONDS, seconds))  # fmt: skip

    def train(self, work: Work) -> Trained:
        if work.candidate.setting("weights"):
            from breakeven.models.nn.language_pretrained import train_pretrained

            return train_pretrained(work)
        from breakeven.models.nn.language_training import train_from_scratch

        return train_from_scratch(work)

    def checkpoint(self, folder: Path) -> Path | None:
        return folder / CHECKPOINT if (folder / CHECKPOINT / "config.json").exists() else None

    def prompts(self, folder: Path) -> LanguagePredictor:
        from breakeven.models.nn.language_answers import load_prompts

        return load_prompts(folder)

    def load(self, folder: Path, artifact: Artifact) -> LanguagePredictor:
        from breakeven.models.nn.language_answers import load_language_model

        return load_language_model(folder)


def _unknown(means: Means) -> Message | None:
    """Why a named model cannot be tried: it is no folder with weights, and no name of a hub either."""
    for name in means.language_models:
        if find_weights(name, Path(means.folder)) is None and not is_hub_name(name):
            return say("there is no folder {name} with a config.json; models.language_models names it", name=name)
    return None


MODEL = LanguageModel()
