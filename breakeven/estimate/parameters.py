"""Exact parameter counts from a shape: one named term for each kind of matrix, their sum, and what a token passes.

Every term is the number of trained values; buffers (rotary tables, ALiBi slopes, masks) are not parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.estimate.shape import Shape


@dataclass(frozen=True)
class Parameters:
    """How many parameters there are, by what they do. `active` are those that a token passes through."""

    embedding: int
    positions: int
    attention: int
    mlp: int
    experts: int
    shared_experts: int
    router: int
    norms: int
    head: int
    experts_idle: int
    """Those of `experts` that a token does not pass."""

    @property
    def total(self) -> int:
        """All parameters."""
        return (self.embedding + self.positions + self.attention + self.mlp + self.experts + self.shared_experts
                + self.router + self.norms + self.head)

    @property
    def active(self) -> int:
        """All but the experts that a token is not sent to."""
        return self.total - self.experts_idle

    @property
    def layers(self) -> int:
        """What stands in the layers: all but embedding, positions and head. The final norms are counted in."""
        return self.total - self.embedding - self.positions - self.head


def count(shape: Shape) -> Parameters:
    """The parameters of a shape, exactly."""
    expert = mlp_parameters(shape, shape.expert_width)
    shared = mlp_parameters(shape, shape.shared_width or shape.expert_width) if shape.shared_experts else 0
    dense_layers = shape.layers - shape.moe_layers + shape.decoder_layers
    attention_blocks = shape.layers + 2 * shape.decoder_layers
    return Parameters(
        embedding=_embedding(shape),
        positions=shape.positions * shape.width + _relative_positions(shape),
        attention=attention_blocks * attention_parameters(shape),
        mlp=dense_layers * mlp_parameters(shape, shape.ffn_width),
        experts=shape.moe_layers * shape.experts * expert,
        shared_experts=shape.moe_layers * (shape.shared_experts * shared + shape.shared_gate * shape.width),
        router=shape.moe_layers * shape.experts * (shape.width + shape.router_bias),
        norms=_norms(shape),
        head=_head(shape),
        experts_idle=shape.moe_layers * (shape.experts - shape.experts_active) * expert,
    )


def attention_parameters(shape: Shape) -> int:
    """One attention block: projections of queries, keys, values and output, their biases, norms of queries and keys."""
    if shape.mla:
        return _latent_attention(shape)
    queries, keys = shape.heads * shape.head_width, shape.kv_heads * shape.head_width
    weights = 2 * shape.width * queries + 2 * shape.width * keys
    biases = shape.qkv_bias * (queries + 2 * keys) + shape.out_bias * shape.width
    norms = {"": 0, "head": 2 * shape.head_width, "full": queries + keys}[shape.qk_norm]
    return weights + biases + norms + shape.sinks * shape.heads


def _latent_attention(shape: Shape) -> int:
    """DeepSeek-V2, arXiv:2405.04434, section 2.1: down- and up-projections of queries and of keys with values."""
    mla = shape.mla
    assert mla is not None
    queries = shape.query_width
    if mla.q_rank:
        ask = shape.width * mla.q_rank + mla.q_rank + mla.q_rank * queries
    else:
        ask = shape.width * queries
    down = shape.width * (mla.kv_rank + mla.rope_width) + mla.kv_rank
    up = mla.kv_rank * shape.heads * (mla.nope_width + mla.v_width)
    biases = shape.qkv_bias * (mla.q_rank + mla.kv_rank + mla.rope_width) + shape.out_bias * shape.width
    return ask + down + up + shape.value_width * shape.width + biases


def mlp_parameters(shape: Shape, inner: int) -> int:
    """One MLP of inner width `inner`: two matrices, or three if gated, and their biases."""
    weights = (3 if shape.gated else 2) * shape.width * inner
    return weights + shape.mlp_bias * ((2 if shape.gated else 1) * inner + shape.width)


def _embedding(shape: Shape) -> int:
    """Rows of the vocabulary (or the projection of patches with its bias and class token), token types, its norm."""
    if shape.kind == "vision":
        return shape.patch_values * shape.width + 2 * shape.width
    narrow = shape.embedding_width or shape.width
    widen = 2 * narrow * shape.width if shape.embedding_width else 0
    return (shape.vocabulary * narrow + widen + shape.token_types * shape.width
            + shape.embedding_norm * _norm(shape))


def _relative_positions(shape: Shape) -> int:
    stacks = 2 if shape.decoder_layers else 1
    return stacks * shape.position_buckets * shape.heads


def _norm(shape: Shape) -> int:
    return shape.width * (2 if shape.norm_bias else 1)


def _norms(shape: Shape) -> int:
    """A decoder layer that looks at an encoder has one norm more; each stack ends with one."""
    inside = shape.layers * shape.norms_per_layer + shape.decoder_layers * (shape.norms_per_layer + 1)
    final = shape.final_norm * (2 if shape.decoder_layers else 1)
    return (inside + final) * _norm(shape)


def _head(shape: Shape) -> int:
    """The output matrix where it is not the embedding, its bias, BERT's pooler and transform."""
    tied = shape.tied and shape.kind != "vision"
    matrix = 0 if tied else shape.vocabulary * shape.width
    square = shape.width * shape.width + shape.width
    transform = shape.head_transform * (square + _norm(shape))
    return matrix + shape.head_bias * shape.vocabulary + shape.pooler * square + transform
