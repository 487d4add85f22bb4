"""How sure a plan is: its bands, what moves it most, and scenarios beside it."""

from __future__ import annotations

from breakeven.records.record import FigureRecord, Record


class Band(Record):
    """A number of the plan over all draws: one in ten is below `p10`, half below `p50`, nine in ten below `p90`.

    Of a month, None says that so many draws do not get there within the plan.
    """

    p10: float | None
    p50: float | None
    p90: float | None


class Uncertainty(Record):
    """What the draws of a plan say. Shares are parts of one of all draws; money is in usd."""

    draws: int
    seed: int
    ranged: int
    """Figures that were drawn: those with a range."""
    exact: int
    """Assumed figures without a range: taken as exact, though nobody has measured them."""
    cash: tuple[Band, ...]
    """The cash at the end of each month."""
    end_cash_usd: Band
    lowest_cash_usd: Band
    capital_need_usd: Band
    break_even_month: Band
    never_breaks_even: float
    out_of_cash: float
    """The share of draws in which a month ends without cash."""


class Outcome(Record):
    """What a plan comes to. Months count from 1; None means not within the plan."""

    break_even_month: int | None
    runway_months: int | None
    lowest_cash_usd: float
    capital_need_usd: float
    end_cash_usd: float


class Swing(Record):
    """One figure at its two ends, all others as the plan has them."""

    figure: FigureRecord
    low: float
    high: float
    ranged: bool
    """False: it has no range and was moved by a tenth, only to see what it does."""
    at_low: Outcome
    at_high: Outcome


class Tornado(Record):
    """Which figure moves the plan most: the swings, the widest first."""

    base: Outcome
    swings: tuple[Swing, ...]


class ScenarioOutcome(Record):
    """Another course of things beside the plan: what the same plan comes to then, and its cash at the end of months."""

    name: str
    outcome: Outcome
    cash: tuple[float, ...]
