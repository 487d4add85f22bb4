"""The road map as a picture: a bar a milestone, how late it may end, what decides the end, the lights of the gates."""

from __future__ import annotations

import math

from markupsafe import Markup

from breakeven.interfaces.report.svg import WIDTH, Scale, element, fitted, linear, picture, ticks, titled
from breakeven.interfaces.words import Voice
from breakeven.records.roadmap_state import MilestoneState, RoadmapState

LEFT, RIGHT, TOP, BOTTOM = 210, 28, 34, 46
ROW, BAR = 34, 16
LIGHTS = {"green": "light-green", "red": "light-red", "grey": "light-grey"}


def gantt_chart(state: RoadmapState, voice: Voice) -> Markup | None:
    """Bars by the middle of the ranges, a line from P10 to P90 of the end; None without milestones."""
    if not state.milestones:
        return None
    height = TOP + ROW * len(state.milestones) + BOTTOM
    last = max(state.p90, state.finish, 1.0, *(one.p90 for one in state.milestones))
    across = linear(0.0, max(math.ceil(last), state.month_now or 0.0) * 1.02, LEFT, WIDTH - RIGHT)
    parts = _axis(state, voice, across, last, height)
    for row, one in enumerate(state.milestones):
        parts += _row(one, voice, across, TOP + ROW * row + ROW / 2)
    return picture(parts, height, voice.say("the road map: each milestone from its start to its end"))


def _axis(state: RoadmapState, voice: Voice, across: Scale, last: float, height: float) -> list[str]:
    bottom = height - BOTTOM + 4
    parts = []
    for mark in ticks(0.0, math.ceil(last), 8):
        x = across(mark)
        parts.append(element("line", x1=x, x2=x, y1=TOP - 6, y2=bottom, class_="grid"))
        parts.append(element("text", f"{mark:g}", x=x, y=bottom + 16, class_="tick middle"))
    parts.append(element("text", voice.say("months from the start"), x=(LEFT + WIDTH - RIGHT) / 2, y=height - 8,
                         class_="axis middle"))
    if state.month_now is not None and state.month_now > 0:
        x = across(state.month_now - 1)
        parts.append(element("line", x1=x, x2=x, y1=TOP - 10, y2=bottom, class_="target"))
        parts.append(element("text", voice.say("now"), x=x + 5, y=TOP - 12, class_="target-text start"))
    return parts


def _row(one: MilestoneState, voice: Voice, across: Scale, y: float) -> list[str]:
    """The name, the bar with its words, the whiskers of the end, and the light."""
    words = voice.say(
        "{name}: month {start_number} to {finish_number}; its end P10 {low_number}, P50 {mid_number}, "
        "P90 {high_number}; critical in {share} of the draws",
        name=one.name, start_number=round(one.start, 1), finish_number=round(one.finish, 1),
        low_number=round(one.p10, 1), mid_number=round(one.p50, 1), high_number=round(one.p90, 1),
        share=one.chance_critical,
    )
    parts = [element("text", fitted(one.name, LEFT - 44, 13), x=LEFT - 30, y=y + 4, class_="tick end")]
    x, width = across(one.start), across(one.finish) - across(one.start)
    kind = "critical-bar" if one.on_critical_path else "bar"
    if one.finish - one.start > 0:
        parts.append(titled("rect", words, x=x, y=y - BAR / 2, width=max(width, 2), height=BAR, rx=2, class_=kind))
    else:
        points = f"{x - 7:.1f},{y:.1f} {x:.1f},{y - 8:.1f} {x + 7:.1f},{y:.1f} {x:.1f},{y + 8:.1f}"
        parts.append(titled("polygon", words, points=points, class_=kind))
    if one.p90 - one.p10 > 0.01:
        parts.append(element("line", x1=across(one.p10), x2=across(one.p90), y1=y, y2=y, class_="late"))
        parts += [element("line", x1=across(end), x2=across(end), y1=y - 5, y2=y + 5, class_="late")
                  for end in (one.p10, one.p90)]
    if one.light:
        parts.append(titled("circle", _light_words(one, voice), cx=LEFT - 16, cy=y, r=6, class_=LIGHTS[one.light]))
    return parts


def _light_words(one: MilestoneState, voice: Voice) -> str:
    """The gate's conditions and what was measured."""
    from breakeven.interfaces.roadmap_words import gate_line

    return "; ".join(voice(gate_line(gate, voice)) for gate in one.gates)
