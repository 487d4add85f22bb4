"""The risk register held against the plan and the stored measurements."""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.plan.metrics import Facts, never, planned_facts
from breakeven.records.plan import Plan
from breakeven.records.risks import Risk
from breakeven.records.roadmap_state import RiskState


def risk_states(risks: Sequence[Risk], plan: Plan | None, facts: Facts) -> tuple[RiskState, ...]:
    """Each risk today. `facts` are measurements; a metric that neither they nor the plan know stays unknown."""
    known = {**(planned_facts(plan) if plan else {}), **facts}
    return tuple(_state(risk, plan, known) for risk in risks)


def _state(risk: Risk, plan: Plan | None, known: Facts) -> RiskState:
    found = known.get(risk.threshold.metric)
    value = found.value if found else never(plan, risk.threshold.metric) if plan else None
    return RiskState(
        name=risk.name, threshold=risk.threshold, owner=risk.owner, action=risk.action,
        breached=None if value is None else risk.threshold.holds(value), value=found,
    )
