"""Machines, and what they and hosted models are offered for."""

from __future__ import annotations

from breakeven.records.record import Record


class Machine(Record):
    """A computer: what counts for its price and its speed."""

    name: str
    cores: int
    memory_bytes: int
    gpu: str = ""
    gpus: int = 0
    processor: str = ""


class Offer(Record):
    """A machine that somebody rents out. `usd_per_hour` is never 0: what is not priced is not an offer."""

    provider: str
    item: str
    machine: Machine
    usd_per_hour: float
    spot_usd_per_hour: float | None = None
    region: str = ""
    source: str
    date: str


class HostedModel(Record):
    """A model behind an API and its prices per million tokens."""

    provider: str
    item: str
    usd_per_1m_input: float
    usd_per_1m_output: float
    usd_per_1m_cached_input: float | None = None
    source: str
    date: str
