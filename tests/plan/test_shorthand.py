"""The shorthand against its own example, by numbers worked out by hand, and the version that adds up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.figure import Provenance
from breakeven.core.units import UnitError
from breakeven.estimate.chips import chips
from breakeven.interfaces.words import Voice
from breakeven.plan.quick_costs import QuickInputs, quick_costs
from breakeven.plan.shorthand import Shorthand, check, figures_of, gpt3_facts
from breakeven.prices.gpu_hours import gpu_hour_price

GPT3 = QuickInputs(params=175e9, tokens=300e9, gpus=512, usd_per_gpu_hour=2.95)


def test_what_the_formulas_give_with_their_own_inputs() -> None:
    checked = check(Shorthand())
    assert [term.bare for term in checked.terms] == pytest.approx([70, 350_000, 1_751, 215])
    assert checked.bare_total == pytest.approx(352_036)
    assert [term.stated for term in checked.terms] == [70, 35, 5, 3]


def test_every_fault_is_named() -> None:
    told = " | ".join(Voice("en")(fault) for fault in check(Shorthand()).faults)
    for words in ("113, not 118", "352,036", "C_p adds parameters to GPU-days", "no price stands in C_r",
                  "falls to 50%", "9,600", "400,000,000", "2,983 times"):
        assert words in told, words
    assert len(check(Shorthand()).faults) == 11
    assert len(check(Shorthand(params=7e9)).faults) == 6


def test_the_units_themselves_refuse_the_sums() -> None:
    compute, research, marketing, people = figures_of(Shorthand())
    assert people is None
    assert compute is not None
    assert research is not None
    assert marketing is not None
    assert (str(compute.unit), str(research.unit), str(marketing.unit)) == (
        "parameter·gpu/node^2/day", "parameter·gpu·day", "usd")
    for other in (research, marketing):
        with pytest.raises(UnitError):
            compute + other


def test_facts_of_gpt3_are_published_with_source_and_date() -> None:
    facts = {fact.name: fact for fact in gpt3_facts()}
    assert facts["work of training GPT-3"].value == 3.14e23
    assert facts["V100-hours of GPT-3"].value == 3.55e6
    gpus, days = facts["V100 GPUs of GPT-3"], facts["days of training GPT-3"]
    assert gpus.value * days.to("hour") == pytest.approx(3.55e6, rel=0.001)
    assert all(fact.provenance is Provenance.PUBLISHED and fact.sources[0].date for fact in facts.values())


def test_the_version_that_adds_up_by_hand() -> None:
    costs = quick_costs(GPT3)
    hours = 6 * 175e9 * 300e9 / (989.4e12 * 0.35 * 0.9) / 3600
    assert costs.gpu_hours.to("gpu·hour") == pytest.approx(hours)
    assert costs.days.to("day") == pytest.approx(hours / 512 / 24)
    compute, research, marketing, talent = (part.to("usd") for part in costs.parts)
    assert compute == pytest.approx(hours * 2.95 * 1.05 + 5_000 * 9)
    assert research == pytest.approx(hours * 2.95 * 0.5)
    assert marketing == pytest.approx(1e6 + 3_000 * 300)
    assert talent == pytest.approx(20 * 350_000 * 9 / 12)
    assert costs.total.to("usd") == pytest.approx(compute + research + marketing + talent, rel=1e-12)
    assert 8.4e6 < costs.total.value < 10e6


@settings(max_examples=30, deadline=None)
@given(st.floats(1e6, 1e12), st.floats(1e6, 1e13), st.integers(1, 100_000))
def test_more_nodes_leave_the_hours_and_shorten_the_days(params: float, tokens: float, gpus: int) -> None:
    once = quick_costs(replace(GPT3, params=params, tokens=tokens, gpus=gpus))
    twice = quick_costs(replace(GPT3, params=params, tokens=tokens, gpus=2 * gpus))
    assert twice.gpu_hours.value == once.gpu_hours.value
    assert twice.days.value == pytest.approx(once.days.value / 2)
    assert twice.total.value == once.total.value


def test_every_part_rests_on_leaves_with_a_source() -> None:
    for part in quick_costs(replace(GPT3, usd_per_gpu_hour=None)).parts:
        leaves = [leaf for leaf in part.leaves() if leaf.sources]
        assert leaves
        assert {leaf.provenance for leaf in leaves} <= {Provenance.ASSUMED, Provenance.PUBLISHED}
    priced = quick_costs(replace(GPT3, usd_per_gpu_hour=None)).parts[0]
    assert any("price" in leaf.name and leaf.sources[0].date for leaf in priced.leaves() if leaf.sources)


def test_a_chip_without_a_price_asks_for_one() -> None:
    chip = next(chip.name for chip in chips() if gpu_hour_price(chip.name) is None)
    with pytest.raises(LookupError):
        quick_costs(replace(GPT3, chip=chip, usd_per_gpu_hour=None))
    assert quick_costs(replace(GPT3, chip=chip)).total.value > 0
