"""What an hour of a machine costs: the one function by which the plan and the run price machines."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.figure import Figure, constant, published
from breakeven.core.words import N_, Message, say
from breakeven.prices.tables import nearest_offer, offer_named
from breakeven.records.machine import Machine, Offer

HERE = "here"
HOURS_PER_MONTH = constant(730.0, "hour/month", N_("hours in a month, 8,760 ÷ 12"))
UTILISATION = 0.5
"""Of a machine's rate, the share that is planned for: demand has peaks within a month."""


@dataclass(frozen=True)
class MachinePrice:
    """A machine, what it costs (usd/hour), and why that price."""

    machine: Machine
    usd_per_hour: Figure
    why: Message


def machine_price(name: str, here: Machine) -> MachinePrice:
    """The price of `here` (by the nearest offer) or of a machine of the tables. Raises UsageError if unknown."""
    if name == HERE:
        nearest = nearest_offer(here)
        return MachinePrice(here, hourly(nearest.offer, N_("price an hour of the offer nearest to this machine")),
                            nearest.why)
    offer = offer_named(name)
    why = say("priced as {offer}, as the project file says", offer=offer.machine.name)
    return MachinePrice(offer.machine, hourly(offer, N_("price of the machine an hour")), why)


def hourly(offer: Offer, name: str) -> Figure:
    """The price of an offer, in usd/hour, with its source and date."""
    return published(offer.usd_per_hour, "usd/hour", name, f"{offer.machine.name}: {offer.source}", offer.date)
