"""How long one optimizer step takes on one device: ideal seconds of each part, and how they add up.

`parts_of` counts what has to be computed, moved and sent, each divided by what the data sheet promises; nothing in it
is fitted. `step_seconds` weighs the parts by the constants of `data/training.json` (how far practice stays behind the
sheet), lets network traffic hide behind computation, and adds the bubble of the pipeline. Every field of a layout may
be an array, so that a thousand layouts are one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from breakeven.core.words import N_
from breakeven.estimate.layout import Layouts
from breakeven.estimate.network import Network, Numbers
from breakeven.estimate.work import Work

KILO = 1024.0
BUNDLE = 100.0
"""Bytes that a token's elementwise work moves per layer and unit of width, forward and backward: about 50 reads and
writes of 16-bit numbers (norms, activations, residuals, casts)."""
SCORE_BYTES = 16.0
"""Bytes per attention score that an unfused kernel moves, forward and backward (softmax, mask, dropout)."""
OPTIMIZER_BYTES = 30.0
"""Bytes per parameter that a step of mixed-precision Adam reads and writes."""
LAUNCH_SECONDS = 1e-4
"""Time to launch the kernels of one layer, forward and backward, if nothing hides it."""
HOP_SECONDS = 1e-6
WIRE_BYTES = 2.0


@dataclass(frozen=True)
class Speed:
    """What a chip can do at a precision, for the step: attainable FLOP/s of its matrices and of its attention."""

    matrix_flop_per_second: float
    attention_flop_per_second: float
    bytes_per_second: float
    network: Network
    low_precision: float = 0.0
    """1 where matrices run below 16 bits: the numbers are cast and scaled first."""
    fused_attention: bool = True
    youth: float = 0.0
    """1 in the first years of a chip, when attention kernels are still those of the chip before it; 0 after three."""


Parts = dict[str, Numbers]


def parts_of(work: Work, layout: Layouts, speed: Speed) -> Parts:
    """Ideal seconds of every part of a step on one device."""
    passes = 1.0 + layout.recompute_share / 3.0
    return (_matrix(work, layout, speed, passes) | _memory_bound(work, layout, speed, passes)
            | _between(work, layout, speed, passes) | _once_a_step(work, layout, speed))


def _matrix(work: Work, layout: Layouts, speed: Speed, passes: Numbers) -> Parts:
    """Matrix products: at their ceiling, and what narrow matrices, few tokens and small experts add to it."""
    share = layout.micro_batches * layout.device_tokens / (layout.tp * layout.pp)
    layers = work.dense_weights - work.head_weights
    dense = 6.0 * (layers * passes + work.head_weights) * share / speed.matrix_flop_per_second
    experts = 6.0 * work.expert_weights * passes * share / speed.matrix_flop_per_second
    narrow = KILO / work.width + KILO * layout.tp / (3.0 * work.width)
    attention = _attention(work, layout, speed)
    parts = {
        "matrix": dense + experts,
        "narrow": dense * narrow,
        "few_tokens": dense * KILO / layout.device_tokens,
        "attention": attention,
        "attention_young": attention * speed.youth,
    }
    if work.experts:
        seen = layout.device_tokens * work.experts_active * layout.ep / work.experts
        parts["experts"] = experts * (KILO / work.width + KILO / work.expert_width + KILO / seen)
    return parts


def _attention(work: Work, layout: Layouts, speed: Speed) -> Numbers:
    """Scores and weighted values; a fused kernel computes the scores again in the backward pass (3.5 for 3)."""
    pairs = layout.micro_batches * layout.device_tokens * work.sequence * (0.5 if work.causal else 1.0)
    flop = 4.0 * work.layers * work.attention_width * pairs * (3.5 + layout.recompute_share)
    return flop / (layout.tp * layout.pp) / speed.attention_flop_per_second


def _memory_bound(work: Work, layout: Layouts, speed: Speed, passes: Numbers) -> Parts:
    """What waits for memory, or for the host to launch it."""
    tokens = layout.micro_batches * layout.device_tokens
    layer_tokens = tokens * work.layers / layout.pp
    moved = layer_tokens * work.width * BUNDLE * passes / layout.tp
    logits = tokens * work.vocabulary * 24.0 / (layout.tp * layout.pp)
    low = layer_tokens * (work.width * speed.low_precision * BUNDLE) / layout.tp
    parts = {
        "elementwise": moved / speed.bytes_per_second,
        "logits": logits / speed.bytes_per_second,
        "casts": low / speed.bytes_per_second,
        "launches": layout.micro_batches * work.layers / layout.pp * passes * LAUNCH_SECONDS,
    }
    if not speed.fused_attention:
        scores = layer_tokens * work.heads * work.sequence * SCORE_BYTES * (passes + layout.selective / 3.0)
        parts["scores"] = scores / layout.tp / speed.bytes_per_second
        parts["unfused"] = parts["elementwise"]
    if work.experts:
        routed = layer_tokens * work.experts_active * work.width * BUNDLE * passes / layout.tp
        parts["routing"] = routed / speed.bytes_per_second
    return parts


def _between(work: Work, layout: Layouts, speed: Speed, passes: Numbers) -> Parts:
    """Traffic inside the model, in the way of the computation: tensor, context and expert parallelism."""
    net = speed.network
    row = layout.micro_batches * work.layers / layout.pp * layout.device_tokens * WIRE_BYTES
    reduces = 2.0 * (4.0 + 2.0 * layout.recompute_share)
    parts = {"tensor": reduces * net.ring_seconds(row * work.width, layout.tp, 1.0)}
    keys = row * work.kv_width * 2.0 * layout.cp / layout.tp
    parts["context"] = 3.0 * net.ring_seconds(keys, layout.cp, layout.tp)
    if work.experts:
        parts["expert_traffic"] = _expert_traffic(work, layout, speed, row)
    return parts


def _expert_traffic(work: Work, layout: Layouts, speed: Speed, row: Numbers) -> Numbers:
    """Tokens to their experts and back, forward and backward; below 16 bits the way there is sent in 8.

    Between domains a token is sent once to each domain that holds one of its experts, inside once to each expert.
    """
    net, ep = speed.network, np.maximum(layout.ep, 1.0)
    ways = 4.0 - speed.low_precision
    domains = np.maximum(1.0, ep / net.domain)
    reached = domains * (1.0 - (1.0 - 1.0 / domains) ** work.experts_active)
    across = row * work.width * ways * reached * (1.0 - 1.0 / domains) / net.slow_bytes_per_second
    inside = np.minimum(ep, net.domain)
    within = row * work.width * ways * work.experts_active * (inside - 1.0) / inside / net.fast_bytes_per_second
    return np.asarray(across + within)


def _once_a_step(work: Work, layout: Layouts, speed: Speed) -> Parts:
    """Gradients and weights between replicas, which may hide behind computation, and the optimizer, which may not."""
    net, replicas = speed.network, layout.dp * layout.cp
    dense = (work.params_total - work.expert_params) / (layout.tp * layout.pp)
    held = dense + work.expert_params / (layout.pp * np.maximum(layout.ep, layout.tp))
    gathered = np.where(layout.pp > 1, 1.0, layout.micro_batches)
    rounds = np.where(layout.zero >= 3, 3.0 * gathered, 2.0)
    stride = layout.tp
    traffic = rounds * net.ring_seconds(held * WIRE_BYTES, replicas, stride)
    calls = rounds * work.layers / layout.pp
    split = np.where(layout.zero >= 1, np.minimum(replicas, layout.shard), 1.0)
    return {
        "replicas": traffic,
        "hops": calls * (np.where(layout.zero >= 3, replicas, split) - 1.0) * HOP_SECONDS,
        "optimizer": held * OPTIMIZER_BYTES / split / speed.bytes_per_second,
    }


ADDED = ("matrix", "narrow", "few_tokens", "experts", "attention", "attention_young", "elementwise", "unfused",
         "logits", "casts", "launches", "scores", "routing", "tensor", "context")
"""Parts that stand in each micro-batch, one after the other."""


PART_NAMES = {
    "matrix": N_("matrix products"), "narrow": N_("narrow matrices"), "few_tokens": N_("few tokens in a micro-batch"),
    "experts": N_("small experts"), "attention": N_("attention"), "attention_young": N_("attention"),
    "elementwise": N_("norms and activations (memory)"), "unfused": N_("norms and activations (memory)"),
    "logits": N_("logits"), "casts": N_("casts to low precision"), "launches": N_("launching kernels"),
    "scores": N_("attention scores (memory)"), "routing": N_("routing to experts"),
    "tensor": N_("tensor-parallel traffic"), "context": N_("context-parallel traffic"),
    "expert_traffic": N_("traffic to experts"), "replicas": N_("traffic between replicas"),
    "hops": N_("latency between replicas"), "optimizer": N_("the optimizer"),
}  # fmt: skip


def step_seconds(parts: Parts, layout: Layouts, weights: Mapping[str, float]) -> Numbers:
    """Seconds of a step: weighed parts, the bubble of the pipeline, what the traffic of replicas does not hide."""
    inside = sum((weights[name] * parts[name] for name in ADDED if name in parts), np.zeros(1))
    piped = inside * (1.0 + weights["bubble"] * layout.bubble)
    traffic = weights["replicas"] * parts["replicas"] + weights["hops"] * parts["hops"]
    traffic = traffic + weights["expert_traffic"] * parts.get("expert_traffic", 0.0)
    exposed = traffic * traffic / (traffic + weights["overlap"] * piped)
    return np.asarray(piped + exposed + weights["optimizer"] * parts["optimizer"])
