"""A blend: the weighted average of what has been trained, and only where that is better by more than chance.

The weights are found by greedy selection on out-of-sample predictions. Whether they pay is asked of rows that they
were not learned on: the scored rows are dealt to parts, and each part is answered with the weights of the others.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from breakeven.core.words import Message, say
from breakeven.models.artifact import load_artifact
from breakeven.models.model import Billed, Declined, Model, Predictor, Trained, Work, values_predictor
from breakeven.models.wallet import Wallet
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.task import Task
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from breakeven.inputs.values import Values

FILE = "blend.json"
PARTS = 5
LEAST_WEIGHT = 0.05
"""A member that counts less is left out: it would cost as much to serve as the others."""


class Blend(Model):
    """A weighted average of the rungs below it."""

    name: ClassVar[str] = "blend"

    def describe(self) -> Message:
        return say("a blend: the weighted average of the models trained before it, where that pays")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...]:
        return (Candidate(name=self.name, family=self.tag, cost_rank=9, needs=("*",), seconds_hint=3.0),)

    def train(self, work: Work) -> Trained:
        """Weigh the members and copy those that count. Raises Declined where a single one is as good."""
        weights, predictions = _weigh(work)
        _check_gain(work, predictions)
        members = [(member, float(weight)) for member, weight in zip(work.members, weights, strict=True) if weight]
        for member, _ in members:
            shutil.copytree(member.artifact, work.artifact / "members" / member.name)
        content = {member.name: weight for member, weight in members}
        write_bytes(work.artifact / FILE, json.dumps(content, ensure_ascii=False).encode())
        return Trained(predictions, None, {name: round(weight, 3) for name, weight in content.items()})

    def load(self, folder: Path, artifact: Artifact) -> Average:
        content = json.loads((folder / FILE).read_bytes())
        members = (load_artifact(folder / "members" / name)[1] for name in content)
        return Average(tuple(zip(members, content.values(), strict=True)))


@dataclass(frozen=True)
class Average:
    """Answers with the weighted average of its members."""

    members: tuple[tuple[Predictor, float], ...]

    @property
    def usd_per_request(self) -> float | None:
        """Each answer asks every member: what those ask that cost money."""
        asked = [each.usd_per_request for each in self._billed() if each.usd_per_request is not None]
        return sum(asked) if asked else None

    @property
    def usd_source(self) -> str:
        return "; ".join(dict.fromkeys(each.usd_source for each in self._billed() if each.usd_source))

    @property
    def remote(self) -> bool:
        billed = self._billed()
        return len(billed) == len(self.members) and all(each.remote for each in billed)

    def spend(self, wallet: Wallet, cache: Path | None) -> None:
        for each in self._billed():
            each.spend(wallet, cache)

    def _billed(self) -> list[Billed]:
        return [predictor for predictor, _ in self.members if isinstance(predictor, Billed)]

    def predict(self, rows: pa.Table) -> np.ndarray:
        parts = [predictor.predict(rows) * weight for predictor, weight in self.members]
        return sum(parts[1:], start=parts[0])

    def predict_values(self, values: Values) -> np.ndarray:
        parts = [values_predictor(predictor)(values) * weight for predictor, weight in self.members]
        return sum(parts[1:], start=parts[0])


def _weigh(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """The weights (members,) learned on all scored rows; predictions (scored, width) whose rows had no say in them."""
    import numpy as np

    from breakeven.models.mixing import greedy_weights, mixed

    if len(work.members) < 2:
        raise Declined(say("there is nothing to mix: it takes two trained models"))
    truth, known = _truth(work)
    every = [member.predictions for member in work.members]
    part = np.random.default_rng(work.seed).permutation(len(truth)) % PARTS
    predictions = np.empty_like(every[0])
    for number in range(PARTS):
        others = (part != number) & known
        weights = greedy_weights([p[others] for p in every], truth[others], work.output.loss)
        predictions[part == number] = mixed([p[part == number] for p in every], weights)
        work.progress(number / PARTS, None)
    weights = greedy_weights([p[known] for p in every], truth[known], work.output.loss)
    weights[weights < LEAST_WEIGHT] = 0.0
    return weights / weights.sum(), predictions


def _truth(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """The answers of the scored rows (scored,), and which of them are known: a class unseen in training is not."""
    import numpy as np

    truth = work.target[work.scored]
    return truth, truth >= 0 if work.dataset.labels else np.isfinite(truth)


def _check_gain(work: Work, predictions: np.ndarray) -> None:
    """Raises Declined unless the loss falls by more than one standard error, and the metric gets no worse."""
    from breakeven.models.mixing import beyond_chance

    truth, known = _truth(work)
    losses = {m.name: work.output.loss(truth[known], m.predictions[known]) for m in work.members}
    best = min(losses, key=lambda name: float(losses[name].mean()))
    gains = losses[best] - work.output.loss(truth[known], predictions[known])
    if not beyond_chance(gains):
        raise Declined(
            say("mixing is no better than {best} alone: the loss falls by {gain}, give or take {error}",
                best=best, gain=float(gains.mean()), error=float(gains.std() / len(gains) ** 0.5))
        )  # fmt: skip
    sign = 1 if work.metric.higher else -1
    single = max(sign * work.metric.score(truth[known], m.predictions[known], None) for m in work.members)
    if sign * work.metric.score(truth[known], predictions[known], None) <= single:
        raise Declined(say("mixing lowers the loss, but {metric} gets no better", metric=work.metric.name))


MODEL = Blend()
