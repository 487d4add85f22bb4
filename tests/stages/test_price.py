"""What a candidate costs, against plain arithmetic."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.core.figure import Provenance
from breakeven.prices.tables import nearest_offer
from breakeven.records.job import Bill
from breakeven.records.machine import Machine
from breakeven.records.measurement import Measurement
from breakeven.records.project import Project
from breakeven.stages.price import machine_price, price, train_price, train_usd, unit_figures

GIB = 1 << 30
HERE = Machine(name="here", cores=4, memory_bytes=8 * GIB, processor="a processor")


def project(**tables: Any) -> Project:
    bare = {"product": {"name": "desk", "task": "text-classification"}, "data": {"train": "a.csv", "answer": "team"}}
    return Project.model_validate({**bare, **tables})


def measurement(rate: float = 100.0, peak: int = GIB) -> Measurement:
    return Measurement(
        candidate="linear", machine=HERE, p50_ms=1, p95_ms=2, requests_per_second=rate, bulk_rows_per_second=1e4,
        load_ms=5, peak_bytes=peak, artifact_bytes=1000, rows_timed=500,
    )


def test_the_price_of_here_is_that_of_the_nearest_offer_and_says_so():
    priced = machine_price("here", HERE)
    offer = nearest_offer(HERE).offer
    assert priced.machine == HERE
    assert priced.usd_per_hour.to("usd/hour") == offer.usd_per_hour
    assert priced.usd_per_hour.provenance is Provenance.PUBLISHED
    assert priced.usd_per_hour.sources[0].date == offer.date
    assert offer.machine.name in str(priced.why)


def test_a_machine_of_the_tables_is_priced_by_its_own_offer():
    assert machine_price("c7i.xlarge", HERE).usd_per_hour.value == 0.1785
    with pytest.raises(UsageError):
        machine_price("c7i.xlarg", HERE)


@settings(max_examples=60)
@given(st.integers(0, 10**10), st.floats(0.01, 5_000), st.integers(1 << 20, 16 * GIB))
def test_the_bill_equals_plain_arithmetic(requests: int, rate: float, peak: int):
    cost = price(project(demand={"requests_per_month": requests}), "linear", measurement(rate, peak), Bill(seconds=90))
    hourly = nearest_offer(HERE).offer.usd_per_hour
    processes = max(1, min(4, 8 * GIB // peak))
    capacity = rate * processes * 0.5 * 730 * 3600
    machines = max(1, math.ceil(requests / capacity - 1e-9))
    assert cost.machines == machines
    assert cost.usd_per_month.value == pytest.approx(machines * hourly * 730)
    assert cost.unit.requests_per_machine_month.value == pytest.approx(capacity)
    assert cost.train_usd.value == pytest.approx(90 / 3600 * hourly)
    assert cost.usd_per_1k.value == pytest.approx(machines * hourly * 730 / (requests or capacity) * 1000)
    assert cost.usd_per_1k.unit == "usd/1k request"


def test_the_bill_is_only_as_sure_as_its_weakest_part():
    cost = price(project(), "linear", measurement(), Bill(seconds=90))
    assert cost.train_usd.provenance is Provenance.PUBLISHED
    assert cost.unit.machine_usd_per_month.provenance is Provenance.PUBLISHED
    assert cost.unit.requests_per_machine_month.provenance is Provenance.ASSUMED
    assert cost.usd_per_1k.provenance is Provenance.ASSUMED


def test_a_big_model_leaves_room_for_fewer_processes():
    small = unit_figures(project(), measurement(peak=GIB)).capacity
    big = unit_figures(project(), measurement(peak=3 * GIB)).capacity
    too_big = unit_figures(project(), measurement(peak=30 * GIB)).capacity
    assert small.value == pytest.approx(2 * big.value)
    assert small.value == pytest.approx(4 * too_big.value)


def test_another_serving_machine_brings_its_own_cores_and_says_that_their_speed_is_assumed():
    wanted = project(compute={"serve_on": "AWS/c7i.2xlarge"})
    figures = unit_figures(wanted, measurement())
    assert figures.capacity.value == pytest.approx(2 * unit_figures(project(), measurement()).capacity.value)
    assert figures.machine_month.to("usd/machine/month") == pytest.approx(0.357 * 730)
    names = [leaf.name for leaf in figures.capacity.leaves()]
    assert "speed of its cores against the cores of this machine" in names
    cost = price(wanted, "linear", measurement(), Bill(seconds=1))
    assert "AWS/c7i.2xlarge" in str(cost.priced_as)


def test_training_is_billed_by_the_second_on_the_training_machine():
    wanted = project(compute={"train_on": "AWS/p5.48xlarge"})
    assert train_price(wanted).to("usd/second") == pytest.approx(55.04 / 3600)
    assert train_usd(wanted, Bill(seconds=7200)).to("usd") == pytest.approx(110.08)
    assert train_price(project(), HERE).to("usd/hour") == nearest_offer(HERE).offer.usd_per_hour


def test_every_step_of_the_price_unfolds_to_named_leaves():
    figures = unit_figures(project(), measurement())
    leaves = [*figures.capacity.leaves(), *figures.machine_month.leaves()]
    assert {"answers a second of one process", "planned utilisation of a machine", "cores"} <= {x.name for x in leaves}
    assert all(leaf.name and (leaf.sources or leaf.provenance is Provenance.MEASURED) for leaf in leaves)
    titles = " ".join(source.title for leaf in leaves for source in leaf.sources)
    assert nearest_offer(HERE).offer.source in titles
