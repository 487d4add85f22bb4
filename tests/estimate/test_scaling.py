"""Scaling laws against the figures that their papers print, and the laws that any law keeps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.estimate.batch import critical_batch, step_overhead, token_overhead, widest
from breakeven.estimate.repeats import BASE, REPEATS_TOKENS, data_constrained, repeated_loss, worth
from breakeven.estimate.scaling import (
    BESIROGLU,
    HOFFMANN,
    Law,
    allocation,
    compute_optimal,
    inference_adjusted,
    law_named,
    tokens_for,
)

BUDGETS = st.floats(18, 27).map(lambda power: 10**power)
LAWS = st.sampled_from([BESIROGLU, HOFFMANN])


def test_gpt3s_budget() -> None:
    best = compute_optimal(3.14e23)
    assert best.parameters == pytest.approx(53e9, rel=0.005)
    assert best.tokens == pytest.approx(989e9, rel=0.001)
    assert best.tokens_per_parameter == pytest.approx(18.7, rel=0.002)


@pytest.mark.parametrize(("law", "ratio"), [(HOFFMANN, 93), (BESIROGLU, 18)])
def test_the_two_fits_differ_fivefold_at_chinchillas_budget(law: Law, ratio: float) -> None:
    assert compute_optimal(5.76e23, law).tokens_per_parameter == pytest.approx(ratio, rel=0.03)


def test_the_published_interval_of_the_ratio_comes_back_as_one_of_size() -> None:
    best = compute_optimal(5.76e23)
    assert best.parameters_interval is not None
    assert best.tokens_interval is not None
    ratios = [5.76e23 / (6 * end**2) for end in (best.parameters_interval.low, best.parameters_interval.high)]
    assert ratios == pytest.approx([40, 4])
    assert compute_optimal(5.76e23, HOFFMANN).parameters_interval is None


def test_an_interval_grows_with_the_distance_from_where_it_was_published() -> None:
    widths = [compute_optimal(flop).parameters_interval.sigma for flop in (5.76e23, 5.76e25, 5.76e27)]  # type: ignore[union-attr]
    assert widths[0] < widths[1] < widths[2]


@settings(deadline=None)
@given(BUDGETS, LAWS, st.floats(0.5, 2.0))
def test_no_other_size_does_better_with_the_same_compute(flop: float, law: Law, factor: float) -> None:
    best = compute_optimal(flop, law)
    other = law.loss(best.parameters * factor, best.tokens / factor)
    assert other >= best.loss - 1e-12
    assert 6 * best.parameters * best.tokens == pytest.approx(flop)


@settings(deadline=None)
@given(BUDGETS, LAWS)
def test_more_compute_is_a_larger_model_on_more_tokens_at_less_loss(flop: float, law: Law) -> None:
    small, large = compute_optimal(flop, law), compute_optimal(2 * flop, law)
    assert large.parameters > small.parameters
    assert large.tokens > small.tokens
    assert law.irreducible < large.loss < small.loss


def test_thirteen_billion_for_two_trillion_served_tokens() -> None:
    """Sardana et al. 2024, section 3: 7B on 2.1 times the tokens saves 17 % of the FLOP of Chinchilla-13B."""
    law = Law("sardana", "arXiv:2401.00448", 1.69, 406.4, 410.7, 0.336, 0.283)
    large = _optimal_of_size(13e9, law)
    small = inference_adjusted(large.loss, 2e12, law)
    before = large.training_flop + 2 * 13e9 * 2e12
    assert small.parameters == pytest.approx(7e9, rel=0.02)
    assert small.tokens / large.tokens == pytest.approx(2.1, abs=0.1)
    assert 1 - (small.training_flop + small.serving_flop) / before == pytest.approx(0.17, abs=0.01)


def _optimal_of_size(parameters: float, law: Law):  # type: ignore[no-untyped-def]
    low, high = 1e18, 1e28
    while high / low > 1 + 1e-12:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if compute_optimal(middle, law).parameters < parameters else (low, middle)
    return compute_optimal(low, law)


@settings(deadline=None)
@given(BUDGETS, LAWS, st.floats(0, 15).map(lambda power: 10**power))
def test_served_tokens_never_make_the_model_larger(flop: float, law: Law, served: float) -> None:
    best = compute_optimal(flop, law)
    adjusted = inference_adjusted(best.loss, served, law)
    assert adjusted.parameters <= best.parameters * 1.0001
    assert adjusted.loss == pytest.approx(best.loss, abs=1e-9)
    total = adjusted.training_flop + adjusted.serving_flop
    assert total <= (best.training_flop + 2 * best.parameters * served) * (1 + 1e-6)


def test_without_serving_the_adjusted_size_is_the_compute_optimal_one() -> None:
    best = compute_optimal(1e23)
    assert inference_adjusted(best.loss, 0).parameters == pytest.approx(best.parameters, rel=1e-4)


def test_dear_serving_makes_the_model_smaller() -> None:
    cheap = inference_adjusted(2.0, 1e12)
    assert inference_adjusted(2.0, 1e12, usd_per_serving_flop=3.0).parameters < cheap.parameters


def test_tokens_for_a_loss_are_what_gives_that_loss() -> None:
    tokens = tokens_for(2.1, 7e9)
    assert tokens is not None
    assert BESIROGLU.loss(7e9, tokens) == pytest.approx(2.1)
    assert tokens_for(1.83, 1e7) is None


@pytest.mark.parametrize("flop", [0.0, -1.0, math.inf, math.nan])
def test_a_budget_is_a_positive_number(flop: float) -> None:
    with pytest.raises(UsageError, match="not a positive number"):
        compute_optimal(flop)


def test_what_no_law_reaches_is_refused() -> None:
    with pytest.raises(UsageError, match="no model of this law"):
        inference_adjusted(1.8, 1e9)
    with pytest.raises(UsageError, match="no scaling law kaplan"):
        law_named("kaplan")


def test_four_epochs_are_nearly_free_and_forty_are_not() -> None:
    """Muennighoff et al. 2023: up to 4 epochs cost hardly any loss; the worth of repeats ends at 1 + R* times."""
    assert worth(1e9, 4e9, REPEATS_TOKENS) / 4e9 > 0.9
    assert worth(1e9, 40e9, REPEATS_TOKENS) / 40e9 < 0.4
    assert worth(1e9, 1e15, REPEATS_TOKENS) == pytest.approx((1 + REPEATS_TOKENS) * 1e9, rel=1e-6)


@settings(deadline=None)
@given(BUDGETS.filter(lambda flop: flop < 1e26), st.floats(6, 13).map(lambda power: 10**power))
def test_scarce_data_never_helps(flop: float, unique: float) -> None:
    free, bound = compute_optimal(flop, BASE), data_constrained(flop, unique)
    assert bound.loss >= free.loss - 1e-9
    assert bound.epochs >= 1 - 1e-6
    assert 6 * bound.parameters * bound.tokens == pytest.approx(flop)
    assert data_constrained(flop, 2 * unique).loss <= bound.loss + 1e-9


@settings(deadline=None)
@given(st.floats(7, 12).map(lambda p: 10**p), st.floats(8, 13).map(lambda p: 10**p), st.floats(1.0, 100.0))
def test_repeating_never_raises_the_loss_of_this_law(size: float, unique: float, epochs: float) -> None:
    once, more = repeated_loss(size, unique, unique), repeated_loss(size, unique * epochs, unique)
    assert more <= once + 1e-12


@settings(deadline=None)
@given(st.floats(1.7, 6.0), st.floats(1e4, 1e9))
def test_the_critical_batch_is_where_both_overheads_are_two(loss: float, batch: float) -> None:
    critical = critical_batch(loss)
    assert token_overhead(critical, critical) == step_overhead(critical, critical) == 2
    product = (token_overhead(batch, critical) - 1) * (step_overhead(batch, critical) - 1)
    assert product == pytest.approx(1)
    assert widest(critical, 4096) * 4096 <= max(critical, 4096)


def test_a_size_and_tokens_of_ones_own_are_priced_by_the_law() -> None:
    llama = allocation(6.74e9, 1e12, BESIROGLU, served_tokens=1e12)
    assert llama.training_flop == pytest.approx(4.04e22, rel=0.01)
    assert llama.serving_flop == pytest.approx(1.35e22, rel=0.01)
    assert llama.loss_interval is not None
    assert llama.loss_interval[0] < llama.loss < llama.loss_interval[1]
