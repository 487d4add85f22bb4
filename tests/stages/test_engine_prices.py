"""The same training priced on each engine."""

from __future__ import annotations

import pytest

from breakeven.core.errors import UsageError
from breakeven.core.figure import Provenance
from breakeven.engines.sky import cheapest
from breakeven.prices.tables import nearest_offer, offer_named
from breakeven.records.machine import Machine
from breakeven.records.project import Compute, Project
from breakeven.stages.engine_prices import engine_prices
from breakeven.stages.place import check_compute

HERE = Machine(name="here", cores=4, memory_bytes=8 << 30, processor="a processor")


def project(**compute: object) -> Project:
    return Project.model_validate({
        "product": {"name": "desk", "task": "text-classification"}, "data": {"train": "a.csv", "answer": "team"},
        "compute": compute,
    })  # fmt: skip


def test_each_engine_is_priced_by_the_machine_it_would_run_on():
    found = {price.engine: price for price in engine_prices(project(), 7200.0, HERE)}
    assert {"here", "ray", "sky", "torchrun"} <= set(found)
    hourly = nearest_offer(HERE).offer.usd_per_hour
    for name in ("here", "ray", "torchrun"):
        assert found[name].machine == "here"
        assert found[name].usd.to("usd") == pytest.approx(2 * hourly)
    assert found["sky"].usd.to("usd") == pytest.approx(2 * cheapest().usd_per_hour)
    assert found["here"].usd.provenance is Provenance.ASSUMED, "that all are as fast is an assumption"


def test_a_named_machine_and_its_spot_price():
    wanted = project(machine="AWS/m7i.large")
    named = {price.engine: price.usd.to("usd") for price in engine_prices(wanted, 3600.0, HERE)}
    assert named["ray"] == named["sky"] == pytest.approx(offer_named("AWS/m7i.large").usd_per_hour)
    offer = offer_named("GCP/a2-highgpu-8g")
    assert offer.spot_usd_per_hour
    wanted = project(machine="GCP/a2-highgpu-8g", spot=True, bucket="gs://runs")
    spot = {price.engine: price.usd.to("usd") for price in engine_prices(wanted, 3600.0, HERE)}
    assert spot["sky"] == pytest.approx(offer.spot_usd_per_hour)
    assert spot["ray"] == pytest.approx(offer.usd_per_hour)


@pytest.mark.parametrize(("name", "meant"), [("torchrn", "torchrun"), ("rays", "ray"), ("hear", "here")])
def test_a_slip_in_the_name_of_an_engine_is_answered_with_it(name: str, meant: str):
    with pytest.raises(UsageError) as caught:
        check_compute(project(train_on=name))
    assert meant in str(caught.value.lines()[2])


def test_a_slip_in_the_name_of_a_machine_is_answered_with_machines():
    with pytest.raises(UsageError) as caught:
        check_compute(project(train_on="AWS/m7i.larg"))
    assert "AWS/m7i.large" in str(caught.value.lines()[2])
    assert project(train_on="ray").compute == Compute(train_on="ray")
