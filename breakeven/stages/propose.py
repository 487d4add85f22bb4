"""Which candidates the ladder may climb, the cheapest first, and which families refuse and why."""

from __future__ import annotations

from breakeven.models import MODELS
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.task import Task


def propose(
    dataset: Dataset, task: Task, means: Means, only: tuple[str, ...] = ()
) -> tuple[tuple[Candidate, ...], tuple[Refusal, ...]]:
    """Asks every family, or those named in `only`; candidates come in the order of their cost rank, those that
    are made of others after all that may be one of them.

    Raises UsageError when `only` names a family that does not exist.
    """
    candidates: list[Candidate] = []
    refusals: list[Refusal] = []
    for name in only or MODELS.names():
        answer = MODELS.get(name).offer(dataset, task, means)
        if isinstance(answer, Refusal):
            refusals.append(answer)
        else:
            candidates.extend(answer)
    return tuple(sorted(candidates, key=lambda c: (bool(c.needs), c.cost_rank))), tuple(refusals)
