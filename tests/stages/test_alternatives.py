"""Hosted models beside the own one: their price, and the volume of equal cost against brute force over volumes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.figure import Figure, Provenance, assumed
from breakeven.core.words import say
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.cost import CandidateCost
from breakeven.records.dataset import Dataset
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord, MessageRecord
from breakeven.records.run import Rung
from breakeven.stages.alternatives import alternatives, same_cost_volume


def unit_cost(fixed: float, per_request: float, machine: float | None, capacity: float | None) -> UnitFigures:
    def figure(value: float | None, unit: str) -> Figure | None:
        return None if value is None else assumed(value, unit, unit, "default")

    return UnitFigures(figure(fixed, "usd/month"), figure(per_request, "usd/request"),
                       figure(machine, "usd/machine/month"), figure(capacity, "request/machine/month"))


def own_cost(volume: int, fixed: float, per_request: float, machine: float, capacity: float) -> float:
    return fixed + per_request * volume + machine * max(1, math.ceil(volume / capacity))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 60), st.integers(0, 4), st.integers(1, 60), st.integers(1, 40), st.integers(0, 30))
def test_the_volume_of_equal_cost_is_that_of_brute_force(
    fixed: int, per_request: int, machine: int, capacity: int, hosted: int
):
    """All in whole dollars, so that equal costs are exactly equal; the volumes reach far beyond the last crossing."""
    found = same_cost_volume(unit_cost(fixed, per_request, machine, capacity), hosted)
    far = 4 * capacity * (fixed + machine + 2)
    dear = [v for v in range(1, far) if own_cost(v, fixed, per_request, machine, capacity) > hosted * v]
    if found is None:
        assert dear[-1] >= far - 1 - capacity
    else:
        assert found == max(dear, default=0) + 1


def test_a_dearer_capacity_than_the_api_never_pays():
    assert same_cost_volume(unit_cost(0, 0, 50, 1000), 0.05) is None
    assert same_cost_volume(unit_cost(0, 0, 50, 1000), 0.0501) is not None
    assert same_cost_volume(unit_cost(0, 0.1, 50, 1e9), 0.1) is None


def test_without_machines_the_lines_cross_once():
    assert same_cost_volume(unit_cost(100, 0.01, None, None), 0.03) == 5000


# --- the whole comparison


DATASET = Dataset(digest="d", folder="data", task="text-classification", columns=(), answer="team",
                  rows={"train": 80, "validation": 10, "test": 10}, split="stratified", bytes=100 * 400)


def chosen() -> Rung:
    figures = unit_cost(0, 0, 50, 1e6)
    usd = FigureRecord.of(assumed(1, "usd", "usd", "default"))
    cost = CandidateCost(candidate="linear", train_usd=usd, unit=figures.record("linear"), machines=1,
                         usd_per_month=usd, usd_per_1k=usd, priced_as=MessageRecord.of(say("by hand")))
    return Rung(name="linear", family="linear/1", outcome="trained", cost=cost)


def beside(dataset: Dataset = DATASET, **named: Any):
    project = Project.model_validate({
        "product": {"name": "desk", "task": "text-classification"}, "data": {"train": "a.csv", "answer": "team"},
        "alternative": [{"model": "gpt-4o-mini", **named}],
    })
    (alternative,) = alternatives(project, dataset, chosen(), quality=0.9)
    return alternative


def test_stated_tokens_and_prices_are_used_as_stated():
    found = beside(input_tokens_per_request=200, output_tokens_per_request=20, usd_per_1m_input_tokens=3,
                   usd_per_1m_output_tokens=15)
    assert found.usd_per_1k.value == pytest.approx((200 * 3 + 20 * 15) / 1e6 * 1000)
    assert found.usd_per_1k.unit == "usd/1k request"
    assert found.same_cost_at_requests_per_month == math.ceil(50 / 0.0009)


def test_an_unstated_price_comes_from_the_tables_with_its_date():
    found = beside(input_tokens_per_request=1000, output_tokens_per_request=100)
    assert found.usd_per_1k.value == pytest.approx((1000 * 0.15 + 100 * 0.60) / 1e6 * 1000)
    assert [date for _, date in found.usd_per_1k.sources if date] == ["2026-11"]


def test_unstated_tokens_are_estimated_from_the_rows_and_said_to_be_assumed():
    found = beside()
    tokens_in, tokens_out = 400 / 4 + 100, 10
    assert found.usd_per_1k.value == pytest.approx((tokens_in * 0.15 + tokens_out * 0.60) / 1e6 * 1000)
    assert found.usd_per_1k.provenance is Provenance.ASSUMED
    assert any("rule of thumb" in title for title, _ in found.usd_per_1k.sources)


@pytest.mark.parametrize(
    ("dataset", "named", "said"),
    [
        (DATASET, {"model": "our-own-llm"}, "in no price table"),
        (DATASET, {"model": "our-own-llm", "usd_per_1m_input_tokens": 1}, "in no price table"),
        (DATASET.model_copy(update={"bytes": 0}), {}, "input_tokens_per_request"),
    ],
)
def test_what_is_not_known_is_not_priced_and_never_free(dataset: Dataset, named: dict[str, Any], said: str):
    found = beside(dataset, **named)
    assert found.usd_per_1k is None
    assert found.same_cost_at_requests_per_month is None
    assert said in str(found.why)


def test_the_quality_is_as_stated_or_said_to_be_assumed_equal():
    assert "0.8" in str(beside(quality=0.8).why)
    assert "no score is stated" in str(beside().why)
    assert beside(quality=0.8).quality == 0.8


def test_a_cheaper_api_is_said_to_be_cheaper():
    found = beside(input_tokens_per_request=1, output_tokens_per_request=1, usd_per_1m_input_tokens=1,
                   usd_per_1m_output_tokens=1)
    assert found.same_cost_at_requests_per_month is None
    assert "at every volume" in str(found.why)
