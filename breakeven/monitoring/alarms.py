"""What of the figures is an alarm, and what is not known and why."""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.core.words import Message, say
from breakeven.monitoring.drift import title_of
from breakeven.monitoring.money import Costs
from breakeven.monitoring.quality import ALARM_POINTS
from breakeven.monitoring.window import Window
from breakeven.records.health import Energy, Estimate, Shift

DEARER = 1.2
"""A day that costs so many times what was planned is an alarm."""


def alarms_of(shifts: Sequence[Shift], tested: float | None, told: Estimate | None, expected: Estimate | None,
              costs: Costs) -> list[Message]:  # fmt: skip
    """Every alarm as a sentence."""
    alarms = [_shifted(shift) for shift in shifts if shift.alarm]
    for now, title in ((told, say("the accuracy by the truth that came back")),
                       (expected, say("the accuracy to be expected"))):  # fmt: skip
        if now is not None and tested is not None and now.high < tested - ALARM_POINTS:
            alarms.append(say("{what} is {score}, tested were {tested_score}", what=title, score=now.value,
                              tested_score=tested))  # fmt: skip
    planned, day = costs.planned_usd_per_day, costs.usd_per_day
    if planned and day is not None and day > DEARER * planned:
        alarms.append(say("a day costs {usd}, planned were {planned_usd}", usd=day, planned_usd=planned))
    if costs.busy is not None and costs.busy > 1:
        alarms.append(say("the busiest hour took {share} of the planned capacity", share=costs.busy))
    return alarms


def _shifted(shift: Shift) -> Message:
    moved = say("{name} has moved: {share} of the rows are elsewhere", name=title_of(shift.name), share=shift.effect)
    if shift.note is not None:
        return say("{what} ({note})", what=moved, note=shift.note.message())
    if shift.words:
        return say("{what} ({words})", what=moved, words=[one.word for one in shift.words[:5]])
    return moved


def unknown_of(window: Window, has_tested: bool, told: Estimate | None, costs: Costs,
               energy: Energy | None) -> list[Message]:  # fmt: skip
    """What could not be told, each with what it would need."""
    lines = []
    if not has_tested:
        lines.append(say("drift: the test rows of the release are not here any more"))
    elif not window.inputs.seen:
        lines.append(say("drift of the inputs: none were kept; serve with --log-inputs 0.1"))
    if told is None:
        lines.append(say("accuracy by the truth: too few truths came back; send them to /v1/feedback"))
    if costs.usd_per_day is None:
        lines.append(say("money: the run that made the release is not here any more"))
    if costs.days_to_full is None:
        lines.append(say("when the machines are full: it needs a week of growing traffic"))
    if energy is None:
        lines.append(say("energy: the watts of what answers are not known"))
    return lines
