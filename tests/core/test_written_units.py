"""Units as people write them, and the same figure counted in another unit."""

from __future__ import annotations

import pytest

from breakeven.core.figure import Provenance, assumed, published
from breakeven.core.units import UnitError, unit


@pytest.mark.parametrize(
    "text",
    ["usd/hour", "usd/machine/hour", "usd/person/year", "usd/1k request", "usd/1m token", "customer/1k usd",
     "hour/month", "request/machine/month", "token/request", "byte/machine", "1/machine"],
)
def test_a_rate_of_the_trade_is_shown_as_it_is_written(text: str):
    assert str(unit(text)) == text
    assert unit(str(unit(text))) == unit(text)


def test_a_figure_counted_in_another_unit_is_the_same_figure():
    hourly = published(0.1, "usd/hour", "price", "a page", "2026-01")
    hours = assumed(730, "hour/month", "hours", "default")
    month = (hourly * hours).counted_in("usd/month")
    assert month.value == pytest.approx(73.0)
    assert str(month.unit) == "usd/month"
    assert month.parts == (hourly, hours)
    assert month.provenance is Provenance.ASSUMED


def test_the_ends_of_a_range_are_counted_with_it():
    price = assumed(4.0, "usd/1k request", "price", "default", low=2.0, high=6.0).counted_in("usd/request")
    assert (price.low, price.value, price.high) == (0.002, 0.004, 0.006)
    nothing = assumed(0.0, "usd/1k request", "price", "default").counted_in("usd/request")
    assert nothing.value == 0.0


def test_counting_in_a_unit_of_another_kind_is_refused():
    with pytest.raises(UnitError):
        assumed(1, "usd", "price", "default").counted_in("second")
