"""Gates: a condition is green by a stored measurement, red against one, and grey where nothing was measured.

Nothing that is assumed, published or planned opens a gate: the light is looked up, never taken for granted.
"""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.core.figure import Provenance
from breakeven.plan.metrics import Facts
from breakeven.records.condition import Condition
from breakeven.records.roadmap_state import GateState, Light


def gate_state(condition: Condition, facts: Facts) -> GateState:
    """The light of one condition."""
    found = facts.get(condition.metric)
    if found is None or found.provenance is not Provenance.MEASURED:
        return GateState(condition=condition, light="grey")
    return GateState(condition=condition, light="green" if condition.holds(found.value) else "red", measured=found)


def light_of(gates: Sequence[GateState]) -> Light | None:
    """Of all conditions together: red if one is red, else grey if one is grey; None without conditions."""
    lights = {gate.light for gate in gates}
    return next((light for light in ("red", "grey", "green") if light in lights), None)  # type: ignore[return-value]
