"""Hosted models: large models behind an API, asked for each answer, without examples and with the nearest ones.

Every [[alternative]] of the project that has a `base_url` is a rung like any other: scored on the same rows, paid from
the same budget, released with its prompt. What it is asked, costs and is told: docs/models/hosted.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from breakeven.core.errors import ModelError
from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.models.model import Model, Trained, Work
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.project import Alternative
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    from breakeven.models.hosting.access import Access
    from breakeven.models.hosting.predictor import HostedPredictor

COST_RANK = 8.5
SECONDS_A_REQUEST = 0.5
"""About what a request takes; several are under way at once."""
PROMPT_BYTES, BYTES_PER_TOKEN, ANSWER_TOKENS = 300.0, 4.0, 10
LONGEST_HINT = 60.0
"""What is hinted here is taken from the share of the rungs before; what they leave is there anyway."""


class Hosted(Model):
    """Zero-shot and few-shot requests to OpenAI-compatible endpoints."""

    name: ClassVar[str] = "hosted"

    def describe(self) -> Message:
        return say("a hosted model: a large model behind an API, asked for each answer and paid for it")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        from breakeven.models.hosting.access import access_to

        asked = [named for named in means.hosted if named.base_url]
        if not asked:
            why = say("it needs an [[alternative]] with a base_url: where a hosted model answers")
            return Refusal(family=self.name, why=MessageRecord.of(why))
        ways = [(named, access_to(named)) for named in asked]
        faults = [way for _, way in ways if isinstance(way, Message)]
        if len(faults) == len(ways):
            return Refusal(family=self.name, why=MessageRecord.of(faults[0]))
        found: list[Candidate] = []
        for named, way in ways:
            found += self._candidates(named, way, dataset, task)
        ordered = sorted(found, key=lambda candidate: candidate.usd_per_request or 0.0)
        return tuple(_ranked(candidate, place, ordered) for place, candidate in enumerate(ordered))

    def _candidates(self, named: Alternative, way: Access | Message, dataset: Dataset, task: Task) -> list[Candidate]:
        """Without and with examples; one that cannot be asked stands beside the others and fails, saying why."""
        name = "hosted-" + (re.sub(r"[^a-z0-9.]+", "-", named.model.rpartition("/")[2].lower()).strip("-")[:40] or "x")
        if isinstance(way, Message):
            fault = (("model", named.model), ("base_url", named.base_url), ("fault", True))
            return [Candidate(name=name, family=self.tag, settings=fault, cost_rank=COST_RANK, seconds_hint=1.0)]
        counts = [0, named.examples] if named.examples and "vectors" in INPUTS.get(task.input).views() else [0]
        return [
            Candidate(
                name=f"{name}-few" if count else name,
                family=self.tag,
                settings=tuple((way.settings() | {"instructions": named.instructions, "examples": count}).items()),
                cost_rank=COST_RANK,
                seconds_hint=_seconds(way, dataset),
                usd_per_request=_usd(way, count, dataset),
            )
            for count in counts
        ]

    def train(self, work: Work) -> Trained:
        from breakeven.models.hosting.training import train_hosted

        if work.candidate.setting("fault"):
            raise ModelError(say("its [[alternative]] lacks a price, a key or a right address"), work.candidate.name,
                             say("docs/models/hosted.md tells what it needs"))
        return train_hosted(work)

    def load(self, folder: Path, artifact: Artifact) -> HostedPredictor:
        from breakeven.models.hosting.predictor import HostedPredictor

        return HostedPredictor.load(folder, artifact)


def _ranked(candidate: Candidate, place: int, all_: list[Candidate]) -> Candidate:
    """The cheaper first; of two models with one name the later gets a number."""
    same = sum(other.name == candidate.name for other in all_[:place])
    name = f"{candidate.name}-{same + 1}" if same else candidate.name
    changed: dict[str, Any] = {"name": name, "cost_rank": COST_RANK + place / 1000}
    return candidate.model_copy(update=changed)


def _usd(way: Access, count: int, dataset: Dataset) -> float:
    """About what an answer costs, by the mean size of a row and a rule of thumb for tokens."""
    from breakeven.models.hosting.access import Usage

    row = dataset.bytes / max(1, sum(dataset.rows.values()))
    labels = sum(len(label.encode()) + 3 for label in dataset.labels)
    tokens = (PROMPT_BYTES + labels + row * (count + 1)) / BYTES_PER_TOKEN
    return way.rate.usd(Usage(round(tokens), ANSWER_TOKENS))


def _seconds(way: Access, dataset: Dataset) -> float:
    """About how long the scored rows take."""
    rows = dataset.rows["validation"] + (dataset.rows["train"] if dataset.folds > 1 else 0)
    each = max(SECONDS_A_REQUEST / way.concurrency, 60.0 / (way.requests_per_minute or float("inf")))
    return min(LONGEST_HINT, 5.0 + rows * each)


MODEL = Hosted()
