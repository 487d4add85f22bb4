"""What the road map says today: when, what decides it, what is short, which gates are open; and the risks."""

from __future__ import annotations

from typing import Literal

from breakeven.records.condition import Condition
from breakeven.records.record import FigureRecord, Record

Light = Literal["green", "red", "grey"]
"""Of a gate: holds by a measurement; measured and does not hold; not measured, so nobody knows."""


class GateState(Record):
    """One condition of a gate and the stored measurement that it was held against; None: not measured."""

    condition: Condition
    light: Light
    measured: FigureRecord | None = None


class MilestoneState(Record):
    """A milestone in time. Months count from the beginning of month 1; `p10` … are of its finish over the draws."""

    name: str
    start: float
    finish: float
    p10: float
    p50: float
    p90: float
    slack_months: float
    on_critical_path: bool
    chance_critical: float
    due_month: int
    chance_on_time: float
    """Share of the draws in which it ends within its due month."""
    due: bool
    """Its due month is over."""
    gates: tuple[GateState, ...] = ()
    light: Light | None = None
    """Of all its gates together; None where it has none."""

    @property
    def unmet(self) -> bool:
        """Due, and its gate is not open."""
        return self.due and self.light not in (None, "green")


class ResourceMonths(Record):
    """What the milestones need of a resource each month, and what is there; None: nobody has said."""

    name: str
    kind: Literal["compute", "data", "technology", "talent", "capital"]
    unit: str
    needed: tuple[float, ...]
    there: tuple[float | None, ...]
    source: str
    """Where `there` comes from."""

    @property
    def short(self) -> tuple[int, ...]:
        """The months (from 1) in which less is there than is needed."""
        both = enumerate(zip(self.needed, self.there, strict=True), 1)
        return tuple(m for m, (need, have) in both if have is not None and need > have + 1e-9 * max(1.0, abs(need)))

    @property
    def unknown(self) -> bool:
        """Something is needed, and what is there is not known."""
        both = zip(self.needed, self.there, strict=True)
        return any(need > 0 and have is None for need, have in both)


class RoadmapState(Record):
    """The whole road map."""

    milestones: tuple[MilestoneState, ...]
    critical_path: tuple[str, ...]
    finish: float
    p10: float
    p50: float
    p90: float
    month_now: int | None
    """The month that we are in; None: the project file names no start."""
    resources: tuple[ResourceMonths, ...]

    @property
    def unmet(self) -> tuple[str, ...]:
        """The milestones that are due and whose gate is not open."""
        return tuple(one.name for one in self.milestones if one.unmet)


class RiskState(Record):
    """A risk today; `breached` None: its metric is not known, so nobody can say."""

    name: str
    threshold: Condition
    owner: str
    action: str
    breached: bool | None
    value: FigureRecord | None = None
    """What was held against the threshold; None with `breached` known: it never happens within the plan."""
