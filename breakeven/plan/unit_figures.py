"""The cost of answering as figures: fixed a month, per request, and whole machines by capacity."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.figure import Figure, constant, pick, rounded_up, total
from breakeven.core.words import N_
from breakeven.records.cost import UnitCost
from breakeven.records.record import FigureRecord

ONE_MACHINE = constant(1.0, "machine", N_("one machine"))


@dataclass(frozen=True)
class UnitFigures:
    """A UnitCost whose figures still know what they were made of.

    Units: `fixed` usd/month; `per_request` usd/request; `machine_month` usd/machine/month; `capacity`
    request/machine/month. The last two are None for a hosted model.
    """

    fixed: Figure
    per_request: Figure
    machine_month: Figure | None
    capacity: Figure | None

    @classmethod
    def of(cls, unit_cost: UnitCost) -> UnitFigures:
        """The figures of a kept UnitCost, as leaves."""
        machine, capacity = unit_cost.machine_usd_per_month, unit_cost.requests_per_machine_month
        return cls(
            unit_cost.fixed_usd_per_month.figure(),
            unit_cost.usd_per_request.figure(),
            machine.figure() if machine else None,
            capacity.figure() if capacity else None,
        )

    def record(self, candidate: str) -> UnitCost:
        return UnitCost(
            candidate=candidate,
            fixed_usd_per_month=FigureRecord.of(self.fixed),
            usd_per_request=FigureRecord.of(self.per_request),
            machine_usd_per_month=FigureRecord.of(self.machine_month) if self.machine_month else None,
            requests_per_machine_month=FigureRecord.of(self.capacity) if self.capacity else None,
        )

    def machines(self, requests_per_month: Figure) -> Figure | None:
        """Whole machines for so many requests (request/month), at least one; None for a hosted model."""
        if self.capacity is None:
            return None
        needed = rounded_up((requests_per_month / self.capacity).counted_in("machine"))
        return pick(max, (needed, ONE_MACHINE), N_("machines"))

    def usd_per_month(self, requests_per_month: Figure) -> Figure:
        """Fixed + per request × requests + machines × price of a machine, in usd/month."""
        parts = [self.fixed, self.per_request * requests_per_month]
        machines = self.machines(requests_per_month)
        if machines is not None and self.machine_month is not None:
            parts.append(machines * self.machine_month)
        return total(parts, "usd/month", N_("serving"))
