"""One job priced on every machine: hours, days and money on demand, spot, reserved and bought; buy against rent.

    machines = GPUs ÷ GPUs of a machine, rounded up      machines are rented whole
    elapsed  = GPU-hours ÷ GPUs
    usd      = price of a machine an hour × machines × elapsed
    bought   = price of a bought GPU an hour used × GPU-hours

The job is told in GPU-hours of named chips, or as a training whose GPU-hours are estimated for each chip. Old prices
and marketplaces are shown and not marked as the cheapest, as in prices/gpu_hours.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from breakeven.core.errors import UsageError
from breakeven.core.figure import Figure, assumed, constant, published
from breakeven.core.words import N_, Message, say
from breakeven.prices.chip_names import chip_name
from breakeven.prices.gpu_hours import cheapest_offer, chip_hour, current_offers, offers_with
from breakeven.prices.owned import OwnedGpu, owned_gpu, paid_back_month, same_cost_utilisation
from breakeven.records.machine import Offer
from breakeven.records.owned import Owned

TERMS = ("on_demand", "spot", "reserved")
USUAL_GPUS = 8
HOURS_A_DAY = 24.0


@dataclass(frozen=True)
class Work:
    """The job on one kind of chip: its GPU-hours (with `low` and `high`, where they are estimated) and its GPUs."""

    chip: str
    gpu_hours: Figure
    gpus: int

    @property
    def days(self) -> float:
        return self.gpu_hours.to("hour") / self.gpus / HOURS_A_DAY


@dataclass(frozen=True)
class PricedOffer:
    """The job on one offer. Money is None where there is no such price."""

    offer: Offer
    work: Work
    machines: int
    usd: dict[str, Figure | None]
    current: bool
    """Whether it may be marked: neither old, nor of a marketplace beside sellers, nor beside a quote."""
    meets_deadline: bool | None
    """None without a deadline."""

    @property
    def single(self) -> bool:
        """Whether the price is of single GPUs, and the job takes several: they must be joined by a fast network."""
        return self.machines > 1 and self.offer.machine.gpus == 1


@dataclass(frozen=True)
class BuyOrRent:
    """A chip bought or rented: the hour of each, and where they cost the same."""

    gpu: OwnedGpu
    rent: Figure
    job_usd: Figure
    same_cost_utilisation: Figure | None
    """None: renting costs less, however much it is used."""
    paid_back_month: Figure | None
    """None: at the stated utilisation the money is not back within its life."""


@dataclass(frozen=True)
class Comparison:
    """All offers of the job, the cheapest first; which one is marked; what could not be priced, and why."""

    rows: tuple[PricedOffer, ...]
    cheapest: PricedOffer | None
    cheapest_joined: PricedOffer | None
    """The cheapest whose price is of machines with several GPUs, where `cheapest` is a price of single ones."""
    buy_or_rent: tuple[BuyOrRent, ...]
    left_out: tuple[tuple[str, Message], ...]
    terms: str
    deadline_days: float | None


def works_of_hours(told: Iterable[str], gpus: int | None, deadline_days: float | None) -> tuple[Work, ...]:
    """The job as `H100=1000`, one for each chip. Without a number of GPUs as many as keep the deadline, or 8.

    Raises UsageError for what cannot be read.
    """
    return tuple(_told_work(text, gpus, deadline_days) for text in told)


def _told_work(text: str, gpus: int | None, deadline_days: float | None) -> Work:
    chip, _, amount = text.partition("=")
    try:
        hours = float(amount.replace("_", "").replace(",", ""))
    except ValueError:
        hours = math.nan
    if not chip.strip() or not 0 < hours < math.inf:
        raise UsageError(say("{text} is not a chip and its GPU-hours", text=text), "--gpu-hours",
                         say("write it as H100=1000"))  # fmt: skip
    needed = math.ceil(hours / (deadline_days * HOURS_A_DAY) - 1e-9) if deadline_days else USUAL_GPUS
    figure = assumed(hours, "hour", N_("GPU-hours of the job"), "--gpu-hours")
    return Work(chip_name(chip), figure, gpus or max(1, needed))


def compare(
    works: Iterable[Work],
    owned: Owned,
    terms: str = "on_demand",
    deadline_days: float | None = None,
    left_out: Iterable[tuple[str, Message]] = (),
) -> Comparison:
    """Price the job on every offer with its chips, by `terms` the cheapest first.

    Raises UsageError for unknown terms, or when no offer has any of the chips.
    """
    if terms not in TERMS:
        raise UsageError(say("there are no terms {name}", name=terms), "--terms", say("known: {names}", names=TERMS))
    works, missing = tuple(works), list(left_out)
    rows = [_priced(offer, work, terms, deadline_days) for work in works for offer in offers_with(work.chip)]
    for work in works:
        if not offers_with(work.chip):
            missing.append((work.chip, say("no offer has a {gpu}; a quote of yours can price it", gpu=work.chip)))
    if not rows:
        chip, why = missing[0] if missing else ("", say("no chip was named"))
        raise UsageError(why, chip or "--gpu-hours", say('"breakeven prices" lists the machines; [[quote]] adds yours'))
    rows.sort(key=lambda row: _order(row, terms))
    may = [row for row in rows if row.current and row.meets_deadline is not False and row.usd[terms]]
    cheapest = next(iter(may), None)
    joined = next((row for row in may if not row.single), None) if cheapest and cheapest.single else None
    return Comparison(tuple(rows), cheapest, joined, _buy_or_rent(works, owned), tuple(missing), terms, deadline_days)


def _priced(offer: Offer, work: Work, terms: str, deadline_days: float | None) -> PricedOffer:
    machines = math.ceil(work.gpus / offer.machine.gpus)
    usd = {name: _usd(offer, work, machines, name) for name in TERMS}
    meets = None if deadline_days is None else work.days <= deadline_days * (1 + 1e-9)
    return PricedOffer(offer, work, machines, usd, offer in current_offers(work.chip, terms), meets)


def _usd(offer: Offer, work: Work, machines: int, terms: str) -> Figure | None:
    """Price of a machine × machines × elapsed hours, in usd; None without such a price."""
    price = offer.priced(terms)
    if price is None:
        return None
    hour = published(price, "usd/hour", N_("price of the machine an hour"), f"{offer.machine.name}: {offer.source}",
                     offer.date)  # fmt: skip
    elapsed = (work.gpu_hours / constant(work.gpus, "1", N_("GPUs"))).named(N_("hours that the job takes"))
    rented = constant(machines, "1", N_("machines rented"))
    return (hour * rented * elapsed).counted_in("usd").named(N_("price of the job"))


def _order(row: PricedOffer, terms: str) -> tuple[bool, bool, float, str]:
    """What meets the deadline first, then what is priced, then by price."""
    usd = row.usd[terms]
    return row.meets_deadline is False, usd is None, usd.value if usd else 0.0, row.offer.machine.name


def _buy_or_rent(works: tuple[Work, ...], owned: Owned) -> tuple[BuyOrRent, ...]:
    """Each chip bought and rented; chips whose price of buying or renting is not known are left out."""
    found = []
    for work in works:
        offer = cheapest_offer(work.chip)
        try:
            gpu = owned_gpu(work.chip, owned)
        except UsageError:
            continue  # what it costs to buy is not known: said by an empty cell
        if offer:
            rent = chip_hour(offer)
            usd = (gpu.hour * work.gpu_hours).counted_in("usd").named(N_("price of the job on bought GPUs"))
            found.append(BuyOrRent(gpu, rent, usd, same_cost_utilisation(gpu, rent), paid_back_month(gpu, rent)))
    return tuple(found)


def bought_usd(found: Comparison, chip: str) -> Figure | None:
    """What the job costs on bought GPUs of that kind; None where that is not known."""
    return next((pair.job_usd for pair in found.buy_or_rent if pair.gpu.chip == chip), None)
