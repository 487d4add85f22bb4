"""What the forward pass leaves in memory for the backward pass: bytes of a token in a layer, from the shape.

Korthikanti et al. 2022 (arXiv:2205.05198, section 4) count 34 + 5·a·s/h bytes times s·b·h for a GPT layer; here the
same is derived for gated MLPs, grouped queries, latent attention and experts. Numbers are kept in 16 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.estimate.shape import Shape

WIDE = 2
"""Bytes of a number in bf16 or fp16."""


@dataclass(frozen=True)
class LayerBytes:
    """Bytes of one token in one layer: `whole` is kept by every device unless the sequence is split as well, `split`
    is divided by tensor parallelism, `scores` is the attention matrix (0 with a flash kernel)."""

    whole: float
    split: float
    scores: float

    def on_device(self, tp: int, sequence_parallel: bool) -> float:
        """What one of `tp` devices keeps."""
        return self.whole / (tp if sequence_parallel else 1) + (self.split + self.scores) / tp


def kept_by_layer(shape: Shape, sequence: float, recompute: str, flash: bool) -> LayerBytes:
    """What an average layer keeps of a token. `recompute` is none, selective or full.

    Full keeps a layer's input. Selective recomputes the attention matrix; where a flash kernel never wrote one, it
    keeps the output of attention and of every second matrix product (what torch's selective checkpointing does).
    """
    width = shape.width
    if recompute == "full":
        return LayerBytes(WIDE * width, 0.0, 0.0)
    if recompute == "selective" and flash:
        return LayerBytes(WIDE * width, WIDE * (shape.value_width + products(shape) / 2), 0.0)
    masks = 0 if shape.gated else 2 * width
    scores = 0.0 if flash or recompute == "selective" else 5.0 * shape.heads * sequence
    return LayerBytes(4 * WIDE * width + masks, WIDE * (_projected(shape) + shape.value_width + _inner(shape)), scores)


def _projected(shape: Shape) -> float:
    """Numbers of queries, keys and values of a token; latent ones are widened before attention reads them.

    Queries and keys that a norm passes are kept before and after it.
    """
    if shape.mla:
        return 2.0 * shape.query_width + shape.value_width + shape.mla.kv_rank + shape.mla.q_rank
    return float(shape.query_width + 2 * shape.kv_heads * shape.head_width + normed_heads(shape))


def normed_heads(shape: Shape) -> int:
    """Numbers of a token's queries and keys that pass a norm of their own."""
    return shape.query_width + shape.kv_heads * shape.head_width if shape.qk_norm else 0


def products(shape: Shape) -> float:
    """Numbers that all matrices of an average layer give for a token."""
    return _projected(shape) + 2 * shape.width + _inner(shape) / 2


def _inner(shape: Shape) -> float:
    """Numbers inside the MLP of an average layer: gate, up, activation and product, or in and out of the activation.

    A token sent to several experts is copied on the way there and on the way back.
    """
    times = 4 if shape.gated else 2
    if not shape.experts:
        return float(times * shape.ffn_width)
    shared = shape.shared_experts * (shape.shared_width or shape.expert_width)
    expert = times * (shape.experts_active * shape.expert_width + shared) + 2 * shape.experts_active * shape.width
    share = shape.moe_layers / shape.layers
    return share * expert + (1 - share) * times * shape.ffn_width
