"""How large a model, on how many tokens, for a budget of compute or money."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.batch import critical_batch
from breakeven.estimate.chips import Chip
from breakeven.estimate.repeats import data_constrained
from breakeven.estimate.scaling import Allocation, Law, compute_optimal, inference_adjusted, positive
from breakeven.estimate.train import estimate_training
from breakeven.estimate.training_spec import TrainingSpec

FIRST_FLOP = 1e21
ROUNDS = 12
CLOSE = 1e-3
"""How near the money of a training must come to what there is, as a part of it."""


@dataclass(frozen=True)
class Sizing:
    """The best size for the training alone, and, where asked, with what it will serve or with the data there is."""

    best: Allocation
    with_serving: Allocation | None
    with_unique_tokens: Allocation | None
    critical_batch_tokens: float
    usd: float | None = None


def size_for(flop: float, law: Law, served_tokens: float | None = None, unique_tokens: float | None = None,
             usd: float | None = None) -> Sizing:
    """The sizes for `flop` of training. With serving: the cheapest in FLOP that reaches the same loss."""
    best = compute_optimal(flop, law)
    if served_tokens is not None:
        positive(served_tokens, "--served-tokens")
    return Sizing(
        best,
        inference_adjusted(best.loss, served_tokens, law) if served_tokens else None,
        data_constrained(flop, unique_tokens) if unique_tokens is not None else None,
        critical_batch(best.loss), usd,
    )


def flop_for(usd: float, chip: Chip, law: Law, usd_per_hour: float | None = None, chips: int | None = None) -> float:
    """The training FLOP that money buys on a chip, restarts and waiting included, by our own estimate of a training.

    Larger models use a chip better, so the price of a FLOP is looked up again at the size it leads to. Raises
    UsageError without a price.
    """
    positive(usd, "--usd")
    flop = FIRST_FLOP
    for _ in range(ROUNDS):
        found = compute_optimal(flop, law)
        spec = TrainingSpec(chip, params=found.parameters, tokens=found.tokens, chips=chips, usd_per_hour=usd_per_hour)
        cost = estimate_training(spec).usd
        if cost is None:
            raise UsageError(say("the price tables hold no price of {chip}", chip=chip.name), "--usd",
                             say("give --usd-per-hour, what one device costs an hour"))
        if abs(cost.value / usd - 1) < CLOSE:
            break
        flop *= usd / cost.value
    return flop
