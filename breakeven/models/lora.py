"""A pretrained model that stays as it is, with small adapters that learn (LoRA, Hu et al. 2021), by the peft library.

Of a model that is too large to be trained whole, under five per cent of the weights are. The adapters are kept apart in
the artifact; what answers is the model with the adapters added into its weights. See `nn/lora_tuning.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.models.extras import lacking
from breakeven.models.model import Declined, Model, Trained, Work
from breakeven.models.pretrained import Named
from breakeven.models.tuned import bytes_of, candidate_of, models_to_tune
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.nn.tuned_answers import TunedPredictor

LEAST_BYTES = 1_000_000_000
"""A smaller encoder is trained whole in the same time, and better; it gets adapters only as a language model."""
EPOCHS = 8


class Lora(Model):
    """Low-rank adapters on a pretrained model, and a linear head."""

    name: ClassVar[str] = "lora"
    gpu: ClassVar[bool] = True

    def describe(self) -> Message:
        return say("a pretrained model with small adapters that learn, added into its weights for the release")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        found = models_to_tune(dataset, task, means)
        if isinstance(found, Message):
            return Refusal(family=self.name, why=MessageRecord.of(found))
        large = tuple(named for named in found if self._pays(named, means))
        if not large:
            why = say("{names}: small enough to train all weights (finetune); adapters are for language models",
                      names=[named.name for named in found])  # fmt: skip
            return Refusal(family=self.name, why=MessageRecord.of(why))
        missing = lacking("qlora") if means.quantize == "nf4" else None
        if missing:
            return Refusal(family=self.name, why=MessageRecord.of(missing))
        single = len(large) == 1
        made = (candidate_of(self.name, self.tag, 6, named, dataset, means, single, EPOCHS) for named in large)
        return tuple(_with_bits(candidate, means) for candidate in made)

    def _pays(self, named: Named, means: Means) -> bool:
        return named.name in means.language_models or bytes_of(named) >= LEAST_BYTES

    def train(self, work: Work) -> Trained:
        from breakeven.models.nn.lora_tuning import train_lora

        return train_lora(work)

    def load(self, folder: Path, artifact: Artifact) -> TunedPredictor:
        missing = lacking("onnx")
        if missing:
            raise Declined(missing)
        from breakeven.models.nn.tuned_answers import TunedPredictor

        return TunedPredictor.load(folder)


def _with_bits(candidate: Candidate, means: Means) -> Candidate:
    """The candidate with the number format of its frozen weights, where the project asks for a smaller one."""
    if means.quantize == "none":
        return candidate
    return candidate.model_copy(update={"settings": (*candidate.settings, ("quantize", means.quantize))})


MODEL = Lora()
