"""The capital plan, month by month; every cell is the number of a ledger entry and so unfolds."""

from __future__ import annotations

from breakeven.records.ledger import Ledger
from breakeven.records.record import FigureRecord, MessageRecord, Record
from breakeven.records.uncertainty import ScenarioOutcome, Tornado, Uncertainty

LINES = (
    "requests", "revenue", "serving", "training", "team", "marketing", "rounds", "net", "cash", "cumulative",
)
"""The rows of the plan; `net` is revenue less all costs, without rounds; `cumulative` sums `net`."""


class Month(Record):
    """One month of the plan: ledger numbers by line, and the plain values beside them."""

    month: int
    cells: dict[str, int]
    values: dict[str, float]
    machines: int


class Plan(Record):
    """The plan and what it says. Months count from 1; None means not within the plan."""

    months: tuple[Month, ...]
    ledger: Ledger
    break_even_month: int | None
    """The first month from which on net stays at or above zero to the end of the plan."""
    paid_back_month: int | None
    """The first month from which on cumulative net stays at or above zero."""
    runway_months: int | None
    """The last month before cash first ends below zero (0: in month 1); None if cash never runs out in the plan."""
    lowest_cash_usd: float
    lowest_cash_month: int
    capital_need_usd: float
    """What must be there at the start, rounds counted, so that cash never falls below zero."""
    assumptions: tuple[FigureRecord, ...]
    """The leaves that the plan rests on, the assumed ones first."""
    remarks: tuple[MessageRecord, ...] = ()
    uncertainty: Uncertainty | None = None
    """How sure it is; None: not asked."""
    tornado: Tornado | None = None
    scenarios: tuple[ScenarioOutcome, ...] = ()
