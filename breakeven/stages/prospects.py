"""What a rung that could not take part would need, cost and probably bring: for a decision before installing or paying.

The figures were measured with our own benchmark (benchmarks/upper, November 2026): all-MiniLM-L6-v2 on two cores.
"""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.models.pretrained import CHINESE, suggestions
from breakeven.records.candidate import Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task


@dataclass(frozen=True)
class Prospect:
    """Seconds of training, fixed and for a megabyte of text; test mistakes of a ladder with it, as shares of those
    without it, the least and the most of so many sets."""

    seconds: float
    seconds_per_megabyte: float
    sets: int
    low_share: float
    high_share: float


PROSPECTS = {
    "embed": Prospect(80.0, 70.0, 2, 0.885, 0.913),
    "finetune": Prospect(60.0, 700.0, 2, 0.404, 0.685),
}


def with_prospects(
    refusals: tuple[Refusal, ...], dataset: Dataset, task: Task, usd_per_second: float
) -> tuple[Refusal, ...]:
    """The refusals, each with what its family would need, cost and bring, where that is known."""
    return tuple(_with_prospect(refusal, dataset, task, usd_per_second) for refusal in refusals)


def _with_prospect(refusal: Refusal, dataset: Dataset, task: Task, usd_per_second: float) -> Refusal:
    found = prospect(refusal.family, dataset, task, usd_per_second)
    return refusal.model_copy(update={"prospect": MessageRecord.of(found)}) if found else refusal


def prospect(family: str, dataset: Dataset, task: Task, usd_per_second: float) -> Message | None:
    """What a refused family would take and bring on a dataset of texts; None where nothing is known of it."""
    found = PROSPECTS.get(family)
    if found is None or "texts" not in INPUTS.get(task.input).views() or not dataset.labels:
        return None
    seconds = found.seconds + found.seconds_per_megabyte * dataset.bytes / 1e6
    first = suggestions(dataset)[0]
    needs = {"name": first.name, "licence": first.licence, "weights_bytes": first.bytes, "seconds": seconds,
             "usd": seconds * usd_per_second}  # fmt: skip
    if dataset.chinese >= CHINESE:
        return say("with {name} ({licence}, {weights_bytes}) it would train in about {seconds} here ({usd}). What it "
                   "brings on Chinese texts has not been measured", **needs)  # fmt: skip
    return say("with {name} ({licence}, {weights_bytes}) it would train in about {seconds} here ({usd}). On {count} "
               "English text sets a ladder with it made {low_share} to {high_share} of the mistakes of one without",
               count=found.sets, low_share=found.low_share, high_share=found.high_share, **needs)  # fmt: skip
