"""What a training run is made with, how its learning rate moves, and how many steps fit into the time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

Schedule = Literal["cosine", "linear", "wsd", "constant"]

COOL_DOWN = 0.2
"""WSD: the share of the steps in which the rate falls."""
SETTLED = 0.1
"""The plan may grow again until this share of it is done: the first steps tell little. Later it only shrinks."""
TOLERANCE = 0.02
ENOUGH = 4


@dataclass(frozen=True)
class LoopSettings:
    """What a training run is made with. `steps` are those wanted; when time is short, fewer are made."""

    steps: int
    learning_rate: float
    warm_up: float = 0.06
    """A share of the steps."""
    schedule: Schedule = "cosine"
    floor: float = 0.0
    """The share of the learning rate at which the schedule ends."""
    weight_decay: float = 0.01
    beta2: float = 0.999
    clip: float = 1.0
    accumulate: int = 1
    """Batches whose gradients are summed for a step."""
    checkpoint_seconds: float = 30.0
    seed: int = 0


def rate_share(step: int, steps: int, warm_up: float, schedule: Schedule, floor: float = 0.0) -> float:
    """The share of the full learning rate at `step` (0-based) of `steps`; `warm_up` is a share of the steps.

    cosine: Loshchilov and Hutter 2017; wsd (warm-up, stable, decay): Hu et al. 2024, falling linearly.
    """
    warm = max(1, round(warm_up * steps))
    if step < warm:
        return (step + 1) / (warm + 1) if warm > 1 else 1.0
    done = (step - warm) / max(1, steps - warm)
    if schedule == "cosine":
        left = 0.5 * (1 + math.cos(math.pi * done))
    elif schedule == "linear":
        left = 1 - done
    elif schedule == "wsd":
        left = min(1.0, (1 - done) / COOL_DOWN)
    else:
        left = 1.0
    return floor + (1 - floor) * left


@dataclass
class Plan:
    """How many steps are to be made: those wanted, or as many as fit into the time at the rate measured so far."""

    wanted: int
    steps: int
    begun: float = field(default_factory=monotonic)
    first: int = 0
    """The step at which measuring began; the very first step of a process is not counted."""

    def start_clock(self, step: int) -> None:
        self.begun, self.first = monotonic(), step

    def seconds_per_step(self, step: int) -> float:
        """All that was spent since the clock began (looking at held-out rows too) for each step made."""
        return (monotonic() - self.begun) / max(1, step - self.first)

    def fit(self, step: int, seconds_left: float) -> None:
        """Change the number of steps so that the last one ends in time; `step` are done."""
        spent = monotonic() - self.begun
        if step - self.first < ENOUGH and spent < 0.05 * seconds_left:
            return
        fitting = step + int(seconds_left / self.seconds_per_step(step))
        late = fitting < self.steps * (1 - TOLERANCE) or (fitting < self.steps and step > 0.9 * self.steps)
        if late or step < SETTLED * self.steps:
            self.steps = max(step, 1, min(self.wanted, fitting))
