"""Counts add up: by layers, by experts, by term; FLOP follow them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakeven.estimate.flop import forward_flop_per_token, training_flop_per_token
from breakeven.estimate.interval import Estimate
from breakeven.estimate.parameters import count
from breakeven.estimate.published import published_shape, published_shapes
from breakeven.estimate.shape import Shape

PLAIN = st.builds(
    Shape, name=st.just("drawn"), layers=st.integers(1, 60), width=st.sampled_from([64, 512, 4096]),
    heads=st.sampled_from([8, 16]), kv_heads=st.sampled_from([1, 2, 8]), head_width=st.sampled_from([16, 64]),
    ffn_width=st.integers(1, 9000), vocabulary=st.integers(1, 200_000), gated=st.booleans(), tied=st.booleans(),
    qkv_bias=st.booleans(), out_bias=st.booleans(), mlp_bias=st.booleans(), norm_bias=st.booleans(),
    qk_norm=st.sampled_from(["", "head", "full"]), sinks=st.booleans(), final_norm=st.booleans(),
)  # fmt: skip
MIXTURES = st.builds(
    lambda shape, experts, active, shared, dense: replace(
        shape, layers=shape.layers + dense, experts=experts, experts_active=min(active, experts), expert_width=128,
        shared_experts=shared, dense_layers=dense),
    PLAIN, st.integers(1, 64), st.integers(1, 64), st.integers(0, 2), st.integers(0, 3),
)


@given(PLAIN)
def test_each_layer_adds_the_same(shape: Shape) -> None:
    one, two, three = (count(replace(shape, layers=shape.layers + more)).total for more in range(3))
    assert two - one == three - two > 0


@given(MIXTURES)
def test_all_parameters_are_at_least_the_active_ones(shape: Shape) -> None:
    counted = count(shape)
    assert counted.total >= counted.active > 0
    everyone = count(replace(shape, experts_active=shape.experts))
    assert everyone.total == everyone.active == counted.total


@given(MIXTURES)
def test_one_expert_that_is_always_active_is_a_dense_model_with_a_router(shape: Shape) -> None:
    alone = replace(shape, experts=1, experts_active=1, shared_experts=0, dense_layers=0)
    dense = replace(alone, experts=0, experts_active=0, ffn_width=128)
    assert count(alone).total - count(dense).total == alone.layers * alone.width


@given(PLAIN)
def test_a_tied_head_saves_one_matrix(shape: Shape) -> None:
    tied, untied = (count(replace(shape, tied=tied)).total for tied in (True, False))
    assert untied - tied == shape.vocabulary * shape.width


@given(PLAIN, st.floats(1, 1e5))
def test_flop_follow_the_parameters_and_the_context(shape: Shape, context: float) -> None:
    flop = training_flop_per_token(shape, context)
    assert flop == pytest.approx(3 * forward_flop_per_token(shape, context))
    assert flop > training_flop_per_token(shape, context, causal=True) > training_flop_per_token(shape, 0)


@pytest.mark.parametrize("name", ["Llama 3.1 8B", "Llama 2 70B", "GPT-3 175B", "DeepSeek-V3", "Mixtral 8x7B"])
def test_without_attention_a_trained_token_takes_six_flop_for_each_active_parameter(name: str) -> None:
    shape = published_shape(name)
    assert shape is not None
    counted = count(shape)
    looked_up = 0 if shape.tied else counted.embedding
    assert training_flop_per_token(shape, 0) == pytest.approx(6 * (counted.active - looked_up), rel=0.002)


def test_attention_is_counted_as_papers_do() -> None:
    """PaLM, appendix B: 12·L·heads·head_width·s for a trained token. A window is not looked beyond."""
    shape = published_shape("PaLM 540B")
    assert shape is not None
    more = training_flop_per_token(shape, 2048) - training_flop_per_token(shape, 0)
    assert more == pytest.approx(12 * 118 * 48 * 256 * 2048)
    gemma = published_shape("Gemma 2 9B")
    assert gemma is not None
    assert forward_flop_per_token(gemma, 8192) < forward_flop_per_token(replace(gemma, window=0), 8192)
    assert forward_flop_per_token(gemma, 4096) == forward_flop_per_token(replace(gemma, window=0), 4096)


def test_gpt_3_took_the_flop_that_its_paper_prints() -> None:
    """arXiv:2005.14165 table D.1: 3.14e23 for 300 billion tokens."""
    shape = published_shape("GPT-3")
    assert shape is not None
    assert 3e11 * training_flop_per_token(shape, 0) == pytest.approx(3.14e23, rel=0.01)


def test_the_cache_of_a_token_is_the_published_one() -> None:
    """Llama 2 70B keeps 320 KiB a token in 16 bits; DeepSeek-V3 70,272 bytes (arXiv:2505.09343 table 1)."""
    by_name = {entry.shape.name: entry.shape for entry in published_shapes()}
    llama, deepseek = by_name["Llama 2 70B"], by_name["DeepSeek-V3"]
    assert 2 * llama.layers * llama.kv_values_per_layer == 320 * 1024
    assert 2 * deepseek.layers * deepseek.kv_values_per_layer == 70_272


@given(st.floats(1e-3, 1e9), st.floats(0, 2), st.floats(1e-3, 1e9), st.floats(0, 2))
def test_intervals_multiply_and_keep_their_order(value: float, sigma: float, other: float, wider: float) -> None:
    product = Estimate.of(value, sigma).times(Estimate.of(other, wider))
    assert product.low <= product.value <= product.high
    assert product.sigma == pytest.approx((sigma**2 + wider**2) ** 0.5, abs=1e-6)
    assert product.over(Estimate.of(other, 0)).value == pytest.approx(value)


@pytest.mark.parametrize("values", [(2.0, 3.0, 4.0), (5.0, 3.0, 4.0), (-1.0, -2.0, 3.0), (1.0, 1.0, float("inf"))])
def test_an_interval_that_is_none_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError):
        Estimate(*values)
