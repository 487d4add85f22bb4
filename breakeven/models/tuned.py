"""Which pretrained models a ladder may train further, and what that is expected to take. Light: no torch."""

from __future__ import annotations

from pathlib import Path

from breakeven.core.words import Message
from breakeven.models.pretrained import Named, encoders_for
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.task import Task

UNKNOWN = 400_000_000
"""Bytes that weights are taken for which are not on this machine yet: those of a base model."""
SMALL = 91_000_000
BYTES_PER_SECOND = 4_000
"""Of text that a model of SMALL bytes learns from on two cores."""
MOST_SECONDS = 400.0
"""The time of a run is shared by what rungs expect to take: a rung that wants hours must not starve the cheap ones."""
LOAD_SECONDS, RELEASE_SECONDS = 3.0, 25.0
"""Loading the weights for each fold; saving and measuring at the end."""


def models_to_tune(dataset: Dataset, task: Task, means: Means) -> tuple[Named, ...] | Message:
    """The encoders and language models to try, each once, or why there is none."""
    named = tuple(dict.fromkeys((*means.encoders, *means.language_models)))
    return encoders_for(dataset, task, means.model_copy(update={"encoders": named}))


def bytes_of(named: Named) -> int:
    return named.weights.bytes if named.weights else UNKNOWN


def candidate_of(
    family: str, tag: str, rank: float, named: Named, dataset: Dataset, means: Means, single: bool, epochs: int
) -> Candidate:
    """The candidate that trains one model; `single` ones are called like their family."""
    size = bytes_of(named)
    seconds = LOAD_SECONDS + epochs * dataset.bytes / BYTES_PER_SECOND * size / SMALL
    return Candidate(
        name=family if single else f"{family}_{named.slug}",
        family=tag,
        settings=(
            ("model", named.name),
            ("folder", str(Path(means.folder))),
            ("digest", named.weights.digest if named.weights else None),
        ),
        cost_rank=rank + size / 1e12,
        seconds_hint=min(MOST_SECONDS, RELEASE_SECONDS + seconds * dataset.folds),
    )
