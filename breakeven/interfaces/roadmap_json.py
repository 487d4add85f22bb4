"""The record that `roadmap --json` prints: technical and English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from breakeven.records.roadmap_state import RiskState

if TYPE_CHECKING:
    from breakeven.interfaces.road_verbs import Road


def roadmap_json(road: Road) -> dict[str, Any]:
    """The road map with conditions as text, the short months of each resource, and the risks."""
    record = road.state.model_dump(mode="json")
    for shown, one in zip(record["milestones"], road.state.milestones, strict=True):
        for gate, state in zip(shown["gates"], one.gates, strict=True):
            gate["condition"] = str(state.condition)
    for row, resource in zip(record["resources"], road.state.resources, strict=True):
        row |= {"short_months": list(resource.short), "unknown": resource.unknown}
    return record | {"unmet": list(road.state.unmet), "risks": risks_json(road.risks)}


def risks_json(risks: Sequence[RiskState]) -> list[dict[str, Any]]:
    """The risks; `breached` null: nobody can say."""
    return [risk.model_dump(mode="json") | {"threshold": str(risk.threshold)} for risk in risks]
