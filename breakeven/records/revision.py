"""What measurements have changed in a plan that was made from assumptions."""

from __future__ import annotations

from breakeven.records.plan import Plan
from breakeven.records.record import FigureRecord, Record
from breakeven.records.traffic_figures import TrafficFigures
from breakeven.records.uncertainty import Band


class KeptPlan(Record):
    """A plan as it was made: `plans/ID.json`. `run` is the run whose measurements it uses; empty: none, all assumed."""

    id: str
    created: str
    run: str = ""
    plan: Plan


class Replaced(Record):
    """An assumed or published figure, the measured one in its place, and what the plan comes to with it alone."""

    old: FigureRecord
    new: FigureRecord
    break_even_month: int | None
    capital_need_usd: float


class Revision(Record):
    """The old plan held against the newest run. Months of None: not within the plan."""

    plan: str
    """The kept plan; empty: made now from the project file, because none was kept from before a run."""
    run: str
    old_break_even_month: int | None
    old_capital_need_usd: float
    replaced: tuple[Replaced, ...]
    break_even_month: int | None
    """Of the old plan with all of them replaced."""
    capital_need_usd: float
    new_break_even_month: int | None
    """Of the plan made anew: also with what had no counterpart, and with the project file as it is now."""
    new_capital_need_usd: float
    without_counterpart: tuple[FigureRecord, ...]
    """Measured, but nothing in the old plan stands for it."""
    unchanged: tuple[FigureRecord, ...]
    """What the plan still rests on that nobody has measured."""
    traffic: TrafficFigures | None = None
    """What the traffic log has measured; None: it was not looked at."""
    old_break_even: Band | None = None
    """The break-even month over the draws of all ranges, of the old plan and of the one made anew."""
    new_break_even: Band | None = None
