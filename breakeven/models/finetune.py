"""A pretrained model of any kind, all of its weights trained further on the user's rows.

Encoders (BERT, MiniLM, ModernBERT …), decoders (GPT-2, Qwen, Llama …) and the encoders of encoder-decoders (T5 …) get
a head for labels or a number; the head starts as the linear model on the frozen vectors. See `nn/tuning.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.models.extras import lacking
from breakeven.models.model import Declined, Model, Trained, Work
from breakeven.models.tuned import candidate_of, models_to_tune
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.nn.tuned_answers import TunedPredictor

EPOCHS = 8


class Finetune(Model):
    """All weights of a pretrained model and a linear head."""

    name: ClassVar[str] = "finetune"
    gpu: ClassVar[bool] = True

    def describe(self) -> Message:
        return say("a pretrained model, all of its weights trained further on your rows")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        found = models_to_tune(dataset, task, means)
        if isinstance(found, Message):
            return Refusal(family=self.name, why=MessageRecord.of(found))
        single = len(found) == 1
        return tuple(candidate_of(self.name, self.tag, 7, named, dataset, means, single, EPOCHS) for named in found)

    def train(self, work: Work) -> Trained:
        from breakeven.models.nn.finetuning import train_finetune

        return train_finetune(work)

    def load(self, folder: Path, artifact: Artifact) -> TunedPredictor:
        missing = lacking("onnx")
        if missing:
            raise Declined(missing)
        from breakeven.models.nn.tuned_answers import TunedPredictor

        return TunedPredictor.load(folder)


MODEL = Finetune()
