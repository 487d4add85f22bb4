"""What sellers told the user goes before all tables, in any currency, and says from whom it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from breakeven.core.errors import DataError, UsageError
from breakeven.core.figure import Provenance
from breakeven.prices.gpu_hours import gpu_hour_price
from breakeven.prices.layers import Layers, own_prices
from breakeven.prices.own import project_prices
from breakeven.prices.quotes import quoted, read_quotes
from breakeven.prices.rates import in_dollars, rate_figure, rate_of, rates
from breakeven.prices.tables import hosted_named, offer_named, offers
from breakeven.project import read_project
from breakeven.records.quotes import Money, Quote
from breakeven.stages.price import train_price

DAY = {"source": "Seller A, offer 17", "date": "2026-11-20"}
DOLLARS = Money()


def quote(**keys) -> Quote:
    return Quote(**DAY | keys)


def test_a_quote_of_a_gpu_goes_before_every_offer_even_a_cheaper_one():
    before = gpu_hour_price("H100").value
    with own_prices(quoted([quote(gpu="H100 80GB", price=5.5, unit="usd/gpu/hour")], DOLLARS)):
        price = gpu_hour_price("H100")
    assert (price.value, price.provenance) == (5.5, Provenance.PUBLISHED)
    assert "Seller A, offer 17" in price.sources[0].title
    assert price.sources[0].date == "2026-11-20"
    assert gpu_hour_price("H100").value == before < 5.5


def test_what_no_table_prices_gets_its_price_from_the_quote():
    assert gpu_hour_price("H800") is None
    with own_prices(quoted([quote(gpu="H800", gpus=8, price=100.0, unit="cny/hour")], Money(currency="CNY", rate=5))):
        price = gpu_hour_price("H800")
    assert price.value == pytest.approx(100 / 5 / 8)
    assert "CNY at 5 for a dollar, breakeven.toml money.rate" in price.sources[0].title


def test_a_quote_of_a_machine_keeps_what_the_tables_know_of_it():
    rows = [quote(machine="p5.48xlarge", price=40, unit="usd/hour"),
            quote(machine="p5.48xlarge", price=14_600, unit="usd/month", terms="reserved", months=12),
            quote(machine="p5.48xlarge", price=2, unit="usd/gpu/hour", terms="spot")]  # fmt: skip
    with own_prices(quoted(rows, DOLLARS)):
        offer = offer_named("AWS/p5.48xlarge")
        assert len(offers()) == len({o.machine.name for o in offers()})
    assert (offer.usd_per_hour, offer.reserved_usd_per_hour, offer.spot_usd_per_hour) == (40, 20, 16)
    assert (offer.reserved_months, offer.machine.gpus, offer.machine.cores) == (12, 8, 192)
    assert offer_named("AWS/p5.48xlarge").usd_per_hour == 55.04


def test_a_quote_of_a_hosted_model_needs_both_its_prices():
    both = [quote(model="gpt-4o-mini", price=0.1, unit="usd/1m input tokens"),
            quote(model="gpt-4o-mini", price=0.3, unit="usd/1m output tokens")]  # fmt: skip
    with own_prices(quoted(both, DOLLARS)):
        assert hosted_named("gpt-4o-mini").usd_per_1m_input == 0.1
    assert hosted_named("gpt-4o-mini").usd_per_1m_input == 0.15
    with pytest.raises(UsageError, match="no price for 1m output tokens"):
        quoted(both[:1], DOLLARS)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [({"price": 1, "unit": "usd/hour"}, "name a machine"),
     ({"gpu": "H100", "model": "m", "price": 1, "unit": "usd/hour"}, "name a machine"),
     ({"gpu": "H100", "price": 0, "unit": "usd/hour"}, "greater than 0"),
     ({"gpu": "H100", "price": -2, "unit": "usd/hour"}, "greater than 0"),
     ({"gpu": "H100", "price": 1, "unit": "usd/week"}, "the unit is a currency"),
     ({"gpu": "H100", "price": 1, "unit": "per hour"}, "the unit is a currency"),
     ({"model": "m", "price": 1, "unit": "usd/hour"}, "the unit is a currency"),
     ({"gpu": "H100", "price": 1, "unit": "usd/hour", "date": "last week"}, "is not a date")],
)  # fmt: skip
def test_a_quote_that_cannot_be_meant_is_refused(keys: dict, fault: str):
    with pytest.raises(ValidationError, match=fault):
        quote(**keys)


def test_a_price_of_a_gpu_needs_a_gpu():
    with pytest.raises(UsageError, match="has none"):
        quoted([quote(machine="AWS/m7i.large", price=1, unit="usd/gpu/hour")], DOLLARS)


def test_quotes_of_a_file(tmp_path: Path):
    file = tmp_path / "quotes.csv"
    file.write_text("gpu,price,unit,source,date,terms\nB200,4.2,usd/gpu/hour,Seller B,2026-11,\n", encoding="utf-8")
    assert read_quotes(file)[0].price == 4.2
    file.write_text("gpu,price,unit,source,date\nB200,4.2,usd/gpu/hour,S,2026-11\nB200,x,usd/hour,S,2026\n")
    with pytest.raises(DataError) as fault:
        read_quotes(file)
    assert str(fault.value.where) == f"{file}:3"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        read_quotes(file)


def test_quotes_of_the_project_file(tmp_path: Path):
    (tmp_path / "breakeven.toml").write_text(
        '[product]\nname = "x"\ntask = "text-classification"\n[data]\ntrain = "a.csv"\nanswer = "b"\n'
        '[[quote]]\ngpu = "910B"\nprice = 9.0\nunit = "cny/gpu/hour"\nsource = "Seller C"\ndate = "2026-10"\n'
        '[money]\ncurrency = "CNY"\nrate = 7.0\n', encoding="utf-8")  # fmt: skip
    project = read_project(tmp_path)
    with own_prices(quoted(project.quote, project.money)):
        assert gpu_hour_price("Ascend 910B").value == pytest.approx(9 / 7)


def test_the_machines_of_a_project_are_priced_by_its_quotes(tmp_path: Path):
    (tmp_path / "breakeven.toml").write_text(
        '[product]\nname = "x"\ntask = "text-classification"\n[compute]\ntrain_on = "AWS/m7i.large"\n'
        '[[quote]]\nmachine = "AWS/m7i.large"\nprice = 0.05\nunit = "usd/hour"\nsource = "Seller A"\n'
        'date = "2026-10"\n', encoding="utf-8")  # fmt: skip
    project = read_project(tmp_path)
    with project_prices(tmp_path):
        assert train_price(project).to("usd/hour") == 0.05
    assert train_price(project).to("usd/hour") == 0.1008


def test_rates_are_dated_and_one_may_be_set():
    assert {"CNY", "EUR", "GBP", "JPY"} <= {rate.currency for rate in rates()}
    assert rate_figure(rate_of("cny")).provenance is Provenance.PUBLISHED
    own = Money(currency="CNY", rate=7.1, date="2026-11-01")
    assert rate_figure(rate_of("CNY", own)).provenance is Provenance.ASSUMED
    assert rate_of("EUR", own).per_usd == rate_of("EUR").per_usd
    with pytest.raises(UsageError, match="no exchange rate for XYZ"):
        rate_of("XYZ")


@given(st.floats(0.01, 1e9), st.sampled_from([rate.currency for rate in rates()]))
def test_there_and_back_is_the_same_amount(usd: float, currency: str):
    assert in_dollars(usd * rate_of(currency).per_usd, currency) == pytest.approx(usd, rel=1e-12)


def test_of_two_layers_the_upper_one_counts():
    upper = quoted([quote(gpu="H800", price=1, unit="usd/gpu/hour")], DOLLARS)
    below = [quote(gpu="H800", price=2, unit="usd/gpu/hour"), quote(gpu="H20", price=3, unit="usd/hour")]
    lower = quoted(below, DOLLARS)
    both = upper.over(lower)
    assert sorted((offer.machine.gpu, offer.usd_per_hour) for offer in both.offers) == [("H20", 3), ("H800-SXM", 1)]
    assert upper.over(Layers()) == upper
