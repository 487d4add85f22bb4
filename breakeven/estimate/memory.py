"""Memory of a training on its fullest device, as a ledger of named bytes.

States by ZeRO (Rajbhandari et al. 2020, arXiv:1910.02054), activations by Korthikanti et al. 2022, pipelines after
Narayanan et al. 2021 (arXiv:2104.04473): the first stage of a pipeline keeps as many micro-batches as there are
stages, the last one holds the logits; the larger of the two is told. The constants stand in `data/memory.json`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from breakeven.estimate.activations import WIDE, kept_by_layer
from breakeven.estimate.constants import constants
from breakeven.estimate.parameters import count
from breakeven.estimate.shape import Shape


@dataclass(frozen=True)
class States:
    """Bytes a parameter takes in training: its weight, its gradient, and what the optimizer keeps of it.

    `step` is what the optimizer's own step needs for a moment, when the activations are gone.
    """

    weight: float
    gradient: float
    optimizer: float
    step: float


STATES = {
    "mixed": States(2, 2, 12, 12),
    "mixed, fp32 gradients": States(2, 4, 12, 0),
    "pure bf16": States(2, 2, 4, 2),
    "8-bit states": States(2, 2, 2, 0),
    "8-bit states, no gradients": States(2, 0, 2, 0),
    "fp32": States(4, 4, 8, 4),
}
"""Adam in mixed precision (fp32 master and two moments), as Megatron keeps gradients, without master copy, with
two moments of a byte each, and the same where each gradient is used up in the backward pass. A step that is no single
kernel (as Megatron's is) holds an fp32 copy of the gradients, the denominators and the updates."""


@dataclass(frozen=True)
class Setup:
    """How a training is laid out. Lengths in tokens, batches in sequences; `micro_batches` follow each other in a step.

    `shard` splits the optimizer over that many replicas at most (sub-groups); `chunks` are the virtual stages that a
    device holds of an interleaved pipeline. `recompute` is none, selective or full.
    """

    sequence: float
    micro_batch: float = 1.0
    micro_batches: float = 1.0
    tp: int = 1
    pp: int = 1
    dp: int = 1
    cp: int = 1
    ep: int = 1
    chunks: int = 1
    zero: int = 1
    shard: int | None = None
    recompute: str = "none"
    sequence_parallel: bool = False
    flash: bool = True
    states: str = "mixed"
    loss_in_chunks: bool = False
    old_allocator: bool = False
    """Trainers before 2023: blocks of the allocator did not grow, and much of what it had reserved lay idle."""

    @property
    def replicas(self) -> int:
        """Over how many devices ZeRO splits the states."""
        return min(self.dp * self.cp, self.shard or self.dp * self.cp)

    @property
    def device_tokens(self) -> float:
        """Tokens of a micro-batch on one device."""
        return self.micro_batch * self.sequence / self.cp


@dataclass(frozen=True)
class Ledger:
    """Named bytes on one device; `total` is their sum."""

    terms: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All bytes together."""
        return math.fsum(self.terms.values())


def memory_of(shape: Shape, setup: Setup) -> Ledger:
    """The ledger of the fullest device: the first stage of the pipeline or the last, whichever needs more."""
    only = setup.pp == 1
    stages = (_stage(shape, setup, first=True, last=only), _stage(shape, setup, first=only, last=True))
    return max(stages, key=lambda ledger: ledger.total)


def _stage(shape: Shape, setup: Setup, first: bool, last: bool) -> Ledger:
    held = _held(shape, setup, first, last)
    passing = _activations(shape, setup, last and not first)
    if last:
        passing["logits"] = logits_bytes(shape, setup)
    terms = _states(setup, held) | passing
    terms["optimizer step"] = max(0.0, _step_bytes(setup, held) - math.fsum(passing.values()))
    lost = constants()["fragmentation_before_2023" if setup.old_allocator else "fragmentation"]
    terms["fragmentation"] = lost * math.fsum(terms.values())
    return Ledger(terms | {"context": _context(setup), "buckets": _buckets(setup)})


@dataclass(frozen=True)
class Held:
    """Parameters of which a device holds the weights before ZeRO splits them, and its largest single block."""

    dense: float
    experts: float
    block: float


def _held(shape: Shape, setup: Setup, first: bool, last: bool) -> Held:
    """The first stage has the embedding, the last one the head; experts are split by EP, or by TP without it."""
    counted = count(shape)
    layers = math.ceil(shape.all_layers / setup.pp) / shape.all_layers
    inside = counted.attention + counted.mlp + counted.shared_experts
    whole = counted.norms + counted.router
    ends = first * (counted.embedding + counted.positions) + last * max(counted.head, 0 if first else _tied_head(shape))
    dense = (layers * inside + ends) / setup.tp + layers * whole
    experts = layers * counted.experts / max(setup.ep, setup.tp)
    layer = ((inside + whole) / setup.tp + counted.experts / max(setup.ep, setup.tp)) / shape.all_layers
    return Held(dense, experts, max(layer, ends / setup.tp))


def _tied_head(shape: Shape) -> int:
    """The last stage keeps its own copy of a tied embedding."""
    return shape.vocabulary * shape.width if shape.tied and shape.kind != "vision" else 0


def _states(setup: Setup, held: Held) -> dict[str, float]:
    """Weights, gradients and optimizer, each whole or split as the stage of ZeRO says, and the blocks brought together.

    In a pipeline gradients are gathered over many micro-batches: they are split only when the step is done.
    """
    each, whole, split = STATES[setup.states], held.dense + held.experts, _split(setup, held)
    gradients_split = setup.zero >= 2 and (setup.pp == 1 or setup.micro_batches <= 1)
    return {
        "weights": each.weight * (split if setup.zero >= 3 else whole),
        "gradients": each.gradient * (split if gradients_split else whole),
        "optimizer": each.optimizer * (split if setup.zero >= 1 else whole),
        "gathered": _gathered(setup, held, each.weight * (whole - split)),
    }


def _split(setup: Setup, held: Held) -> float:
    """Parameters of which one device keeps the states when ZeRO splits them; experts have fewer replicas."""
    expert_replicas = max(1.0, setup.replicas * setup.tp / max(setup.ep, setup.tp))
    return held.dense / setup.replicas + held.experts / expert_replicas


def _step_bytes(setup: Setup, held: Held) -> float:
    """What the optimizer's step needs besides its states."""
    return STATES[setup.states].step * (_split(setup, held) if setup.zero >= 1 else held.dense + held.experts)


def _gathered(setup: Setup, held: Held, absent: float) -> float:
    """Weights of other devices that are here for a moment: two blocks, or the whole stage in a pipeline of ZeRO-3."""
    if setup.zero < 3:
        return 0.0
    return absent if setup.pp > 1 else min(2 * WIDE * held.block, absent)


def _activations(shape: Shape, setup: Setup, only_one: bool) -> dict[str, float]:
    """What waits for the backward pass, and the layer that is just worked on."""
    tokens = setup.device_tokens
    kept = kept_by_layer(shape, setup.sequence, setup.recompute, setup.flash)
    full = kept_by_layer(shape, setup.sequence, "none", setup.flash)
    layers = math.ceil(shape.all_layers / setup.pp) * (1.0 if only_one else _in_flight(setup))
    one = tokens * full.on_device(setup.tp, setup.sequence_parallel)
    return {
        "activations": tokens * layers * kept.on_device(setup.tp, setup.sequence_parallel),
        "working layer": one * (WORKING if setup.recompute == "none" else 1.0 + WORKING),
    }


WORKING = 0.5
"""Gradients of a layer's activations while it is differentiated, as a part of the activations."""


def _in_flight(setup: Setup) -> float:
    """Micro-batches that the first stage keeps: as many as stages, interleaved (p-1)/(p·v) more."""
    if setup.pp == 1:
        return 1.0
    more = 1.0 + (setup.pp - 1) / (setup.pp * setup.chunks) if setup.chunks > 1 else 1.0
    return min(float(setup.pp), max(1.0, setup.micro_batches)) * more


LOSS_CHUNKS = 8


def logits_bytes(shape: Shape, setup: Setup) -> float:
    """Logits in 16 bits, in fp32, and the gradients of both; a loss in chunks holds an eighth of them."""
    if shape.kind in ("vision", "encoder"):
        return 0.0
    each = constants()["logits_bytes"] / (LOSS_CHUNKS if setup.loss_in_chunks else 1)
    return setup.device_tokens * shape.vocabulary * each / setup.tp


def _context(setup: Setup) -> float:
    """The driver's context and kernels, and the buffers of each kind of group that devices talk in."""
    groups = sum(size > 1 for size in (setup.tp, setup.pp, setup.dp, setup.cp, setup.ep))
    return constants()["context_bytes"] + groups * constants()["group_bytes"]


def _buckets(setup: Setup) -> float:
    """Flat buffers in which ZeRO 1 and 2 reduce gradients and gather weights."""
    return constants()["bucket_bytes"] if setup.zero in (1, 2) and setup.replicas > 1 else 0.0
