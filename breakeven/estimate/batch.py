"""The critical batch: up to where more data-parallel machines shorten a training run, and what tokens they waste."""

from __future__ import annotations

KAPLAN_TOKENS = 2.1e8
KAPLAN_EXPONENT = 4.8
"""B_crit = 2.1e8 tokens x L^-4.8 (Kaplan et al. 2020, arXiv:2001.08361). Later work finds that it grows with the
tokens seen, not with the size (arXiv:2410.21676, 2505.13738), as this does through the falling loss."""


def critical_batch(loss: float) -> float:
    """The batch, in tokens, at which both the steps and the tokens for a loss are twice their least number."""
    return KAPLAN_TOKENS * loss**-KAPLAN_EXPONENT


def token_overhead(batch_tokens: float, critical_tokens: float) -> float:
    """How many times the least number of tokens a run needs: E / E_min = 1 + B / B_crit (McCandlish et al. 2018)."""
    return 1 + batch_tokens / critical_tokens


def step_overhead(batch_tokens: float, critical_tokens: float) -> float:
    """How many times the least number of steps: S / S_min = 1 + B_crit / B; (S/S_min - 1)(E/E_min - 1) = 1."""
    return 1 + critical_tokens / batch_tokens


def widest(critical_tokens: float, sequence: int, micro_batch: int = 1) -> int:
    """How many devices may train side by side, each on `micro_batch` sequences, without passing the critical batch."""
    return max(1, int(critical_tokens // (sequence * micro_batch)))
