"""The road map of the project file: milestones, what they need, and the gates behind which they are reached."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from breakeven.records.condition import Condition
from breakeven.records.quantity import Amount, Month, Quantity
from breakeven.records.record import Record


def _as_list(raw: Any) -> Any:
    """One name or condition may stand without brackets; an empty text is none."""
    if isinstance(raw, str):
        return (raw,) if raw.strip() else ()
    return raw


Kind = Literal["compute", "data", "technology"]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class RoadmapSettings(Record):
    """When month 1 begins; without it no gate is due by the calendar."""

    start: date | None = None


class Milestone(Record):
    """A piece of work with its duration (weeks or months), what it waits for and what it takes.

    `people` and `needs` hold while it runs: people by role; `gpu_hours` in all, `rows` that must be there. `usd` is
    spent evenly over it. It is reached when its `gate` holds, every condition by a measurement.
    """

    name: Name
    weeks: Amount | None = None
    months: Amount | None = None
    after: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    from_month: Month = 1
    """It does not begin before."""
    due_month: Month | None = None
    """The month at whose end it must be reached; else the one in which it is planned to end."""
    people: dict[str, Amount] = Field(default_factory=dict)
    usd: Amount = Quantity(value=0.0)
    needs: dict[str, Amount] = Field(default_factory=dict)
    gate: Annotated[tuple[Condition, ...], BeforeValidator(_as_list)] = ()

    @model_validator(mode="after")
    def has_one_duration(self) -> Milestone:
        if (self.weeks is None) == (self.months is None):
            raise ValueError("give its duration as weeks or as months, one of the two")
        return self


class Resource(Record):
    """Something that milestones need beside people and money.

    `compute` comes anew each month and is gone when it is not used: `per_month`. `data` and `technology` stay: what
    is there (`stock`) and what each month adds (`per_month`); two milestones may use the same.
    """

    name: Name
    kind: Kind
    stock: Amount = Quantity(value=0.0)
    per_month: Amount = Quantity(value=0.0)
    from_month: Month = 1
    to_month: Month | None = None
