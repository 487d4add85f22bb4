"""FLOP per token: 2 for each weight of a matrix that the token passes, and the attention between tokens.

Attention is counted over the whole context, as papers count it (PaLM appendix B, Megatron-LM, Llama): 12·L·width·s
per trained token. That is also exact for one decoded token with `context` tokens in its cache. With `causal=True`
a token is counted as seeing half of the sequence on average, which is what a flash kernel computes.
No recomputation is in these numbers: they are model FLOP, the numerator of MFU and not of HFU.
"""

from __future__ import annotations

from breakeven.estimate.parameters import count
from breakeven.estimate.shape import Shape


def matrix_parameters(shape: Shape) -> int:
    """Weights of the matrices that a token passes, head included; looking up an embedding costs nothing.

    In an encoder-decoder a token passes one of the two stacks: half of all, as if both sides were equally long.
    """
    head = shape.vocabulary * shape.width
    inside = layer_parameters(shape)
    if shape.kind == "vision":
        return inside + head + shape.patch_values * shape.width
    return (inside + head) // 2 if shape.kind == "encoder_decoder" else inside + head


def layer_parameters(shape: Shape) -> int:
    """Weights in all layers that a token passes."""
    counted = count(shape)
    experts = counted.experts - counted.experts_idle + counted.shared_experts + counted.router
    return counted.attention + counted.mlp + experts


def attention_flop_per_token(shape: Shape, context: float, causal: bool = False) -> float:
    """FLOP of scores and weighted values of one token against `context` others, forward, in all layers."""
    per_pair = 2 * (shape.query_width + shape.value_width)
    windowed = shape.windowed_layers if shape.window else 0
    seen = (shape.layers - windowed) * context + windowed * min(context, shape.window or context)
    if shape.kind == "encoder_decoder":
        seen = (shape.layers + 2 * shape.decoder_layers) * context / 2
    return per_pair * seen * (0.5 if causal else 1.0)


def forward_flop_per_token(shape: Shape, context: float, causal: bool = False) -> float:
    """FLOP of one token's way through the model with `context` tokens to look at."""
    return 2.0 * matrix_parameters(shape) + attention_flop_per_token(shape, context, causal)


def training_flop_per_token(shape: Shape, sequence: float, causal: bool = False) -> float:
    """Model FLOP of one trained token: forward, and twice as much backward. No recomputation."""
    return 3.0 * forward_flop_per_token(shape, sequence, causal)


def layer_forward_flop_per_token(shape: Shape, context: float, causal: bool = False) -> float:
    """FLOP of one token in an average layer, without the head: what a pipeline stage or a recomputation repeats."""
    attention = attention_flop_per_token(shape, context, causal)
    return (2.0 * layer_parameters(shape) + attention) / shape.all_layers
