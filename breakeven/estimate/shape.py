"""The shape of a transformer: what decides its parameters, its FLOP and its memory. Nothing of its training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["decoder", "encoder", "encoder_decoder", "vision"]
KINDS: tuple[Kind, ...] = ("decoder", "encoder", "encoder_decoder", "vision")


@dataclass(frozen=True)
class Mla:
    """Multi-head latent attention (DeepSeek-V2): queries and keys through low-rank latents.

    `q_rank` 0 means that queries are projected directly. A head's query and key are `nope_width + rope_width` wide.
    """

    q_rank: int
    kv_rank: int
    rope_width: int
    nope_width: int
    v_width: int


@dataclass(frozen=True)
class Shape:
    """Counts and widths of a transformer; widths in numbers (not bytes), `vocabulary` in rows.

    `ffn_width` is the width of a dense MLP (gated: of each of its two inner matrices). In a mixture of experts
    (`experts` > 0) every layer after the first `dense_layers`, or every `moe_every`-th one, holds `experts` of
    `expert_width` of which `experts_active` see a token, besides `shared_experts` that always do.
    `layers` counts the encoder in an encoder-decoder, `decoder_layers` its decoder. In a vision model `positions`
    are patches + class token, `patch_values` the numbers in a patch and `vocabulary` the classes.
    """

    name: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    ffn_width: int
    vocabulary: int
    kind: Kind = "decoder"
    gated: bool = True
    tied: bool = False
    positions: int = 0
    # mixture of experts
    experts: int = 0
    experts_active: int = 0
    shared_experts: int = 0
    expert_width: int = 0
    shared_width: int = 0
    """Width of a shared expert; 0 = as wide as the others."""
    shared_gate: bool = False
    dense_layers: int = 0
    moe_every: int = 1
    router_bias: bool = False
    # attention
    mla: Mla | None = None
    qk_norm: Literal["", "head", "full"] = ""
    sinks: bool = False
    """One learned attention sink a head (GPT-OSS)."""
    window: int = 0
    """Tokens that a windowed layer looks back; 0 = all layers see everything."""
    windowed_layers: int = 0
    # encoder-decoder
    decoder_layers: int = 0
    position_buckets: int = 0
    """Buckets of T5's relative positions: one table a stack."""
    # biases and norms
    qkv_bias: bool = False
    out_bias: bool = False
    mlp_bias: bool = False
    head_bias: bool = False
    norm_bias: bool = False
    """LayerNorm has a bias, RMSNorm has none."""
    norms_per_layer: int = 2
    final_norm: bool = True
    embedding_norm: bool = False
    # odds and ends
    embedding_width: int = 0
    """Width of the embedding where a projection widens it; 0 = `width`."""
    token_types: int = 0
    pooler: bool = False
    head_transform: bool = False
    """BERT's dense layer and norm in front of the masked-token head."""
    patch_values: int = 0

    @property
    def moe_layers(self) -> int:
        """How many layers hold experts."""
        return (self.layers - self.dense_layers) // self.moe_every if self.experts else 0

    @property
    def query_width(self) -> int:
        """Width of all queries of a token together."""
        if self.mla:
            return self.heads * (self.mla.nope_width + self.mla.rope_width)
        return self.heads * self.head_width

    @property
    def value_width(self) -> int:
        """Width of what all heads of a token give to the output projection."""
        return self.heads * (self.mla.v_width if self.mla else self.head_width)

    @property
    def kv_values_per_layer(self) -> int:
        """Numbers that a layer keeps of a token in the KV cache."""
        return self.mla.kv_rank + self.mla.rope_width if self.mla else 2 * self.kv_heads * self.head_width

    @property
    def all_layers(self) -> int:
        """Layers of both stacks."""
        return self.layers + self.decoder_layers
