"""A training as a job to be priced: its GPU-hours on each chip that somebody rents out, by the physics of estimate/."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from breakeven.core.errors import UsageError
from breakeven.core.figure import Figure, Provenance, Source
from breakeven.core.units import unit
from breakeven.core.words import N_, Message, say
from breakeven.prices.chip_names import chip_name
from breakeven.prices.tables import offers
from breakeven.stages.compare_prices import Work

if TYPE_CHECKING:
    from breakeven.estimate.training_spec import TrainingSpec

TRIES = 4
"""How often the number of GPUs is doubled until the deadline is kept."""


def works_of_training(
    params: str | None, tokens: float | None, chips: Iterable[str] = (), gpus: int | None = None,
    deadline_days: float | None = None, model: str | None = None,
) -> tuple[tuple[Work, ...], tuple[tuple[str, Message], ...]]:
    """The training of `params`, or of a published `model`, on every chip or on those named.

    With it the chips on which it cannot be done, and why. Raises UsageError for a model that cannot be read.
    Without a number of GPUs, as many as keep the deadline, in powers of two; without a deadline, about a month.
    """
    from breakeven.estimate.chips import chip_named
    from breakeven.estimate.size import parse_size
    from breakeven.estimate.training_spec import TrainingSpec
    from breakeven.estimate.training_words import shape_of_words

    asked = TrainingSpec(chip=chip_named("H100"), params=parse_size(params) if params else None, tokens=tokens,
                         shape=shape_of_words(model, None), chips=gpus)  # fmt: skip
    works, left_out = [], []
    for chip in _chips(chips):
        try:
            works.append(_work(replace(asked, chip=chip_named(chip)), deadline_days))
        except UsageError as fault:
            left_out.append((chip, fault.what))
    return tuple(works), tuple(left_out)


def _chips(chips: Iterable[str]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(chip_name(chip) for chip in chips))
    return named or tuple(sorted({chip_name(offer.machine.gpu) for offer in offers() if offer.machine.gpus}))


def _work(spec: TrainingSpec, deadline_days: float | None) -> Work:
    """The estimate on one chip. Raises UsageError for a training that cannot be."""
    from breakeven.estimate.train import estimate_training

    found = estimate_training(spec)
    tries = 0 if spec.chips or not deadline_days else TRIES
    while tries and deadline_days and found.days.value > deadline_days:
        more = 2 ** math.ceil(math.log2(found.chips * found.days.value / deadline_days))
        found = estimate_training(replace(spec, chips=max(more, found.chips * 2) if tries < TRIES else more))
        tries -= 1
    if not found.gpu_hours.value < math.inf:
        raise UsageError(say("the training on {gpu} cannot be estimated", gpu=spec.chip.name), "--on",
                         say("name another chip"))  # fmt: skip
    hours = Figure(found.gpu_hours.value, unit("hour"), Provenance.ASSUMED, (Source("breakeven estimate train"),),
                   N_("GPU-hours of the job, estimated"), found.gpu_hours.low, found.gpu_hours.high)  # fmt: skip
    return Work(chip_name(spec.chip.name), hours, found.chips)
