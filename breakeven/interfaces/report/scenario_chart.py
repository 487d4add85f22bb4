"""The cash of each scenario beside the others."""

from __future__ import annotations

from markupsafe import Markup

from breakeven.interfaces.report.month_axes import HEIGHT, LEFT, axes_of
from breakeven.interfaces.report.svg import WIDTH, element, fitted, picture, titled
from breakeven.interfaces.report.voice import Speaker
from breakeven.records.plan import Plan

MOST, COLUMNS = 6, 3
"""As many lines can be told apart by colour and dashes."""


def scenario_chart(speaker: Speaker, plan: Plan) -> Markup | None:
    """A line a scenario; None when there are fewer than two or too many."""
    if not 2 <= len(plan.scenarios) <= MOST:
        return None
    axes = axes_of(len(plan.months), [usd for other in plan.scenarios for usd in other.cash])
    parts, wide = axes.drawn(speaker), (WIDTH - LEFT) / COLUMNS
    for place, other in enumerate(plan.scenarios):
        x, y = LEFT + place % COLUMNS * wide, 12 + place // COLUMNS * 16
        name, kind = speaker.voice(other.name), f"scenario scenario-{place}"
        points = " ".join(f"{axes.across(m):.1f},{axes.up(usd):.1f}" for m, usd in enumerate(other.cash, 1))
        parts.append(titled("polyline", name, points=points, class_=kind))
        parts.append(element("line", x1=x, x2=x + 22, y1=y, y2=y, class_=kind))
        parts.append(element("text", fitted(name, wide - 36, 12), x=x + 28, y=y + 4, class_="tick"))
    return picture(parts, HEIGHT, speaker.voice.say("cash of the scenarios"))
