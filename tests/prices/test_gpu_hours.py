"""The price of a GPU-hour: the right chip under any spelling, the cheapest current seller, nothing made up."""

from __future__ import annotations

import pytest

from breakeven.core.figure import Provenance
from breakeven.prices.chip_names import VARIANTS, chip_name, same_chip
from breakeven.prices.gpu_hours import cheapest_offer, chip_hour, gpu_hour_price
from breakeven.prices.tables import last_day, offers


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_name_of_a_chip_means_itself(variant):
    assert chip_name(variant.name) == variant.name
    assert chip_name(variant.name.lower().replace("-", " ")) == variant.name


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("A100-80GB", "A100-SXM-80GB"), ("A100", "A100-SXM-80GB"), ("a100-40gb", "A100-SXM-40GB"),
     ("NVIDIA A100-SXM4-80GB", "A100-SXM-80GB"), ("A100 PCIe 80GB", "A100-PCIe-80GB"), ("H100", "H100-SXM"),
     ("NVIDIA H100 80GB", "H100-SXM"), ("H200-NVL", "H200-NVL"), ("V100", "V100-SXM2-16GB"),
     ("Tesla V100-SXM2-32GB", "V100-SXM2-32GB"), ("4090 24GB", "RTX 4090"), ("RTX4090", "RTX 4090"),
     ("GeForce RTX 3080 Ti", "RTX 3080 Ti"), ("A6000", "RTX A6000"), ("TPU v4", "TPUv4"), ("910B", "Ascend 910B"),
     ("GB200", "GB200"), ("RTXPRO6000", "RTX PRO 6000"), ("A800", "A800-SXM-80GB")],
)  # fmt: skip
def test_spellings_of_one_chip(spelling: str, name: str):
    assert chip_name(spelling) == name


def test_chips_that_sound_alike_are_not_the_same():
    assert not same_chip("L40", "L40S")
    assert not same_chip("A100-80GB", "A100-40GB")
    assert not same_chip("H100-PCIe", "H100")
    assert not same_chip("", "")
    assert not same_chip("abacus", "zither")


def test_the_price_is_published_and_of_the_cheapest_current_seller_of_that_chip():
    price = gpu_hour_price("H100")
    assert price.provenance is Provenance.PUBLISHED
    assert all(source.date for source in price.sources)
    sellers = [o for o in offers() if o.machine.gpu == "H100-SXM" and not o.marketplace and o.date >= "2026"]
    assert price.to("usd/hour") == min(o.usd_per_hour / o.machine.gpus for o in sellers)


def test_an_old_price_does_not_beat_a_current_one():
    """A price of March 2025 is lower than all of 2026, and is not what one pays today."""
    old = min(o.usd_per_hour / o.machine.gpus for o in offers() if o.machine.gpu == "A100-SXM-40GB")
    offer = cheapest_offer("A100-40GB")
    assert old < gpu_hour_price("A100-40GB").value
    assert last_day(offer.date).year == 2026


def test_strangers_come_after_sellers():
    assert not cheapest_offer("A100-80GB").marketplace
    assert min(o.usd_per_hour for o in offers() if o.marketplace and o.machine.gpu == "A100-SXM-80GB") < 1


def test_a_machine_of_several_chips_is_divided_and_unfolds():
    offer = next(o for o in offers() if o.machine.name == "AWS/p5.48xlarge")
    price = chip_hour(offer)
    assert price.value == pytest.approx(55.04 / 8)
    assert [leaf.value for leaf in price.leaves()] == [55.04, 8]


def test_what_is_not_priced_has_no_price():
    assert gpu_hour_price("abacus") is None
    assert gpu_hour_price("") is None
    assert gpu_hour_price("Apple M1 Max 32c") is None
    with pytest.raises(ValueError, match="no price"):
        chip_hour(next(o for o in offers() if not o.machine.gpus))


def test_spot_is_the_spot_price():
    assert gpu_hour_price("H100", spot=True).value < gpu_hour_price("H100").value
    assert gpu_hour_price("RTX 3090", spot=True) is None
