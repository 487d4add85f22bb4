"""What the road map and the risks say, in sentences; terminal, report and picture tell the same."""

from __future__ import annotations

from breakeven.core.words import N_, Message, say
from breakeven.interfaces.figures import figure_text, source_text
from breakeven.interfaces.words import Voice
from breakeven.records.roadmap_state import GateState, MilestoneState, ResourceMonths, RiskState, RoadmapState

KINDS = {"talent": N_("people"), "compute": N_("compute"), "data": N_("data"), "technology": N_("technology"),
         "capital": N_("money")}
LIGHT_WORDS = {"green": N_("open"), "red": N_("not met"), "grey": N_("not measured")}


def headline(state: RoadmapState) -> Message:
    """When the road ends, and how sure that is."""
    if not state.milestones:
        return say("The project file names no milestones.")
    return say(
        "The road takes {months} months by the middle of its ranges; half of the draws end within "
        "{mid_number}, nine in ten within {high_number}.",
        months=round(state.finish, 1), mid_number=round(state.p50, 1), high_number=round(state.p90, 1),
    )


def path(state: RoadmapState) -> Message | None:
    """What decides the end."""
    if not state.critical_path:
        return None
    return say("Critical path: {names}.", names=" → ".join(state.critical_path))


def gate_line(gate: GateState, voice: Voice) -> Message:
    """A condition and the measurement that it was held against."""
    condition = str(gate.condition)
    if gate.measured is None:
        return say("{condition}: not measured", condition=condition)
    values = {"condition": condition, "measured": figure_text(gate.measured, voice),
              "source": source_text(gate.measured, voice)}
    if gate.light == "green":
        return say("{condition}: met, {measured} ({source})", **values)
    return say("{condition}: not met, {measured} ({source})", **values)


def unmet_line(one: MilestoneState) -> Message:
    """A milestone that is due and not reached."""
    return say("{name} was due by the end of month {month} and its gate is not open",
               name=one.name, month=one.due_month)


def shortage(one: ResourceMonths) -> Message | None:
    """Where a resource does not suffice: its first short month, and how many there are."""
    if not one.short:
        return None
    month = one.short[0]
    there = one.there[month - 1] or 0.0
    return say(
        "{figures}: month {month} needs {needed} and {there} is there; short in {count} of {months} months",
        figures=one.name, month=month, needed=round(one.needed[month - 1], 2), there=round(there, 2),
        count=len(one.short), months=len(one.needed),
    )


def unknown_stock(one: ResourceMonths) -> Message | None:
    """A resource of which nobody said how much is there."""
    return say("{figures}: needed, and how much is there is not stated", figures=one.name) if one.unknown else None


def risk_line(state: RiskState, voice: Voice) -> Message:
    """A risk, what it was held against, and who acts."""
    values = {"name": state.name, "condition": str(state.threshold),
              "value": figure_text(state.value, voice) if state.value else voice.say("never within the plan")}
    if state.breached is None:
        return say("{name}: unknown, {condition} cannot be told: its metric was not measured", **values)
    if not state.breached:
        return say("{name}: fine, not {condition} ({value})", **values)
    said = say("{name}: BREACHED, {condition} ({value})", **values)
    if state.owner or state.action:
        return say("{said}; {owner}: {action}", said=said, owner=state.owner or voice.say("nobody is named"),
                   action=state.action or "—")
    return said
