"""When data runs out: what repeating it is worth (Muennighoff et al. 2023, arXiv:2305.16264, appendix A)."""

from __future__ import annotations

import math

from breakeven.estimate.scaling import TRAINING_FLOP, Allocation, Law, compute_optimal, least, positive

BASE = Law("muennighoff", "Muennighoff et al. 2023, arXiv:2305.16264, appendix A", 1.87, 521.0, 1488.0, 0.3527, 0.3527)
"""The authors' own fit, to which the two constants below belong. They trained with dropout and weight decay 0.1."""
REPEATS_TOKENS = 15.387756
REPEATS_PARAMETERS = 5.309743
"""R*_D and R*_N: after about that many repeats (or that many times too many parameters) more brings little."""
NEARLY_FREE_EPOCHS = 4.0
"""Up to here a repeated token is worth nearly a new one, as the authors put it."""


def worth(unique: float, used: float, constant: float) -> float:
    """U + U R* (1 - exp(-R / R*)) with R = used / U - 1: how many new ones the used ones are worth."""
    repeats = max(0.0, used / unique - 1)
    return min(unique, used) + unique * constant * (1 - math.exp(-repeats / constant))


def repeated_loss(parameters: float, tokens: float, unique_tokens: float) -> float:
    """The loss of a size trained on `tokens`, of which only `unique_tokens` differ. It never rises in this law."""
    unique = min(unique_tokens, tokens)
    fitting = min(parameters, size_for(unique))
    effective = worth(fitting, parameters, REPEATS_PARAMETERS)
    return BASE.loss(effective, worth(unique, tokens, REPEATS_TOKENS))


def size_for(tokens: float) -> float:
    """The size whose optimal number of tokens that is: with alpha = beta, N* = D* (A/B)^(1/alpha)."""
    return tokens * (BASE.a / BASE.b) ** (1 / BASE.alpha)


def data_constrained(flop: float, unique_tokens: float) -> Allocation:
    """The size and epochs of least loss for `flop` when only `unique_tokens` differ.

    With data enough for one epoch this is the compute-optimal allocation of the authors' own fit.
    """
    positive(flop, "--flop")
    positive(unique_tokens, "--unique-tokens")
    free = compute_optimal(flop, BASE)
    if free.tokens <= unique_tokens:
        return free

    def loss(log_parameters: float) -> float:
        parameters = math.exp(log_parameters)
        return repeated_loss(parameters, flop / (TRAINING_FLOP * parameters), unique_tokens)

    # between far more epochs than are of use and a single one
    bounds = flop / TRAINING_FLOP / unique_tokens
    parameters = math.exp(least(loss, math.log(bounds / 1000), math.log(bounds)))
    tokens = flop / (TRAINING_FLOP * parameters)
    return Allocation(parameters, tokens, repeated_loss(parameters, tokens, unique_tokens), BASE.name, flop,
                      epochs=tokens / unique_tokens)
