"""What a whole campaign loses against its bare steps: failures that grow with the devices, and everything else.

Papers quote the speed of a step and pay for the campaign: restarts, evaluation, checkpoints, waiting, pauses.
"""

from __future__ import annotations

import math

from breakeven.estimate.training_spec import TrainingSpec

DEVICE_HOURS_BETWEEN_FAILURES = 50_000.0
"""Llama 3 (arXiv:2407.21783, section 3.3.4): 419 unexpected interruptions in 54 days on 16,384 GPUs."""
HOURS_LOST_BY_FAILURE = 0.25
"""The same run kept more than 90 % of its time: about a quarter of an hour of all devices for each interruption."""


NODE = 8
MANY_NODES = 2.0
"""With so many other nodes half of what several nodes lose against one is lost."""


def failure_loss(chips: float) -> float:
    """Hours lost to failures for each hour of steps: every failure of one device stops all of them."""
    return chips / DEVICE_HOURS_BETWEEN_FAILURES * HOURS_LOST_BY_FAILURE


def campaign_features(spec: TrainingSpec, chips: float) -> dict[str, float]:
    """What the rest of the loss depends on: a part common to all; a part of those that run on several nodes, which
    wait for the slowest and share their network; and images, which have to be loaded and decoded."""
    others = max(0.0, chips / NODE - 1.0)
    return {"run": 1.0, "nodes": others / (others + MANY_NODES), "image": float(spec.family != "language")}


def campaign_factor(spec: TrainingSpec, chips: float, coefficients: dict[str, float]) -> float:
    """Paid hours for each hour of steps: at least that of the failures; `coefficients` are calibrated."""
    rest = sum(coefficients.get(name, 0.0) * value for name, value in campaign_features(spec, chips).items())
    return (1.0 + failure_loss(chips)) * math.exp(rest)
