"""Memory of fine-tuning: full, LoRA, QLoRA and adapters, on one device or a few.

Frozen weights need neither gradients nor optimizer, but the activations of a full fine-tuning: they explain why rules
of thumb for LoRA are half of what is measured. Dettmers et al. 2023 (arXiv:2305.14314) for 4-bit weights: 4 bits, and
32 for each block of 64, or 0.127 a weight where those are quantised again; embedding and head stay in 16 bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from breakeven.estimate.activations import WIDE, kept_by_layer, normed_heads, products
from breakeven.estimate.constants import constants
from breakeven.estimate.memory import Ledger, Setup, logits_bytes, memory_of
from breakeven.estimate.parameters import count
from breakeven.estimate.shape import Shape

Method = Literal["full", "lora", "adapter", "adapter_v2"]
BYTES_A_WEIGHT = {"": 2.0, "8bit": 1.04, "nf4": 0.5625, "nf4-dq": 0.5159, "2bit": 0.29}
"""Bytes of a frozen weight in the layers: bf16; LLM.int8; 4 bits with a scale in fp32 for each 64; scales quantised."""
TRAINED_BYTES = 16.0
"""An adapter's weights are few and trained in fp32: weight, gradient and two moments."""


@dataclass(frozen=True)
class Tuning:
    """A fine-tuning: `setup` as in training; what is trained, and how the frozen weights are kept.

    `paged` lets the optimizer's states leave the device when there is no room for them. `all_linear` is PEFT's word
    for LoRA on every matrix: the trainers that use it recompute all layers unless told otherwise. `reference` keeps a
    frozen copy beside the trained model, as PPO and DPO do; with LoRA that is the model without its adapter.
    """

    setup: Setup
    method: Method = "lora"
    quant: str = ""
    trained: float = 0.0
    sharded: bool = False
    paged: bool = False
    all_linear: bool = False
    reference: bool = False


def tuning_memory(shape: Shape, tuning: Tuning) -> Ledger:
    """The ledger of one device."""
    if tuning.method == "full":
        return _full(shape, tuning)
    terms = _frozen(shape, tuning) | _passing(shape, tuning)
    terms["adapter"] = TRAINED_BYTES * tuning.trained / (tuning.setup.dp if tuning.sharded else 1)
    terms["fragmentation"] = constants()["fragmentation"] * math.fsum(terms.values())
    return Ledger(terms | {"context": constants()["tuning_context_bytes"]})


def _full(shape: Shape, tuning: Tuning) -> Ledger:
    """A training like any other; states that page to the host's memory are not on the device."""
    terms = dict(memory_of(shape, tuning.setup).terms)
    if tuning.paged:
        terms |= {"optimizer": 0.0, "optimizer step": 0.0}
    if tuning.reference:
        split = tuning.setup.replicas if tuning.setup.zero >= 3 else 1
        terms["reference"] = WIDE * count(shape).total / (tuning.setup.tp * tuning.setup.pp * split)
    return Ledger(terms)


def _frozen(shape: Shape, tuning: Tuning) -> dict[str, float]:
    """Weights as they are kept, the matrix that is just made 16 bits wide, and what sharding brings together.

    The usual sharding of a frozen model gathers it once and keeps it: whole, beside the device's own part.
    """
    counted = count(shape)
    ends = WIDE * (counted.embedding + counted.positions + counted.head)
    weights = ends + BYTES_A_WEIGHT[tuning.quant] * counted.layers
    widest = WIDE * shape.width * max(shape.ffn_width, shape.expert_width, shape.query_width)
    return {
        "weights": weights / (tuning.setup.dp if tuning.sharded else 1),
        "gathered": weights if tuning.sharded and tuning.setup.dp > 1 else 0.0,
        "made wide": 3.0 * widest if tuning.quant else 0.0,
    }


def _passing(shape: Shape, tuning: Tuning) -> dict[str, float]:
    """Activations of all layers as recomputation leaves them, of the layer at work, and the logits."""
    setup = tuning.setup
    whole = kept_by_layer(shape, setup.sequence, "none", setup.flash).on_device(1, False)
    kept = kept_in_tuning(shape, tuning)
    return {
        "activations": setup.device_tokens * shape.all_layers * kept,
        "working layer": setup.device_tokens * whole * (0.5 if setup.recompute == "none" else 1.5),
        "logits": logits_bytes(shape, setup),
    }


def kept_in_tuning(shape: Shape, tuning: Tuning) -> float:
    """Bytes of a token that an average layer keeps: as in training, and what eager norms and adapters add to it.

    LoRA of PEFT on every matrix keeps an fp32 copy of what goes into each; a scaled and shifted output (adapter v2) is
    kept before that as well. Both were seen in the tensors that torch saves; dropout would add to them.
    """
    setup = tuning.setup
    kept = kept_by_layer(shape, setup.sequence, setup.recompute, setup.flash).on_device(1, False)
    if setup.recompute != "none":
        return kept
    if not shape.norm_bias:
        kept += FP32 * (2 * shape.width + normed_heads(shape))
    if tuning.method == "adapter_v2":
        kept += WIDE * products(shape)
    if tuning.all_linear and tuning.method == "lora":
        kept += FP32 * (5 * shape.width + shape.value_width + (shape.ffn_width or shape.expert_width))
    return kept


FP32 = 4
"""An RMSNorm that is no single kernel keeps its input in fp32 as well."""


def lora_parameters(shape: Shape, rank: int) -> float:
    """Weights of LoRA of a rank on all matrices of all layers: rank times rows and columns of each."""
    queries, keys = shape.query_width, shape.kv_heads * shape.head_width
    attention = (shape.width + queries) * 2 + (shape.width + keys) * 2
    mlp = (3 if shape.gated else 2) * (shape.width + (shape.ffn_width or shape.expert_width))
    return float(rank * shape.all_layers * (attention + mlp))


def lighter(tuning: Tuning) -> Iterator[Tuning]:
    """The same fine-tuning with ever less memory: more recomputed, the loss in chunks, states on the host."""
    for recompute in ("none", "selective", "full"):
        yield replace(tuning, setup=replace(tuning.setup, recompute=recompute))
    chunked = replace(tuning, setup=replace(tuning.setup, recompute="full", loss_in_chunks=True))
    yield chunked
    if tuning.method == "full" and tuning.setup.states.startswith("8-bit"):
        yield replace(chunked, paged=True)
