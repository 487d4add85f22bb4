"""Scaling laws: how large a language model, on how many tokens, for which loss.

All laws have the form L = E + A / N^alpha + B / D^beta (nats per token) with N parameters and D training tokens, and
count training as 6 N D FLOP, serving as 2 N FLOP a token. They speak of dense decoders on English web text with one
tokenizer: a loss of another data set is not comparable, a difference between two sizes is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.interval import P90, Estimate

TRAINING_FLOP = 6.0
SERVING_FLOP = 2.0
"""FLOP a parameter and token: forward and backward, forward alone (Kaplan et al. 2020, arXiv:2001.08361)."""


@dataclass(frozen=True)
class Law:
    """A fitted law and where it was published. `ratio_low` and `ratio_high` bound the optimal tokens per parameter.

    They are the published 80 % interval at `ratio_flop` FLOP; `exponent_sigma` is the published standard error of the
    exponent of N*(C), `loss_sigma` that of E. None where nothing usable was published.
    """

    name: str
    source: str
    irreducible: float
    a: float
    b: float
    alpha: float
    beta: float
    loss_sigma: float | None = None
    exponent_sigma: float | None = None
    ratio_flop: float = 5.76e23
    ratio_low: float | None = None
    ratio_high: float | None = None

    def loss(self, parameters: float, tokens: float) -> float:
        """L(N, D) in nats per token."""
        return self.irreducible + self.a / parameters**self.alpha + self.b / tokens**self.beta

    @property
    def size_exponent(self) -> float:
        """The exponent of N*(C): beta / (alpha + beta)."""
        return self.beta / (self.alpha + self.beta)


BESIROGLU = Law(
    "besiroglu", "Besiroglu et al. 2024, arXiv:2404.10102, table 1", 1.8172, 482.01, 2085.43, 0.3478, 0.3658,
    loss_sigma=0.03, exponent_sigma=0.02, ratio_low=4.0, ratio_high=40.0,
)
HOFFMANN = Law("hoffmann", "Hoffmann et al. 2022, arXiv:2203.15556, approach 3", 1.69, 406.4, 410.7, 0.34, 0.28)
"""Its published intervals would need 600,000 runs (Besiroglu et al. 2024): they are not repeated here."""
LAWS = {law.name: law for law in (BESIROGLU, HOFFMANN)}


@dataclass(frozen=True)
class Allocation:
    """A size, the tokens it is trained on, what it costs and the loss it reaches. Intervals are None where unknown."""

    parameters: float
    tokens: float
    loss: float
    law: str
    training_flop: float
    serving_flop: float = 0.0
    epochs: float = 1.0
    parameters_interval: Estimate | None = None
    tokens_interval: Estimate | None = None
    loss_interval: tuple[float, float] | None = None

    @property
    def tokens_per_parameter(self) -> float:
        return self.tokens / self.parameters


def law_named(name: str) -> Law:
    """The law of that name. Raises UsageError if there is none."""
    if name not in LAWS:
        what = say("there is no scaling law {name}", name=name)
        raise UsageError(what, "--law", say("use one of {names}", names=sorted(LAWS)))
    return LAWS[name]


def compute_optimal(flop: float, law: Law = BESIROGLU) -> Allocation:
    """The size and tokens of least loss for `flop` of training: N* = G (C/6)^(beta/(alpha+beta)), D* = C / (6 N*).

    G = (alpha A / (beta B))^(1/(alpha+beta)); Hoffmann et al. 2022, equation 4.
    """
    positive(flop, "--flop")
    parameters = _best_size(flop, law)
    return allocation(parameters, flop / (TRAINING_FLOP * parameters), law, with_intervals=True)


def allocation(parameters: float, tokens: float, law: Law, served_tokens: float = 0.0,
               with_intervals: bool = False) -> Allocation:
    """What a size on that many tokens costs and reaches."""
    flop = TRAINING_FLOP * parameters * tokens
    loss = law.loss(parameters, tokens)
    interval = _size_interval(parameters, flop, law) if with_intervals else None
    return Allocation(
        parameters, tokens, loss, law.name, flop, SERVING_FLOP * parameters * served_tokens,
        parameters_interval=interval,
        tokens_interval=interval and Estimate(tokens, flop / (TRAINING_FLOP * interval.high),
                                              flop / (TRAINING_FLOP * interval.low)),
        loss_interval=None if law.loss_sigma is None else (loss - P90 * law.loss_sigma, loss + P90 * law.loss_sigma),
    )


def _size_interval(parameters: float, flop: float, law: Law) -> Estimate | None:
    """The published interval of the optimal ratio as one of size, wider as the budget leaves where it was stated.

    N = sqrt(C / (6 ratio)), so a ratio k times larger is a model sqrt(k) times smaller.
    """
    if law.ratio_low is None or law.ratio_high is None or law.exponent_sigma is None:
        return None
    there = law.ratio_flop / (TRAINING_FLOP * _best_size(law.ratio_flop, law) ** 2)
    drift = P90 * law.exponent_sigma * abs(math.log(flop / law.ratio_flop))
    down = math.hypot(0.5 * math.log(law.ratio_high / there), drift)
    up = math.hypot(0.5 * math.log(there / law.ratio_low), drift)
    return Estimate(parameters, parameters * math.exp(-down), parameters * math.exp(up))


def _best_size(flop: float, law: Law) -> float:
    """N* of a budget."""
    gain = (law.alpha * law.a / (law.beta * law.b)) ** (1 / (law.alpha + law.beta))
    return gain * (flop / TRAINING_FLOP) ** law.size_exponent


def tokens_for(loss: float, parameters: float, law: Law = BESIROGLU) -> float | None:
    """The training tokens with which a size reaches a loss; None if it never does."""
    left = loss - law.irreducible - law.a / parameters**law.alpha
    return (law.b / left) ** (1 / law.beta) if left > 0 else None


def inference_adjusted(
    loss: float, served_tokens: float, law: Law = BESIROGLU, usd_per_training_flop: float = 1.0,
    usd_per_serving_flop: float = 1.0,
) -> Allocation:
    """The size that reaches a loss at the least cost of training and serving together (Sardana et al., 2401.00448).

    Minimises p_t 6 N D + p_s 2 N S over N, with D the tokens that N needs for the loss and S those it will serve; with
    both prices 1 the cost is FLOP. The law was fitted near 20 tokens a parameter and overrates what more tokens bring
    far beyond. Raises UsageError if no size reaches the loss.
    """
    if loss <= law.irreducible:
        what = say("no model of this law has a loss of {loss} or less", loss=loss)
        raise UsageError(what, "--loss", say("its irreducible loss is {loss}", loss=law.irreducible))

    def cost(log_parameters: float) -> float:
        parameters = math.exp(log_parameters)
        tokens = tokens_for(loss, parameters, law)
        if tokens is None:
            return math.inf
        training = usd_per_training_flop * TRAINING_FLOP * parameters * tokens
        return training + usd_per_serving_flop * SERVING_FLOP * parameters * served_tokens

    smallest = math.log(law.a / (loss - law.irreducible)) / law.alpha
    parameters = math.exp(least(cost, smallest + 1e-9, smallest + 12.0))
    return allocation(parameters, tokens_for(loss, parameters, law) or math.inf, law, served_tokens)


def least(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is least between two bounds, by golden sections; to 1e-9 of the width."""
    golden = (math.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(45):
        if at_left <= at_right and at_left < math.inf:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = cost(right)
    return (low + high) / 2


def positive(value: float, where: str) -> None:
    """Raises UsageError unless the number is positive and finite."""
    if not 0 < value < math.inf:
        raise UsageError(say("{number} is not a positive number", number=value), where, say("give a number above 0"))
