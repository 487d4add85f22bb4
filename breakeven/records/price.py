"""Prices beside those of rented machines and hosted models: bought cards, storage, traffic, currencies."""

from __future__ import annotations

from breakeven.records.record import Record


class Card(Record):
    """A chip that can be bought. `usd` is the price of the card alone; None: not known, never 0."""

    name: str
    vendor: str
    kind: str
    memory_gb: float | None = None
    tdp_watts: float | None = None
    usd: float | None = None
    source: str
    date: str


class StatedPrice(Record):
    """A price of a GPU-hour as somebody stated it beside his own run: no offer, a witness of its day."""

    who: str
    gpu: str
    usd_per_gpu_hour: float
    note: str = ""
    source: str
    date: str


class StoragePrice(Record):
    """What it costs to keep a GB for a month (`storage`), or to send one out to the internet (`egress`)."""

    provider: str
    item: str
    kind: str
    usd: float
    unit: str
    region: str = ""
    source: str
    date: str


class Rate(Record):
    """How many units of a currency one dollar is, on a day."""

    currency: str
    per_usd: float
    source: str
    date: str
    assumed: bool = False
    """Whether the user set it; else it is published."""
