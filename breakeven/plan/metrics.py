"""The metrics that a gate or a risk may name beside those of quality, with their units.

`MEASURED` come from the stored release; only such a metric opens a gate. `PLANNED` are what the plan says: a risk may
watch them. Of these, `None` in the plan means that it does not happen within the plan, which is infinitely late.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from breakeven.core.errors import ProjectError
from breakeven.core.figure import Figure, Provenance, Source
from breakeven.core.units import unit
from breakeven.core.words import Message, say
from breakeven.plan.schedule import Where, did_you_mean, place
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord

MEASURED: Mapping[str, str] = {
    "p50_ms": "ms", "p95_ms": "ms", "load_ms": "ms", "requests_per_second": "request/second",
    "bulk_rows_per_second": "row/second", "artifact_mb": "MB", "memory_gb": "GB", "usd_per_1k": "usd/1k request",
    "usd_per_month": "usd/month", "train_usd": "usd", "train_seconds": "second", "rows": "row",
}
PLANNED: Mapping[str, str] = {
    "break_even_month": "month", "paid_back_month": "month", "runway_months": "month", "lowest_cash_usd": "usd",
    "lowest_cash_month": "month", "capital_need_usd": "usd", "chance_out_of_cash": "1",
    "chance_never_breaks_even": "1", "capital_needed_usd": "usd", "gross_margin": "1", "npv": "usd", "irr": "1",
    "burn_multiple": "1", "cac": "usd/customer", "ltv": "usd/customer", "ltv_over_cac": "1", "cac_payback": "month",
    "runway_by_burn": "month",
}
DRAWN = {"chance_out_of_cash": "out_of_cash", "chance_never_breaks_even": "never_breaks_even"}
"""Those that only the draws of the plan tell, by their names in records/uncertainty.py."""
Facts = Mapping[str, FigureRecord]


def check_metrics(project: Project, quality: Sequence[str], where: Where = place) -> None:
    """Raises ProjectError with all gates and risks that name a metric nobody measures or plans."""
    opens = (*quality, *MEASURED)
    watched = (*opens, *PLANNED)
    gates = [(condition.metric, where("milestone", position, "gate"))
             for position, one in enumerate(project.milestone) for condition in one.gate]
    risks = [(one.threshold.metric, where("risk", position, "threshold")) for position, one in enumerate(project.risk)]
    faults = [
        ProjectError(say("there is no metric {metric}", metric=name), at, _hint(name, known))
        for asked, known in ((gates, opens), (risks, watched)) for name, at in asked if name not in known
    ]
    if faults:
        raise ProjectError(faults[0].what, faults[0].where, faults[0].hint, tuple(faults))


def _hint(name: str, known: Sequence[str]) -> Message:
    if name in PLANNED:
        return say("{metric} is planned, not measured, and opens no gate: watch it with a [[risk]]", metric=name)
    return did_you_mean(name, sorted(known))


def planned_facts(plan: Plan) -> Facts:
    """What the plan says of the metrics that risks may watch; those that never happen are infinite and left out."""
    weakest = min((one.provenance for one in plan.assumptions), key=list(Provenance).index, default=Provenance.ASSUMED)
    source = (Source("breakeven.toml"),)
    values = {name: getattr(plan, name, None) for name in PLANNED}
    values |= {one.name: one.value for one in plan.kpis if one.name in PLANNED}
    values["capital_needed_usd"] = plan.need.total.usd if plan.need else None
    values |= {name: getattr(plan.uncertainty, part, None) for name, part in DRAWN.items()}
    return {
        name: FigureRecord.of(Figure(float(value), unit(PLANNED[name]), weakest, source, name))
        for name, value in values.items() if value is not None
    }


def needs_draws(project: Project) -> bool:
    """Whether a risk watches what only the draws of the plan tell."""
    return any(risk.threshold.metric in DRAWN for risk in project.risk)


def never(plan: Plan, metric: str) -> float | None:
    """Infinity for a metric of the plan that does not happen within it; else None."""
    return math.inf if metric in PLANNED and hasattr(plan, metric) and getattr(plan, metric) is None else None
