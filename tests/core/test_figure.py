"""Figures: units multiply, nonsense is refused, the weakest provenance wins, cells unfold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakeven.core.figure import (
    Figure,
    Provenance,
    Source,
    assumed,
    constant,
    measured,
    pick,
    published,
    rounded_up,
    total,
)
from breakeven.core.units import NAMED, UnitError, unit

price = published(2.5, "usd/hour", "price", "a price list", "2026-09-01")
hours = measured(4.0, "hour", "training time")
numbers = st.floats(-1e9, 1e9, allow_nan=False)


def test_units_multiply_and_cancel() -> None:
    cost = price * hours
    assert cost.to("usd") == pytest.approx(10.0)
    assert str(cost.unit) == "usd"


def test_seconds_and_dollars_cannot_be_added() -> None:
    with pytest.raises(UnitError):
        _ = price + hours


def test_a_month_has_no_length_in_seconds() -> None:
    with pytest.raises(UnitError):
        assumed(1, "month", "a month").to("second")


def test_the_weakest_provenance_and_all_sources_are_kept() -> None:
    guess = assumed(3.0, "1", "overhead", "breakeven.toml x")
    bill = price * hours * guess
    assert bill.provenance is Provenance.ASSUMED
    assert (price * hours).provenance is Provenance.PUBLISHED
    assert bill.sources == (Source("a price list", "2026-09-01"), Source("breakeven.toml x"))
    assert [leaf.name for leaf in bill.leaves()] == ["price", "training time", "overhead"]


def test_a_constant_weakens_nothing() -> None:
    assert (hours * constant(2)).provenance is Provenance.MEASURED


def test_a_published_figure_needs_a_source() -> None:
    with pytest.raises(ValueError, match="source"):
        Figure(1.0, unit("usd"), Provenance.PUBLISHED)


def test_nothing_infinite_becomes_a_figure() -> None:
    with pytest.raises(ValueError, match="finite"):
        assumed(math.inf, "usd", "x")


@given(numbers, numbers)
def test_addition_is_that_of_the_values_in_one_unit(left: float, right: float) -> None:
    found = assumed(left, "usd", "a") + assumed(right, "usd", "b")
    assert found.value == left + right


@given(st.sampled_from(sorted(NAMED)), st.sampled_from(sorted(NAMED)))
def test_a_unit_can_be_read_back(above: str, below: str) -> None:
    made = unit(above) / unit(below)
    assert unit(str(made)) == made


@given(st.lists(numbers, max_size=20))
def test_total(values: list[float]) -> None:
    assert total([assumed(v, "usd", "x") for v in values], "usd").value == pytest.approx(math.fsum(values), abs=1e-6)


def test_whole_machines_and_the_larger_of_two() -> None:
    assert rounded_up(assumed(1.2, "machine", "m")).value == 2
    assert rounded_up(assumed(2.0, "machine", "m")).value == 2
    assert pick(max, [assumed(1, "hour", "a"), assumed(100, "second", "b")]).value == 1


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(UnitError, match="parsec"):
        unit("parsec/hour")
