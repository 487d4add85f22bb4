"""What a served model holds in memory: weights, KV cache, and the working space of the engine. Bytes."""

from __future__ import annotations

import math

from breakeven.estimate.chips import GIB, Chip
from breakeven.estimate.parameters import count
from breakeven.estimate.serving_engine import Engine
from breakeven.estimate.shape import Shape

SCALE_BITS = 0.5
"""Bits a weight that the scales of 4-bit formats add: one 8-bit scale for 16 weights (NVFP4), 16 bits for 32."""
POOLED_SHARE, USABLE_SHARE = 0.92, 0.97
"""Of the memory, what an engine may fill: large servers keep to 0.9 (vLLM) or 0.95 (TensorRT-LLM), others do not."""
POOLED_RUNTIME, RUNTIME = 1.5 * GIB, 0.5 * GIB
"""Driver context, kernels, captured graphs and communication buffers of a device."""
POOLED_CHUNK, CHUNK = 8192, 512
"""Prompt tokens that an engine works on at once, at most: the defaults of vLLM and TensorRT-LLM, and of llama.cpp."""
MOST_SEQUENCES = 2048
"""Sequences that an engine serves at once, at most (TensorRT-LLM's default)."""


def bits_a_weight(weight_bits: float, engine: Engine) -> float:
    """Bits in memory: what is stated, and the scales where a format of 4 to 6 bits is named without them."""
    return weight_bits + SCALE_BITS if weight_bits <= 6 and not engine.bits_of_file else weight_bits


def weight_bytes(shape: Shape, weight_bits: float, engine: Engine) -> float:
    """All weights. Embedding and head stay 16 bits wide unless the stated bits are a mean over the file."""
    counted = count(shape)
    if engine.bits_of_file:  # the embedding stays with the host
        return (counted.total - (0 if shape.tied else counted.embedding)) * weight_bits / 8
    ends = counted.embedding + counted.positions + counted.head
    return (counted.total - ends) * bits_a_weight(weight_bits, engine) / 8 + 2.0 * ends


def resident_bytes(shape: Shape, weight_bits: float, engine: Engine) -> float:
    """The weights that every step reads whatever the batch: all but the embedding rows and the experts."""
    counted = count(shape)
    wide = weight_bits if engine.bits_of_file else 16.0
    head = shape.vocabulary * shape.width * wide / 8
    inside = counted.total - counted.embedding - counted.positions - counted.head - counted.experts
    return inside * bits_a_weight(weight_bits, engine) / 8 + head


def expert_bytes(shape: Shape, weight_bits: float, engine: Engine, tokens: float) -> float:
    """The experts that a step reads: those that `tokens` tokens hit, each choosing k of E evenly.

    E (1 - (1 - k/E)^tokens) of E are hit. 0 for a dense model.
    """
    if not shape.experts:
        return 0.0
    missed = (1 - shape.experts_active / shape.experts) ** tokens
    return count(shape).experts * bits_a_weight(weight_bits, engine) / 8 * (1 - missed)


def kv_bytes(shape: Shape, context: float, kv_bits: float) -> float:
    """The KV cache of one sequence of `context` tokens; windowed layers keep no more than their window."""
    layers = shape.decoder_layers or shape.layers
    windowed = shape.windowed_layers if shape.window else 0
    seen = (layers - windowed) * context + windowed * min(context, shape.window or context)
    return seen * shape.kv_values_per_layer * kv_bits / 8


def kv_share(shape: Shape, tensor_parallel: int) -> float:
    """The part of the KV cache that a device of a tensor-parallel group holds.

    Heads are dealt out until each device has one; latent attention (MLA) is dealt out by sequences instead.
    """
    return 1 / tensor_parallel if shape.mla else 1 / min(tensor_parallel, shape.kv_heads)


def resident_share(shape: Shape, devices: int) -> float:
    """The part of the weights outside the experts that a device holds: all of it where attention is dealt out."""
    return 1.0 if shape.mla else 1 / devices


def held_weight_bytes(shape: Shape, weight_bits: float, engine: Engine, devices: int) -> float:
    """The weights on one device of a group."""
    experts = expert_bytes(shape, weight_bits, engine, math.inf)
    rest = weight_bytes(shape, weight_bits, engine) - experts
    return rest * resident_share(shape, devices) + experts / devices


def working_bytes(shape: Shape, tokens: float, sequences: float) -> float:
    """Activations of the widest layer for the tokens of a step, and the logits of its sequences; 16 and 32 bits."""
    inner = max(shape.ffn_width, shape.expert_width * max(1, shape.experts_active))
    return 2.0 * tokens * (4 * shape.width + 2 * inner) + 4.0 * sequences * shape.vocabulary


def usable_bytes(chip: Chip, engine: Engine) -> float | None:
    """What an engine may fill of a device; None if its memory is not known."""
    if chip.memory_bytes is None:
        return None
    return chip.memory_bytes * (POOLED_SHARE if engine.pools_memory else USABLE_SHARE)


def fixed_bytes(shape: Shape, weight_bits: float, engine: Engine, devices: int, sequences: float = 64.0) -> float:
    """What a device holds whatever the length of the sequences: weights, runtime, working space."""
    runtime, chunk = (POOLED_RUNTIME, POOLED_CHUNK) if engine.pools_memory else (RUNTIME, CHUNK)
    working = working_bytes(shape, chunk, min(sequences, chunk)) / devices
    return held_weight_bytes(shape, weight_bits, engine, devices) + runtime + working


def most_sequences(shape: Shape, chip: Chip, weight_bits: float, kv_bits: float, engine: Engine, devices: int,
                   context: float) -> float:
    """How many sequences of a mean context fit beside the weights; below 1 if not even one does.

    At most MOST_SEQUENCES for each scheduler: one of the whole group, but one a device where attention is dealt out.
    """
    most = float(MOST_SEQUENCES * (devices if shape.mla else 1))
    usable = usable_bytes(chip, engine)
    if usable is None:
        return most
    each = kv_bytes(shape, context, kv_bits) * kv_share(shape, devices)
    return min(most, max(0.0, usable - fixed_bytes(shape, weight_bits, engine, devices)) / each)
