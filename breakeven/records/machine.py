"""Machines, and what they and hosted models are offered for."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import Record

Origin = Literal["shipped", "imported", "quote"]
"""Where a price comes from: the tables of this package, a list that the user imported, what a seller told him."""


class Machine(Record):
    """A computer: what counts for its price and its speed."""

    name: str
    cores: int
    memory_bytes: int
    gpu: str = ""
    gpus: int = 0
    processor: str = ""


class Offer(Record):
    """A machine that somebody rents out. `usd_per_hour` is never 0: what is not priced is not an offer.

    On a `marketplace` strangers rent out their own machines: the price is that of one day, and no seller stands by it.
    """

    provider: str
    item: str
    machine: Machine
    usd_per_hour: float
    spot_usd_per_hour: float | None = None
    reserved_usd_per_hour: float | None = None
    reserved_months: int | None = None
    """For how long one binds oneself to pay the reserved price."""
    marketplace: bool = False
    origin: Origin = "shipped"
    region: str = ""
    source: str
    date: str

    def priced(self, terms: str) -> float | None:
        """What the whole machine costs an hour `on_demand`, `spot` or `reserved`; None where that is not known."""
        return {"on_demand": self.usd_per_hour, "spot": self.spot_usd_per_hour,
                "reserved": self.reserved_usd_per_hour}[terms]


class HostedModel(Record):
    """A model behind an API and its prices per million tokens."""

    provider: str
    item: str
    usd_per_1m_input: float
    usd_per_1m_output: float
    usd_per_1m_cached_input: float | None = None
    usd_per_1m_batch_input: float | None = None
    usd_per_1m_batch_output: float | None = None
    own_name: bool = False
    """Whether its list names it without a seller: then this is what the bare name means."""
    origin: Origin = "shipped"
    source: str
    date: str
