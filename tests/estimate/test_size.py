"""A typical shape from a parameter count alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.estimate.flop import training_flop_per_token
from breakeven.estimate.parameters import count
from breakeven.estimate.size import parse_size, shape_of_size


@pytest.mark.parametrize(("text", "params"), [
    ("7B", 7e9), ("405b", 405e9), ("1.2T", 1.2e12), ("350m", 350e6), ("175e9", 175e9), ("6_700_000_000", 6.7e9),
    (" 13 B ", 13e9), ("1,300,000,000", 1.3e9),
])  # fmt: skip
def test_sizes_are_read(text: str, params: float) -> None:
    assert parse_size(text) == pytest.approx(params)


@pytest.mark.parametrize("text", ["", "seven", "7X", "-7B", "0B", "1e30", "nan"])
def test_sizes_that_are_none_are_refused_with_the_fix(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_size(text)
    assert all(str(line) for line in caught.value.lines())


@given(st.floats(2e6, 5e13))
def test_a_size_alone_gives_a_shape_of_that_size(params: float) -> None:
    shape = shape_of_size(params)
    assert count(shape).total == pytest.approx(params, rel=0.005)
    assert shape.heads % shape.kv_heads == 0


@given(st.floats(1e9, 1e12), st.floats(0.1, 0.9))
def test_active_parameters_give_a_mixture_of_experts(params: float, share: float) -> None:
    shape = shape_of_size(params, params * share)
    counted = count(shape)
    assert counted.total == pytest.approx(params, rel=0.02)
    assert counted.active == pytest.approx(params * share, rel=0.05)
    assert shape.experts >= shape.experts_active


@given(st.floats(1e8, 1e12))
def test_three_percent_more_parameters_move_the_flop_smoothly(params: float) -> None:
    before, after = (training_flop_per_token(shape_of_size(size), 2048) for size in (params, params * 1.03))
    assert 0.94 < after / before < 1.11


def test_what_is_known_of_a_shape_is_kept() -> None:
    shape = shape_of_size(6.74e9, layers=32, width=4096, heads=32, vocabulary=32000)
    assert (shape.layers, shape.width, shape.heads, shape.head_width) == (32, 4096, 32, 128)
    assert shape.ffn_width == pytest.approx(11008, abs=10)
    with pytest.raises(UsageError):
        shape_of_size(1e9, layers=100, width=8192)
    with pytest.raises(UsageError):
        shape_of_size(1e9, 2e9)
