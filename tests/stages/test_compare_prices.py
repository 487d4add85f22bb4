"""One job on every machine: whole machines, the deadline, the marked one, and buying against renting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.prices.layers import own_prices
from breakeven.prices.quotes import quoted
from breakeven.records.owned import Owned
from breakeven.records.quotes import Money, Quote
from breakeven.stages.compare_prices import bought_usd, compare, works_of_hours
from breakeven.stages.compare_trainings import works_of_training

OWNED = Owned()


def job(*told: str, gpus: int | None = None, days: float | None = None, **more):
    return compare(works_of_hours(told, gpus, days), OWNED, deadline_days=days, **more)


def by_name(found, name: str):
    return next(row for row in found.rows if row.offer.machine.name == name)


def test_the_price_of_a_job_by_hand():
    found = job("H100=1000", gpus=64, days=7)
    row = by_name(found, "AWS/p5.48xlarge")
    assert (row.machines, row.work.gpus) == (8, 64)
    assert row.work.days == pytest.approx(1000 / 64 / 24)
    assert row.usd["on_demand"].to("usd") == pytest.approx(1000 * 55.04 / 8)
    assert row.usd["spot"] is None  # not known is never 0
    azure = by_name(found, "Azure/Standard_ND96isr_H100_v5")
    assert azure.usd["spot"].to("usd") == pytest.approx(1000 * 18.169536 / 8)


def test_machines_are_rented_whole():
    row = by_name(job("H100=1000", gpus=9), "AWS/p5.48xlarge")
    assert row.machines == 2
    assert row.usd["on_demand"].to("usd") == pytest.approx(55.04 * 2 * 1000 / 9)


def test_the_cheapest_current_machine_within_the_deadline_is_marked():
    found = job("H100=1000", "A100-80GB=2500", gpus=64, days=1)
    late = [row for row in found.rows if row.meets_deadline is False]
    assert {row.work.chip for row in late} == {"A100-SXM-80GB"}
    may = [row for row in found.rows if row.meets_deadline and row.current]
    assert found.cheapest.usd["on_demand"].value == min(row.usd["on_demand"].value for row in may)
    assert found.cheapest.offer.machine.name == "Nebius/gpu-h100-sxm_8gpu"
    assert by_name(found, "Hyperstack/n3-H100-SXM5x8").current is False  # cheaper, and of 2025
    assert all(row.meets_deadline for row in found.rows[: -len(late)])


def test_no_machine_is_marked_when_none_meets_the_deadline():
    found = job("H100=100000", gpus=8, days=1)
    assert found.cheapest is None
    assert found.rows


def test_without_a_number_of_gpus_as_many_as_keep_the_deadline():
    work = works_of_hours(["H100=1000"], None, 2.0)[0]
    assert (work.gpus, work.days <= 2.0) == (21, True)
    assert works_of_hours(["H100=1000"], None, None)[0].gpus == 8


def test_a_price_of_single_gpus_is_told_apart():
    found = job("A100-80GB=1000", gpus=64)
    assert found.cheapest.offer.machine.name == "RunPod/secure A100-SXM-80GB"
    assert found.cheapest.single
    assert found.cheapest_joined.offer.machine.name == "AWS/p4de.24xlarge"
    assert not job("A100-80GB=1000", gpus=1).cheapest.single


def test_a_quote_is_the_marked_one_even_when_dearer():
    quote = Quote(gpu="H100", gpus=8, price=9.0, unit="usd/gpu/hour", source="Seller A", date="2026-11")
    with own_prices(quoted([quote], Money())):
        found = job("H100=1000", gpus=64)
        assert found.cheapest.offer.source == "Seller A"
        assert found.cheapest.usd["on_demand"].to("usd") == pytest.approx(9000)


def test_buy_against_rent_stands_beside():
    found = job("H100=1000", "A100-80GB=1000", "V100=1000")
    assert {pair.gpu.chip for pair in found.buy_or_rent} == {"H100-SXM", "V100-SXM2-16GB"}  # the price of both is known
    pair = next(pair for pair in found.buy_or_rent if pair.gpu.chip == "H100-SXM")
    assert bought_usd(found, "H100-SXM").to("usd") == pytest.approx(1000 * pair.gpu.hour.to("usd/hour"))
    assert bought_usd(found, "A100-SXM-80GB") is None
    assert pair.rent.to("usd/hour") == pytest.approx(2.95)


@pytest.mark.parametrize("told", ["H100", "H100=", "H100=many", "H100=-5", "H100=0", "=5", "H100=nan", "H100=inf"])
def test_a_job_that_cannot_be_read_is_refused(told: str):
    with pytest.raises(UsageError, match="is not a chip and its GPU-hours"):
        job(told)


def test_a_chip_that_nobody_offers_is_told():
    with pytest.raises(UsageError, match="no offer has a H800-SXM"):
        job("H800=100")
    found = job("H800=100", "H100=100")
    assert found.left_out[0][0] == "H800-SXM"
    with pytest.raises(UsageError, match="no terms"):
        job("H100=1", terms="for free")


@settings(max_examples=25, deadline=None)
@given(st.floats(1, 1e7), st.integers(1, 500))
def test_twice_the_gpus_at_fixed_work_halves_the_days_and_no_price_is_zero(hours: float, machines: int):
    one, two = job(f"H100={hours!r}", gpus=8 * machines), job(f"H100={hours!r}", gpus=16 * machines)
    for row in one.rows:
        other = by_name(two, row.offer.machine.name)
        assert other.work.days == pytest.approx(row.work.days / 2)
        assert other.usd["on_demand"].value == pytest.approx(row.usd["on_demand"].value)
        assert row.usd["on_demand"].value > 0


def test_a_training_is_estimated_for_every_chip():
    works, left_out = works_of_training("7B", 1e12, deadline_days=30)
    assert len(works) > 15
    assert all(work.days <= 30 and work.gpu_hours.low < work.gpu_hours.value < work.gpu_hours.high for work in works)
    assert {chip for chip, _ in left_out}.isdisjoint(work.chip for work in works)
    found = compare(works, OWNED, deadline_days=30, left_out=left_out)
    assert found.cheapest.meets_deadline
    assert len(works_of_training("7B", 1e12, chips=["H100", "h100-80gb"])[0]) == 1


def test_a_published_model_is_a_job():
    named = works_of_training(None, 1e11, chips=["H100"], gpus=64, model="LLaMA-7B")[0][0]
    sized = works_of_training("6.74B", 1e11, chips=["H100"], gpus=64)[0][0]
    assert named.gpu_hours.value == pytest.approx(sized.gpu_hours.value, rel=0.1)
    with pytest.raises(UsageError):
        works_of_training(None, 1e11, model="no such model")
    with pytest.raises(UsageError):
        works_of_training("many", 1e11)
