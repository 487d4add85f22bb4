"""Hosted models that were asked: what they cost and how good they are is measured, not stated."""

from __future__ import annotations

from breakeven.records.candidate import Candidate
from breakeven.records.job import Bill
from breakeven.records.run import Rung
from breakeven.stages.alternatives import alternatives
from breakeven.stages.price import price, train_usd
from tests.interfaces import build

URL = "http://localhost:8000/v1"


def asked(name: str, value: float, usd: float = 0.001, seconds: float = 5.0) -> Rung:
    """A rung that was measured as a hosted model."""
    rung = build.rung(name, value)
    assert rung.measurement is not None
    found = rung.measurement.model_copy(update={"usd_per_request": usd, "usd_source": "a list", "remote": True})
    settings = (("base_url", URL), ("model", "small-model"))
    candidate = Candidate(name=name, family="hosted/1", settings=settings, cost_rank=8.5)
    cost = price(build.project(), name, found, Bill(seconds=seconds, usd=0.5, outside_usd=0.4))
    return rung.model_copy(update={"measurement": found, "candidate": candidate, "cost": cost})


def test_the_unit_cost_of_a_hosted_model_is_its_price_a_request() -> None:
    cost = asked("hosted-small", 0.9).cost
    assert cost is not None
    assert (cost.machines, cost.unit.machine_usd_per_month, cost.unit.requests_per_machine_month) == (0, None, None)
    assert cost.unit.usd_per_request.value == 0.001
    assert cost.unit.usd_per_request.provenance.value == "measured"
    assert cost.usd_per_1k.value == 1.0
    assert cost.usd_per_month.value == 200_000 * 0.001
    assert "a list" in str(cost.priced_as)


def test_what_was_paid_to_others_is_part_of_training() -> None:
    bare, paid = Bill(seconds=10), Bill(seconds=10, usd=0.5, outside_usd=0.4)
    assert abs(train_usd(build.project(), paid).value - train_usd(build.project(), bare).value - 0.4) < 1e-12


def test_without_demand_a_thousand_answers_cost_a_thousand_times_one() -> None:
    project = build.project(demand={"requests_per_month": 0})
    measurement = asked("hosted-small", 0.9).measurement
    assert measurement is not None
    assert price(project, "hosted-small", measurement, Bill(seconds=1)).usd_per_1k.value == 1.0


def test_beside_our_own_choice_stand_the_measured_figures() -> None:
    own, few, zero = build.rung("linear", 0.87), asked("hosted-small-few", 0.93, 0.004), asked("hosted-small", 0.9)
    found = alternatives(build.project(), build.dataset(), own, 0.863, (own, few, zero))
    assert [(one.name, one.quality) for one in found] == [("hosted-small-few", 0.93), ("hosted-small", 0.9)]
    assert "scores 0.93" in str(found[0].why)
    assert found[0].usd_per_1k is not None
    assert found[0].usd_per_1k.value == 4.0
    dear, cheap = (one.same_cost_at_requests_per_month for one in found)
    assert dear is not None
    assert cheap is not None
    assert dear < cheap == round((4 + 70.08) / 0.001), "fixed and one machine, by the price of a request"


def test_one_that_was_not_asked_is_compared_by_what_is_stated() -> None:
    own = build.rung("linear", 0.87)
    found = alternatives(build.project(), build.dataset(), own, 0.863, (own,))
    assert [one.name for one in found] == ["small-model"]
    assert "not priced" in str(found[0].why)


def test_beside_a_hosted_choice_stands_the_best_of_our_own() -> None:
    chosen = asked("hosted-small", 0.9)
    rungs = (build.rung("baseline", 0.1), build.rung("linear", 0.87), chosen, asked("hosted-small-few", 0.95))
    (found,) = alternatives(build.project(), build.dataset(), chosen, 0.9, rungs)
    assert found.name == "linear"
    assert found.same_cost_at_requests_per_month == round((4 + 70.08) / 0.001)
    assert "costs no more than hosted-small" in str(found.why)
    assert alternatives(build.project(), build.dataset(), chosen, 0.9, (chosen,)) == ()
