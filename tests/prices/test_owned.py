"""Bought machines: the depreciation to the cent, the hour by hand, and where buying meets renting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.core.figure import Provenance, published
from breakeven.prices.owned import depreciation_schedule, owned_gpu, paid_back_month, same_cost_utilisation
from breakeven.records.owned import Owned

BY_HAND = Owned(usd_per_gpu=20_000, server_share=0.5, years=4, residual=0.1, watts=1000, load=0.8, idle=0.2, pue=1.25,
                usd_per_kwh=0.1, hosting_usd_per_month=40, upkeep=0.06, utilisation=0.5)  # fmt: skip
SHARES = st.floats(0.05, 1.0)


def rent(usd: float):
    return published(usd, "usd/hour", "rent", "a seller", "2026-11")


def test_an_hour_of_a_bought_gpu_by_hand():
    gpu = owned_gpu("H100", BY_HAND)
    paid = 20_000 * 1.5
    depreciation = paid * 0.9 / 48
    energy, idle = 1 * 0.8 * 1.25 * 0.1, 1 * 0.2 * 1.25 * 0.1
    running = 40 + paid * 0.06 / 12 + 365 * energy + 365 * idle
    assert gpu.paid.to("usd") == paid
    assert gpu.depreciation.to("usd/month") == pytest.approx(depreciation)
    assert gpu.running.to("usd/month") == pytest.approx(running)
    assert gpu.hour.to("usd/hour") == pytest.approx((depreciation + running) / 365)
    assert same_cost_utilisation(gpu, rent(3)).value == pytest.approx(
        (depreciation + 40 + 150 + 730 * idle) / (730 * (3 - energy + idle)))
    assert paid_back_month(gpu, rent(3)).to("month") == 35  # 30,000 ÷ (1,095 − 235.625) = 34.9


def test_the_price_unfolds_to_what_was_published_and_what_is_assumed():
    leaves = {leaf.name: leaf for leaf in owned_gpu("H100", Owned()).hour.leaves()}
    assert leaves["price of the card"].provenance is Provenance.PUBLISHED
    assert leaves["price of the card"].value == 33600
    assert leaves["rated power of the card"].to("watt") == 700
    assert leaves["price of electricity"].provenance is Provenance.ASSUMED
    assert leaves["price of electricity"].sources[0].title == "default"
    own = {leaf.name: leaf for leaf in owned_gpu("H100", Owned(usd_per_kwh="5%..7%")).hour.leaves()}
    assert (own["price of electricity"].low, own["price of electricity"].high) == (0.05, 0.07)


def test_what_is_not_known_is_asked_for():
    with pytest.raises(UsageError, match="costs to buy is not known"):
        owned_gpu("A800", Owned())
    assert owned_gpu("A800", Owned(usd_per_gpu=12_000)).paid.value > 12_000
    with pytest.raises(UsageError, match="power"):
        owned_gpu("abacus", Owned(usd_per_gpu=12))
    with pytest.raises(UsageError, match="more than 0"):
        owned_gpu("H100", Owned(utilisation=0))


@given(SHARES, st.floats(500, 50_000), st.floats(0.05, 20))
def test_at_the_utilisation_of_equal_cost_both_cost_the_same(utilisation: float, usd: float, rent_usd: float):
    gpu = owned_gpu("H100", Owned(usd_per_gpu=usd, utilisation=utilisation))
    share = same_cost_utilisation(gpu, rent(rent_usd))
    if share is None:
        assert owned_gpu("H100", Owned(usd_per_gpu=usd, utilisation=1)).hour.value >= rent_usd * (1 - 1e-9)
    else:
        again = owned_gpu("H100", Owned(usd_per_gpu=usd, utilisation=share.value))
        assert again.hour.to("usd/hour") == pytest.approx(rent_usd, rel=1e-9)


@given(SHARES, st.floats(500, 50_000), st.floats(0.05, 20))
def test_in_the_month_of_payback_the_money_is_back_and_not_before(utilisation: float, usd: float, rent_usd: float):
    gpu = owned_gpu("H100", Owned(usd_per_gpu=usd, utilisation=utilisation))
    month = paid_back_month(gpu, rent(rent_usd))
    if month is not None:
        saved = rent_usd * 730 * utilisation - gpu.running.to("usd/month")
        assert saved * month.value >= gpu.paid.value * (1 - 1e-6)
        assert saved * (month.value - 1) < gpu.paid.value * (1 + 1e-6)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 240))
def test_depreciation_sums_to_price_less_residual_to_the_cent(one: int, other: int, months: int):
    paid, residual = max(one, other) / 100, min(one, other) / 100
    schedule = depreciation_schedule(paid, residual, months)
    cents = [round(usd * 100) for usd in schedule]
    assert len(schedule) == months
    assert sum(cents) == round(paid * 100) - round(residual * 100)
    assert max(cents) - min(cents) <= 1


def test_a_machine_is_not_worth_more_than_was_paid():
    with pytest.raises(ValueError, match="no more left"):
        depreciation_schedule(100, 101, 12)
    with pytest.raises(ValueError, match="must be a month"):
        depreciation_schedule(100, 0, 0)
