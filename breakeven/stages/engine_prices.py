"""The same training on each engine: what it would be priced by, and what it would cost."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.figure import Figure, assumed
from breakeven.core.words import N_
from breakeven.records.machine import Machine
from breakeven.records.project import Project
from breakeven.stages.place import HERE, engines, training_place
from breakeven.stages.price import train_price


@dataclass(frozen=True)
class EnginePrice:
    """What training takes (`time`) and costs (`usd`) on an engine, and the machine that it is priced by."""

    engine: str
    machine: str
    time: Figure
    usd: Figure


def engine_prices(project: Project, seconds: float, here: Machine | None = None) -> tuple[EnginePrice, ...]:
    """The price of training that takes so many seconds here, on each engine with the project's own settings.

    Every machine is taken to be as fast as this one. Raises UsageError for a machine that is not in the price tables.
    """
    return tuple(_on(name, project, seconds, here) for name in (HERE, *engines()))


def _on(name: str, project: Project, seconds: float, here: Machine | None) -> EnginePrice:
    there = project.model_copy(update={"compute": project.compute.model_copy(update={"train_on": name})})
    time = assumed(seconds, "second", N_("seconds of training"), "as long as on this machine")
    usd = (time * train_price(there, here)).counted_in("usd").named(N_("training"))
    return EnginePrice(name, training_place(there.compute).machine, time, usd)
