"""What a training step has to do for a token, in the few numbers that its time depends on."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.estimate.parameters import count
from breakeven.estimate.shape import Shape


@dataclass(frozen=True)
class Work:
    """A model as the step sees it; `sequence` is the length of the rows it is trained on, in tokens.

    `dense_weights` and `expert_weights` are those a token is multiplied with (head included, embedding not).
    """

    params_total: float
    dense_weights: float
    expert_weights: float
    head_weights: float
    expert_params: float
    """All experts' parameters, idle ones included: what is split by expert parallelism."""
    layers: float
    width: float
    attention_width: float
    kv_width: float
    heads: float
    kv_heads: float
    ffn_width: float
    expert_width: float
    experts: float
    experts_active: float
    vocabulary: float
    sequence: float
    causal: bool = True

    @property
    def params_active(self) -> float:
        """Parameters that a token passes, the embedding counted once."""
        return self.dense_weights + self.expert_weights

    def model_flop_per_token(self) -> float:
        """Model FLOP of a trained token, attention over the whole sequence: 6·N + 12·L·width·s (PaLM, appendix B)."""
        weights = self.dense_weights + self.expert_weights
        return 6.0 * weights + 12.0 * self.layers * self.attention_width * self.sequence


def work_of(shape: Shape, sequence: float, params_total: float | None = None) -> Work:
    """The work of a shape; with `params_total` all weights are stretched to that count."""
    counted = count(shape)
    stretch = (params_total or counted.total) / counted.total
    head = float(shape.vocabulary * shape.width) if shape.kind != "vision" else 0.0
    dense = (counted.attention + counted.mlp + counted.shared_experts + counted.router) * stretch + head
    both = 0.5 if shape.kind == "encoder_decoder" else 1.0
    return Work(
        params_total=counted.total * stretch,
        dense_weights=dense * both,
        expert_weights=(counted.experts - counted.experts_idle) * stretch,
        head_weights=head,
        expert_params=counted.experts * stretch,
        layers=shape.all_layers * both,
        width=shape.width,
        attention_width=(shape.query_width + shape.value_width) / 2,
        kv_width=shape.kv_heads * shape.head_width,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        ffn_width=shape.ffn_width or shape.expert_width * max(1, shape.experts_active),
        expert_width=shape.expert_width,
        experts=shape.experts,
        experts_active=shape.experts_active,
        vocabulary=shape.vocabulary,
        sequence=sequence,
        causal=shape.kind in ("decoder", "encoder_decoder"),
    )
