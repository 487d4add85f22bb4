"""Which hosted model and which own one of a project are compared, and at what prices."""

from __future__ import annotations

from breakeven.core.errors import ProjectError
from breakeven.plan.build_or_buy import build_or_buy
from breakeven.plan.lines import Lines
from breakeven.plan.serving import FREE, own_figures, rates_of
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.money import Serving
from breakeven.records.plan import BuildOrBuy
from breakeven.records.project import Alternative, Project


def build_or_buy_of(project: Project, made: Lines, measured: UnitFigures | None) -> tuple[BuildOrBuy, ...]:
    """Each hosted model of the project beside its own one; none where the project has only one of the two."""
    own = _own(project, measured)
    if own is None:
        return ()
    months, asked = len(made.asked), made.asked[-1].value
    once_usd = sum(usd.value for usd in made.made_once)
    return tuple(build_or_buy(api, own, once_usd, asked) for api in _apis(project, months))


def _own(project: Project, measured: UnitFigures | None) -> tuple[str, UnitFigures] | None:
    """The own model: as a run measured it, else that of the last own phase."""
    for number, phase in reversed(list(enumerate(project.serving, 1))):
        if phase.by == "own":
            return phase.name or "own", measured or own_figures(project, phase, f"serving[{number}]")
    return ("own", measured) if measured is not None and measured.capacity is not None else None


def _phase_of(other: Alternative) -> Serving:
    """A hosted model as if it answered; the keys of its own table stand in for the rest."""
    given = {key: getattr(other, key) for key in ("price_falls_per_year",) if key in other.model_fields_set}
    return Serving(by="api", model=other.model, **given)


def _apis(project: Project, months: int) -> list[tuple[str, list[UnitFigures]]]:
    """Hosted models and their prices in each month: those of the phases, and each priced [[alternative]]."""
    phases = [(phase, f"serving[{number}]") for number, phase in enumerate(project.serving, 1) if phase.by == "api"]
    named = {phase.model for phase, _ in phases}
    phases += [
        (_phase_of(other), f"alternative[{number}]")
        for number, other in enumerate(project.alternative, 1) if other.model not in named
    ]  # fmt: skip
    found = []
    for phase, key in phases:
        try:
            rate = rates_of(project, phase, key, None)
        except ProjectError:
            continue  # an alternative whose tokens or prices nobody told; the run estimates them from its data
        found.append((phase.name or phase.model or "api", [rate(month) for month in range(1, months + 1)]))
    return [one for one in found if one[1][0] is not FREE]
