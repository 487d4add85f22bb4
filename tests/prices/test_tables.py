"""The price tables: every number has a source and a date, nothing is free, and the nearest offer is a sensible one."""

from __future__ import annotations

import csv
import re
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.core.units import unit
from breakeven.estimate.chips import chips
from breakeven.prices.chip_names import chip_name
from breakeven.prices.tables import (
    GIB,
    MEMORY_TOLERANCE,
    cards,
    hosted,
    hosted_named,
    nearest_offer,
    offer_named,
    offers,
    stale,
    stated_prices,
    storage_prices,
)
from breakeven.records.machine import Machine

ISO_DATE = re.compile(r"20\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
NEEDED = {
    "offers.csv": ("usd_per_hour",), "hosted.csv": ("usd_per_1m_input", "usd_per_1m_output"), "cards.csv": ("name",),
    "stated.csv": ("usd_per_gpu_hour",), "storage.csv": ("usd", "unit"), "rates.csv": ("per_usd",),
}  # fmt: skip
LARGEST = (64, 512)
"""Cores and GiB that the tables still cover with a machine without GPU."""


def rows() -> list[tuple[str, dict[str, str]]]:
    """Every row of every file of prices/data, by file name."""
    found = []
    for file in files("breakeven.prices").joinpath("data").iterdir():
        with file.open(encoding="utf-8", newline="") as lines:
            found += [(file.name, row) for row in csv.DictReader(lines)]
    return found


def test_every_price_has_a_source_and_an_iso_date():
    assert len(rows()) > 150
    for name, row in rows():
        assert row["source"].strip(), (name, row)
        assert ISO_DATE.fullmatch(row["date"]), (name, row)
        assert date.fromisoformat((row["date"] + "-01-01")[:10]) <= date(2026, 12, 31)


def test_no_number_of_the_tables_is_zero_and_every_price_is_there():
    for name, row in rows():
        numbers = {key: cell for key, cell in row.items() if key.startswith(("usd", "spot", "cores", "memory", "gpus"))}
        assert all(float(cell) > 0 for cell in numbers.values() if cell), (name, row)
        assert all(row[key] for key in NEEDED[name]), (name, row)


def test_a_name_means_one_row():
    assert len({offer.machine.name for offer in offers()}) == len(offers())
    assert len({(model.provider, model.item) for model in hosted()}) == len(hosted())


def test_spot_reserved_cached_and_batch_prices_are_below_the_plain_ones():
    for offer in offers():
        assert (offer.reserved_usd_per_hour is None) == (offer.reserved_months is None)
        assert offer.reserved_usd_per_hour is None or offer.reserved_usd_per_hour < offer.usd_per_hour
    for model in hosted():
        assert model.usd_per_1m_batch_input is None or model.usd_per_1m_batch_input < model.usd_per_1m_input
        assert model.usd_per_1m_batch_output is None or model.usd_per_1m_batch_output < model.usd_per_1m_output
    assert all(offer.spot_usd_per_hour < offer.usd_per_hour for offer in offers() if offer.spot_usd_per_hour)
    assert all(
        model.usd_per_1m_cached_input < model.usd_per_1m_input for model in hosted() if model.usd_per_1m_cached_input
    )


def test_every_gpu_of_the_tables_is_spelled_as_its_own_name():
    names = [offer.machine.gpu for offer in offers() if offer.machine.gpus] + [price.gpu for price in stated_prices()]
    assert [name for name in names if chip_name(name) != name] == []
    assert all(offer.machine.gpu for offer in offers() if offer.machine.gpus)


def test_the_cards_that_the_issue_of_prices_is_about_are_there():
    known = {card.name: card for card in cards()}
    for name in ("A800-SXM-80GB", "H800-SXM", "Ascend 910B", "H20", "RTX 4090", "TPUv4", "EPYC 9654 (96c Zen4)"):
        assert name in known
    assert known["Ascend 910B"].usd == 16854
    assert known["A800-SXM-80GB"].usd is None  # not known is never 0
    assert all(card.usd is None or card.usd > 500 for card in cards())


def test_a_card_and_the_chip_of_the_physics_are_one_thing():
    """The floors keep prices/ from reading the table of estimate/, so both hold watts and price: they must agree."""
    known = {card.name: card for card in cards()}
    both = [chip for chip in chips() if chip.name in known]
    assert len(both) > 40
    for chip in both:
        assert known[chip.name].tdp_watts == chip.tdp_watts, chip.name
        assert known[chip.name].usd == chip.list_price_usd, chip.name


def test_stated_prices_are_no_offers():
    assert {price.gpu for price in stated_prices()} >= {"H800-SXM"}
    assert not any(offer.machine.gpu == "H800-SXM" for offer in offers())


def test_storage_and_traffic_have_units_that_can_be_read():
    for price in storage_prices():
        assert unit(price.unit).factor_to(unit("usd/GB/month" if price.kind == "storage" else "usd/GB")) == 1


def test_a_core_of_an_ordinary_machine_costs_what_cores_cost():
    """A slip of a digit would make a core ten times too cheap or too dear."""
    for offer in offers():
        if not offer.machine.gpus:
            assert 0.002 < offer.usd_per_hour / offer.machine.cores < 0.15, offer


def test_sizes_of_one_family_cost_the_same_per_core():
    """Clouds price the sizes of a family in proportion, which shows a mistyped size."""
    for family in ("AWS/m7i.", "AWS/c7i.", "AWS/c7g.", "AWS/r7g.", "AWS/m7g.", "GCP/n2-standard-", "GCP/c3-standard-",
                   "Azure/Standard_F"):
        a_core = {o.usd_per_hour / o.machine.cores for o in offers() if o.machine.name.startswith(family)}
        assert max(a_core) / min(a_core) < 1.001, family


@pytest.mark.parametrize("text", ["AWS/m7i.large", "aws/M7I.large", "m7i.large", " m7i.large "])
def test_an_offer_is_found_by_item_and_by_provider(text: str):
    assert offer_named(text).machine.name == "AWS/m7i.large"
    assert offer_named(text).usd_per_hour == 0.1008


def test_an_unknown_machine_is_refused_with_the_nearest_names():
    with pytest.raises(UsageError) as fault:
        offer_named("m7i.larg")
    assert "AWS/m7i.large" in str(fault.value.hint)
    with pytest.raises(UsageError) as fault:
        offer_named("☃☃☃")
    assert "breakeven prices" in str(fault.value.hint)


@pytest.mark.parametrize(
    ("text", "usd"),
    [("gpt-4o-mini", 0.15), ("openai/gpt-4o-mini", 0.15), ("GPT-4o-mini", 0.15),
     ("meta-llama/Meta-Llama-3.1-8B-Instruct", 0.03), ("Meta-Llama-3.1-8B-Instruct", 0.03)],
)
def test_a_hosted_model_is_found_by_its_spellings(text: str, usd: float):
    assert hosted_named(text).usd_per_1m_input == usd


def test_a_hosted_model_that_is_not_listed_has_no_price():
    assert hosted_named("gpt-4o-mega") is None
    assert hosted_named("") is None


@given(st.integers(1, LARGEST[0]), st.integers(1, LARGEST[1]))
def test_the_nearest_offer_covers_the_machine_and_nothing_cheaper_does(cores: int, gib: int):
    machine = Machine(name="here", cores=cores, memory_bytes=gib * GIB)
    nearest = nearest_offer(machine).offer
    enough = [
        offer
        for offer in offers()
        if not offer.machine.gpus
        and offer.machine.cores >= cores
        and offer.machine.memory_bytes >= machine.memory_bytes * MEMORY_TOLERANCE
    ]
    assert nearest in enough
    assert nearest.usd_per_hour == min(offer.usd_per_hour for offer in enough)


def test_a_machine_too_large_for_the_tables_is_priced_by_the_largest_and_says_so():
    nearest = nearest_offer(Machine(name="here", cores=4096, memory_bytes=4096 * GIB))
    assert nearest.offer.machine.cores == max(offer.machine.cores for offer in offers() if not offer.machine.gpus)
    assert "largest" in str(nearest.why)


def test_a_machine_with_a_gpu_is_priced_by_the_same_gpu():
    nearest = nearest_offer(Machine(name="here", cores=4, memory_bytes=16 * GIB, gpu="L4", gpus=1))
    assert nearest.offer.machine.gpu == "L4"
    assert nearest.offer.machine.name == "AWS/g6.xlarge"


@pytest.mark.parametrize(
    ("dated", "old"),
    [("2026-09-24", False), ("2026-05-26", False), ("2026-05-25", True), ("2026-05", False), ("2026-04", True),
     ("2026", False), ("2025", True)],
)
def test_a_price_is_stale_after_half_a_year(dated: str, old: bool):
    assert stale(dated, date(2026, 11, 22)) is old
