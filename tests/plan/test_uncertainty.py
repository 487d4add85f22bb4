"""The bands of a plan and its tornado: against plain sampling, and what must hold for any plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import DESK, project, projects, train_usd, unit_costs, unit_figures

from breakeven.core.figure import assumed, between
from breakeven.plan.cash import milestones
from breakeven.plan.draws import Z90, drawn, quantile, ranged
from breakeven.plan.lattice import GENERATOR, points
from breakeven.plan.make_plan import make_plan
from breakeven.plan.outcome import lasts, outcomes, start_of, stays_from
from breakeven.plan.tornado import tornado
from breakeven.plan.uncertainty import uncertainty
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord
from breakeven.records.uncertainty import Band

WIDE = project(
    demand={"requests_per_month": "150_000..250_000", "growth_per_month": "5%..15%", "price_per_1k_requests": "3..5"},
    capital={"cash_usd": 400_000},
    team=[{"role": "engineer", "count": 2, "salary_usd_per_year": "80_000..120_000", "to_month": 30}],
)


def plan_of(made: Project, months: int = 36) -> Plan:
    return make_plan(made, unit_figures(), train_usd(), months)


def ordered(band: Band) -> bool:
    ends = [float("inf") if end is None else end for end in (band.p10, band.p50, band.p90)]
    return ends == sorted(ends)


def test_the_bands_equal_those_of_plain_sampling():
    """One hundred thousand independent draws by numpy's own generator, the plan written out by hand."""
    rng = np.random.default_rng(7)
    count = 100_000
    asked, growth = rng.uniform(150_000, 250_000, count), rng.uniform(0.05, 0.15, count)
    price, salary = rng.uniform(3, 5, count), rng.uniform(80_000, 120_000, count)
    cash, lowest, net_below = np.full(count, 400_000.0), np.full(count, np.inf), np.zeros(count)
    for month in range(1, 37):
        requests = asked * (1 + growth) ** (month - 1)
        spent = np.maximum(1, np.ceil(requests / 1e6)) * 50 + (12.5 if month == 1 else 0)
        net = requests / 1000 * price - spent - (2 * salary / 12 * 1.25 if month <= 30 else 0)
        cash = cash + net
        lowest, net_below = np.minimum(lowest, cash), np.where(net < 0, month, net_below)
    found = uncertainty(plan_of(WIDE), draws=1 << 14)
    for band, values in ((found.end_cash_usd, cash), (found.lowest_cash_usd, lowest)):
        wide = np.quantile(values, 0.9) - np.quantile(values, 0.1)
        for end, share in ((band.p10, 0.1), (band.p50, 0.5), (band.p90, 0.9)):
            assert end == pytest.approx(np.quantile(values, share), abs=0.02 * wide)
    assert found.out_of_cash == pytest.approx(np.mean(lowest < 0), abs=0.01)
    months = np.quantile(net_below + 1, (0.1, 0.5, 0.9))
    assert [found.break_even_month.p10, found.break_even_month.p50, found.break_even_month.p90] == pytest.approx(
        months, abs=1)


@settings(max_examples=6, deadline=None)
@given(projects(), unit_costs(), st.floats(0, 0.5))
def test_percentiles_stand_in_order_and_a_plan_without_ranges_is_itself(made: Project, cost: UnitFigures, part: float):
    asked = made.demand.requests_per_month.value
    one = make_plan(made, cost, train_usd())
    ends = made.demand.requests_per_month.model_copy(update={"low": asked * (1 - part), "high": asked * (1 + part)})
    demand = made.demand.model_copy(update={"requests_per_month": ends})
    found = uncertainty(make_plan(made.model_copy(update={"demand": demand}), cost, train_usd()), draws=64)
    bands = (*found.cash, found.end_cash_usd, found.lowest_cash_usd, found.capital_need_usd, found.break_even_month)
    assert all(ordered(band) for band in bands)
    sure = uncertainty(one)
    assert sure.draws == 1
    assert sure.break_even_month.p50 == one.break_even_month
    assert sure.capital_need_usd.p10 == pytest.approx(one.capital_need_usd, abs=1e-6)
    assert [band.p90 for band in sure.cash] == pytest.approx([month.values["cash"] for month in one.months], abs=1e-6)


def test_a_range_of_no_width_gives_the_plan_itself():
    narrow = project(demand={"requests_per_month": "200_000..200_000", "price_per_1k_requests": 4.0})
    plan = plan_of(narrow)
    found = uncertainty(plan)
    assert (found.ranged, found.draws) == (0, 1)
    assert [band.p50 for band in found.cash] == pytest.approx([month.values["cash"] for month in plan.months])


@settings(max_examples=8, deadline=None)
@given(st.floats(0, 0.9), st.floats(1, 3))
def test_a_wider_range_never_narrows_the_band_of_a_linear_cell(part: float, times: float):
    """Cash is linear in the price: its band grows with the range."""
    def width(share: float) -> float:
        price = f"{4 * (1 - share)}..{4 * (1 + share)}"
        demand = {"requests_per_month": 100_000, "price_per_1k_requests": price}
        band = uncertainty(plan_of(project(demand=demand), months=6), draws=64).end_cash_usd
        return (band.p90 or 0.0) - (band.p10 or 0.0)

    assert width(min(0.99, part * times)) >= width(part) * (1 - 1e-9)


def test_the_same_seed_gives_the_same_numbers():
    assert uncertainty(plan_of(WIDE)) == uncertainty(plan_of(WIDE))
    assert uncertainty(plan_of(WIDE), draws=256, seed=1) != uncertainty(plan_of(WIDE), draws=256, seed=2)
    band = uncertainty(plan_of(WIDE), draws=256).lowest_cash_usd
    assert (band.p10, band.p50, band.p90) == pytest.approx(KEPT, rel=1e-9), "draws differ on this machine"


KEPT = (-222674.455013956, -84458.69672178198, 60751.92616430971)


def test_what_never_breaks_even_is_counted_apart():
    dear = project(demand={"requests_per_month": 1_000_000, "price_per_1k_requests": "0..2"},
                   team=[{"role": "engineer", "salary_usd_per_year": 9_600}])
    found = uncertainty(plan_of(dear))
    assert found.never_breaks_even == pytest.approx((1_000 + 50) / 2_000, abs=0.001)
    assert (found.break_even_month.p10, found.break_even_month.p50) == (1.0, None)
    assert found.break_even_month.p90 is None


def test_assumed_figures_without_a_range_are_counted():
    found = uncertainty(plan_of(WIDE))
    assert found.ranged == 4
    assert found.exact == 6  # cash, people, employer's costs, fixed cost of serving, a request's cost, discount rate


def test_a_log_normal_figure_has_its_ends_as_p10_and_p90():
    figure = FigureRecord.of(between(assumed(40.0, "hour", "training", "a rule"), 30.0, 70.0))
    chance = (np.arange(100_000) + 0.5) / 100_000
    values = quantile(figure, chance)
    assert np.quantile(values, (0.1, 0.5, 0.9)) == pytest.approx((30.0, 40.0, 70.0), rel=1e-3)
    assert values.min() > 0
    assert pytest.approx(1.28155, abs=1e-5) == Z90


def test_a_figure_that_two_lines_use_is_drawn_once():
    ads = project(demand={"requests_per_month": 0, "price_per_1k_requests": 4.0}, marketing=[
        {"channel": "ads", "usd_per_month": "1_000..3_000", "customers_per_1k_usd": 2, "requests_per_customer": 1_000}])
    plan = plan_of(ads)
    assert len(ranged(plan.ledger)) == 1
    found = drawn(plan.ledger, ranged(plan.ledger), 16, 3)
    again = outcomes(plan, found, 16)
    spent = next(iter(found.values()))
    earned = spent / 1000 * 2 * 1000 / 1000 * 4
    assert again.cash[0] == pytest.approx(earned - spent - 50 - 12.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12), st.floats(0, 1e6))
def test_the_milestones_of_draws_are_those_of_the_plan(net: list[float], start: float):
    cash = list(start + np.cumsum(net))
    one = milestones(start, net, cash, cash)
    months = stays_from(np.array(net)[:, None])[0], lasts(np.array(cash)[:, None])[0]
    expected = tuple(np.inf if month is None else month for month in (one.break_even_month, one.runway_months))
    assert months == expected


def test_the_start_is_the_cash_before_month_one():
    plan = plan_of(DESK)
    assert plan.ledger.entries[start_of(plan)].figure.value == 500_000


def test_the_tornado_is_the_plan_made_again_at_each_end():
    plan = plan_of(WIDE)
    found = tornado(plan)
    assert {one.figure.name for one in found.swings} == {
        "requests a month", "growth a month", "price per 1,000 requests", "salary a year"}
    assert found.base.break_even_month == plan.break_even_month
    assert found.base.capital_need_usd == pytest.approx(plan.capital_need_usd)
    price = next(one for one in found.swings if one.figure.name == "price per 1,000 requests")
    for end, outcome in ((price.low, price.at_low), (price.high, price.at_high)):
        quantity = WIDE.demand.price_per_1k_requests.model_copy(update={"value": end, "low": None, "high": None})
        demand = WIDE.demand.model_copy(update={"price_per_1k_requests": quantity})
        again = plan_of(WIDE.model_copy(update={"demand": demand}))
        assert outcome.break_even_month == again.break_even_month
        assert outcome.end_cash_usd == pytest.approx(again.months[-1].values["cash"])
        assert outcome.capital_need_usd == pytest.approx(again.capital_need_usd)


def test_the_tornado_is_sorted_by_what_moves_the_break_even_month():
    swings = tornado(plan_of(WIDE)).swings
    moved = [abs((one.at_low.break_even_month or 37) - (one.at_high.break_even_month or 37)) for one in swings]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > moved[-1]


def test_figures_without_a_range_move_by_a_tenth_when_asked():
    found = tornado(plan_of(WIDE), everything=True)
    people = next(one for one in found.swings if one.figure.name == "people")
    assert (people.low, people.high, people.ranged) == (pytest.approx(1.8), pytest.approx(2.2), False)
    assert sum(one.ranged for one in found.swings) == 4
    assert all(one.figure.sources for one in found.swings)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 80), st.integers(4, 10), st.integers(0, 99))
def test_every_slice_of_a_lattice_holds_one_point(dimensions: int, power: int, seed: int):
    """Cut a dimension into as many slices as there are draws: each slice has one."""
    found = points(dimensions, 1 << power, seed)
    assert found.shape == (dimensions, 1 << power)
    assert ((found > 0) & (found < 1)).all()
    for row in found:
        spread = np.sort(row)
        assert np.diff(spread).max() < 2.001 / (1 << power)


def test_a_lattice_is_more_even_than_chance():
    """The mean of a product of 8 dimensions is 1; 4,096 random points miss it by 0.015 (standard error)."""
    misses = [np.prod(0.5 + points(8, 1 << 12, seed), axis=0).mean() - 1 for seed in range(16)]
    assert np.sqrt(np.mean(np.square(misses))) < 0.005
    assert len(set(GENERATOR)) == len(GENERATOR)


def test_draws_are_a_power_of_two():
    with pytest.raises(ValueError, match="power of two"):
        points(3, 1000, 0)
