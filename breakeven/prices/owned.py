"""What an hour of a bought GPU costs, and when buying beats renting.

For each GPU, H = 730 hours a month, u = utilisation, all of it figures that unfold:

    paid         = card + card × server share
    depreciation = (paid − paid × residual) ÷ (years × 12)                        usd/month, straight line
    fixed        = depreciation + hosting + paid × upkeep ÷ 12                    usd/month
    energy       = watts × load × PUE × usd/kWh, idle energy with `idle`          usd/hour
    an hour used = (fixed + H × (1 − u) × idle energy) ÷ (H × u) + energy         usd/hour

Renting the same hours costs r × H × u. Both cost the same at the utilisation
    u* = (fixed + H × idle energy) ÷ (H × (r − energy + idle energy))
and what was paid is back in the month
    m* = paid ÷ (r × H × u − running), rounded up;  running = an owned month without depreciation, used at u.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from breakeven.core.errors import UsageError
from breakeven.core.figure import Figure, assumed, constant, published, rounded_up, total
from breakeven.core.words import N_, say
from breakeven.prices.chip_names import same_chip
from breakeven.prices.tables import cards
from breakeven.records.owned import Owned
from breakeven.records.price import Card
from breakeven.records.quantity import Quantity

HOURS = constant(730.0, "hour/month", N_("hours in a month, 8,760 ÷ 12"))
YEAR = constant(12.0, "month", N_("months in a year"))
ALL = constant(1.0, "1", N_("all of the hours"))

NAMES = {
    "server_share": N_("server and network, as a share of the card's price"),
    "years": N_("years of depreciation"),
    "residual": N_("residual value, as a share of what was paid"),
    "load": N_("power while working, as a share of the rated watts"),
    "idle": N_("power while idle, as a share of the rated watts"),
    "pue": N_("power of the building for a watt of the machine (PUE)"),
    "usd_per_kwh": N_("price of electricity"),
    "hosting_usd_per_month": N_("hosting of a GPU a month"),
    "upkeep": N_("upkeep and staff a year, as a share of what was paid"),
    "utilisation": N_("utilisation of a bought GPU"),
}
UNITS = {"years": "year", "usd_per_kwh": "usd/kWh", "hosting_usd_per_month": "usd/month"}


@dataclass(frozen=True)
class OwnedGpu:
    """A bought GPU: what was paid for it, what it costs, and over how many months."""

    chip: str
    paid: Figure
    depreciation: Figure
    running: Figure
    """A month at the stated utilisation, without depreciation: hosting, upkeep, energy. usd/month."""
    energy: Figure
    idle_energy: Figure
    utilisation: Figure
    hour: Figure
    """What an hour that is used costs, in usd/hour."""
    months: float


def owned_gpu(chip: str, owned: Owned) -> OwnedGpu:
    """A bought GPU of that kind. Raises UsageError where its price or its watts are not known: they are never 0."""
    given = {key: _figure(owned, key) for key in NAMES}
    if given["utilisation"].value <= 0 or given["years"].value <= 0 or given["pue"].value < 1:
        raise UsageError(say("years and utilisation must be more than 0, and pue at least 1"), "owned",
                         say("docs/project.md tells what each key takes"))  # fmt: skip
    card = card_named(chip)
    price, watts = _price(chip, owned, card), _watts(chip, owned, card)
    paid = total((price, price * given["server_share"]), "usd", N_("paid for a GPU with its share of the server"))
    life = given["years"].counted_in("month").named(N_("months of depreciation"))
    depreciation = ((paid - paid * given["residual"]) / life).named(N_("depreciation"))
    upkeep = (paid * given["upkeep"] / YEAR).named(N_("upkeep and staff"))
    full = (watts * given["pue"] * given["usd_per_kwh"]).counted_in("usd/hour")
    energy, idle_energy = (full * given["load"]).named(N_("energy")), (full * given["idle"]).named(N_("idle energy"))
    used = (HOURS * given["utilisation"]).named(N_("hours used a month"))
    waiting = (HOURS * (ALL - given["utilisation"])).named(N_("hours idle a month"))
    spent = total((used * energy, waiting * idle_energy), "usd/month", N_("energy a month"))
    running = total((given["hosting_usd_per_month"], upkeep, spent), "usd/month", N_("running cost a month"))
    hour = (total((depreciation, running), "usd/month", N_("all costs of a GPU a month")) / used).counted_in("usd/hour")
    return OwnedGpu(chip, paid, depreciation, running, energy, idle_energy, given["utilisation"],
                    hour.named(N_("price of a bought GPU an hour used")), life.value)  # fmt: skip


def _figure(owned: Owned, key: str) -> Figure:
    """A value of [owned]: assumed, by the project file or by default."""
    quantity: Quantity = getattr(owned, key)
    source = f"breakeven.toml owned.{key}" if key in owned.model_fields_set else "default"
    return assumed(quantity.value, UNITS.get(key, "1"), NAMES[key], source, quantity.low, quantity.high)


def card_named(chip: str) -> Card | None:
    """The card of the tables with this chip."""
    return next((card for card in cards() if same_chip(card.name, chip)), None)


def _price(chip: str, owned: Owned, card: Card | None) -> Figure:
    name = N_("price of the card")
    if owned.usd_per_gpu is not None:
        given = owned.usd_per_gpu
        return assumed(given.value, "usd", name, "breakeven.toml owned.usd_per_gpu", given.low, given.high)
    if card is None or card.usd is None:
        raise UsageError(say("what a {gpu} costs to buy is not known", gpu=chip), "owned.usd_per_gpu",
                         say("give its price: [owned] usd_per_gpu = …, or --buy-usd"))  # fmt: skip
    return published(card.usd, "usd", name, f"{card.name}: {card.source}", card.date)


def _watts(chip: str, owned: Owned, card: Card | None) -> Figure:
    name = N_("rated power of the card")
    if owned.watts is not None:
        return assumed(owned.watts.value, "watt", name, "breakeven.toml owned.watts", owned.watts.low, owned.watts.high)
    if card is None or card.tdp_watts is None:
        raise UsageError(say("the power that a {gpu} draws is not known", gpu=chip), "owned.watts",
                         say("give it: [owned] watts = …"))  # fmt: skip
    return published(card.tdp_watts, "watt", name, f"{card.name}: {card.source}", card.date)


def same_cost_utilisation(gpu: OwnedGpu, rent: Figure) -> Figure | None:
    """The utilisation above which a bought GPU costs less than renting the hours used; None: at none, up to all hours.

    `rent` is in usd/hour of one GPU.
    """
    waiting = HOURS * gpu.idle_energy
    spent = gpu.energy * HOURS * gpu.utilisation + waiting * (ALL - gpu.utilisation)
    fixed = (gpu.depreciation + gpu.running - spent).named(N_("fixed cost of a GPU a month"))
    saved = (rent - gpu.energy + gpu.idle_energy).named(N_("saved by each hour used"))
    if saved.value <= 0:
        return None
    share = ((fixed + waiting) / (saved * HOURS)).counted_in("1").named(N_("utilisation of equal cost"))
    return share if share.value <= 1 else None


def paid_back_month(gpu: OwnedGpu, rent: Figure) -> Figure | None:
    """The month from which on a bought GPU has cost no more than renting its hours; None: not within its life.

    `rent` is in usd/hour of one GPU. What the GPU can be sold for does not count here.
    """
    rented = (rent * HOURS * gpu.utilisation).named(N_("rent for the hours used a month"))
    saved = (rented - gpu.running).counted_in("usd/month").named(N_("saved a month"))
    if saved.value <= 0:
        return None
    month = rounded_up((gpu.paid / saved).counted_in("month"), N_("month in which the price is paid back"))
    return month if month.value <= gpu.months else None


def depreciation_schedule(paid_usd: float, residual_usd: float, months: int) -> tuple[float, ...]:
    """Straight-line depreciation month by month in whole cents, which sum to paid − residual to the cent.

    Raises ValueError if the residual is above what was paid, or there is no month.
    """
    cents = round(paid_usd * 100) - round(residual_usd * 100)
    if months < 1 or cents < 0:
        raise ValueError("there must be a month, and no more left than was paid")
    until = [cents * month // months for month in range(months + 1)]
    return tuple((after - before) / 100 for before, after in pairwise(until))
