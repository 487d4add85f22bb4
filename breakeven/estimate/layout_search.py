"""Which layout fits and is fastest; and how long a step takes when nobody has told the layout.

Where a layout is told, its time is the answer. Where it is not, the time is the mean over the good ones (each weighed
by how near the fastest it is and by whether it has room), so that the answer moves smoothly with the question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from breakeven.estimate.layout import Layouts
from breakeven.estimate.network import Numbers
from breakeven.estimate.step import Parts, Speed, parts_of, step_seconds
from breakeven.estimate.work import Work

CONTEXT_BYTES = 3e9
"""CUDA context, communication buffers, fragments."""
FULL = 0.97
"""Part of the memory from which on a layout is avoided."""
SOFTNESS = 0.04
NEAR = 0.15
"""Layouts whose time is within some such part of the fastest have a say in the answer."""


def memory_bytes(work: Work, layout: Layouts, fused: bool) -> Numbers:
    """Bytes on the fullest device, by the terms of mixed-precision Adam and Korthikanti et al. 2022 (arXiv:2205.05198).

    A quick form for a thousand layouts at once; `memory.py` counts the one that is shown.
    """
    per_stage = work.layers / layout.pp
    full = layout.recompute_share > 0.5
    per_token = np.where(full, 2.0 * work.width * per_stage + 34.0 * work.width / layout.tp,
                         34.0 * work.width * per_stage / layout.tp)
    if not fused:
        kept = np.where(full, 1.0, np.where(layout.selective > 0, 0.0, per_stage))
        per_token = per_token + kept * 5.0 * work.heads * work.sequence / layout.tp
    live = layout.device_tokens * per_token * np.minimum(layout.pp, np.maximum(1.0, layout.micro_batches))
    logits = 6.0 * layout.device_tokens * work.vocabulary / layout.tp
    return np.asarray(state_bytes(work, layout) + live + logits + CONTEXT_BYTES)


def _held(work: Work, layout: Layouts) -> Numbers:
    """Parameters of which a device holds the weights, before they are split between replicas."""
    dense = (work.params_total - work.expert_params) / (layout.tp * layout.pp)
    return np.asarray(dense + work.expert_params / (layout.pp * np.maximum(layout.ep, layout.tp)))


def state_bytes(work: Work, layout: Layouts) -> Numbers:
    """Weights, gradients and Adam's states: 18 bytes a parameter, split as the stage of ZeRO says."""
    held = _held(work, layout)
    split = np.minimum(layout.dp * layout.cp, layout.shard)
    block = 8.0 * held * layout.pp / work.layers
    return np.select(
        [layout.zero >= 3, layout.zero >= 2, layout.zero >= 1],
        [18.0 * held / split + block, 2.0 * held + 16.0 * held / split, 6.0 * held + 12.0 * held / split],
        18.0 * held,
    )


@dataclass(frozen=True)
class Search:
    """All layouts with their parts, memory and the weight each has in the answer; `best` is the fastest with room."""

    layouts: Layouts
    parts: Parts
    used: Numbers
    """Memory needed, as a part of the device's."""
    seconds_per_token: Numbers
    """Device-seconds for a trained token."""
    say: Numbers
    best: int

    @property
    def seconds(self) -> float:
        """Device-seconds for a trained token: the weighed geometric mean."""
        return float(np.exp(self.say @ np.log(self.seconds_per_token)))


LARGE = 1e9
HABIT = 0.25
"""Before fused attention, recomputing everything was the habit for models above LARGE: the other layouts count as
that much slower (as a logarithm) when nobody has told which was used."""


def search(work: Work, layouts: Layouts, speed: Speed, memory: float, weights: Mapping[str, float]) -> Search:
    """Time and memory of every layout, and the fastest that has room (the smallest where none has)."""
    used = memory_bytes(work, layouts, speed.fused_attention) / memory
    parts = parts_of(work, layouts, speed)
    devices = layouts.tp * layouts.pp * layouts.cp
    tokens = layouts.micro_batches * layouts.micro_batch * work.sequence
    per_token = step_seconds(parts, layouts, weights) * devices / tokens
    badness = np.log(per_token) + np.logaddexp(0.0, (used - FULL) / SOFTNESS)
    if not speed.fused_attention and work.params_total > LARGE:
        badness = badness + HABIT * (1.0 - layouts.recompute_share)
    say = np.exp(-(badness - badness.min()) / NEAR)
    return Search(layouts, parts, used, per_token, say / say.sum(), int(badness.argmin()))
