"""Machines of one's own: what it takes to buy them and to keep them running, for each GPU."""

from __future__ import annotations

from breakeven.records.quantity import Amount, Quantity, Share
from breakeven.records.record import Record


class Owned(Record):
    """How a bought GPU is counted. Prices and watts that are left out are those of the card in the price tables."""

    usd_per_gpu: Amount | None = None
    """The card alone."""
    server_share: Amount = Quantity(value=0.5, low=0.3, high=0.8)
    """Server, network and racks, as a share of the card's price."""
    years: Amount = Quantity(value=4.0, low=3.0, high=5.0)
    residual: Share = Quantity(value=0.1, low=0.0, high=0.2)
    """What it can be sold for in the end, as a share of what was paid."""
    watts: Amount | None = None
    load: Share = Quantity(value=0.7, low=0.6, high=0.9)
    """Power drawn while it works, as a share of its rated watts."""
    idle: Share = Quantity(value=0.2, low=0.1, high=0.3)
    """Power drawn while it waits."""
    pue: Amount = Quantity(value=1.3, low=1.1, high=1.5)
    """Power of the whole building for each watt of the machine: cooling, conversion."""
    usd_per_kwh: Amount = Quantity(value=0.1, low=0.06, high=0.18)
    hosting_usd_per_month: Amount = Quantity(value=50.0, low=20.0, high=100.0)
    """Space, connection and hands on site, for each GPU."""
    upkeep: Share = Quantity(value=0.05, low=0.03, high=0.1)
    """Spare parts and the people who keep it running, a year, as a share of what was paid."""
    utilisation: Share = Quantity(value=0.7, low=0.5, high=0.9)
    """The share of all hours in which it does work that would otherwise be rented."""
