"""What it costs to make a candidate and to answer with it."""

from __future__ import annotations

from breakeven.records.record import FigureRecord, MessageRecord, Record


class UnitCost(Record):
    """Cost of answering = fixed a month + per request + whole machines by capacity. Never one price."""

    candidate: str
    fixed_usd_per_month: FigureRecord
    usd_per_request: FigureRecord
    machine_usd_per_month: FigureRecord | None
    """One capacity step; None for a hosted model."""
    requests_per_machine_month: FigureRecord | None
    """What one machine can answer in a month at the planned utilisation."""


class Alternative(Record):
    """A hosted model beside the chosen candidate: what its answers cost, and when it costs the same."""

    name: str
    usd_per_1k: FigureRecord | None
    """None: not priced; never 0."""
    same_cost_at_requests_per_month: float | None = None
    """Above it the own model is cheaper. None: at no volume, and `why` says so."""
    quality: float | None = None
    why: MessageRecord


class CandidateCost(Record):
    """The bill of a candidate: making it, and answering at the stated demand."""

    candidate: str
    train_usd: FigureRecord
    unit: UnitCost
    machines: int
    usd_per_month: FigureRecord
    usd_per_1k: FigureRecord
    priced_as: MessageRecord
    """Which offer the machine was priced by, and why that one."""
