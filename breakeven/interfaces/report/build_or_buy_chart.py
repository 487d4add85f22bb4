"""Build or buy: what a month costs by its requests, answered by whole machines of one's own or by hosted models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from breakeven.interfaces.answer import amount
from breakeven.interfaces.report.svg import (
    WIDTH,
    Scale,
    element,
    fitted,
    log_ticks,
    logarithmic,
    picture,
    text_width,
    titled,
)
from breakeven.interfaces.report.voice import Speaker
from breakeven.records.cost import Alternative, UnitCost
from breakeven.records.plan import BuildOrBuy

HEIGHT = 380
LEFT, RIGHT, TOP, BOTTOM = 92, 170, 24, 56
POINTS = 240
DECADES = 1.5
"""The picture reaches from so many decades below the stated demand to as many above it."""


@dataclass(frozen=True)
class Line:
    """What a month costs at each of some numbers of requests; `kind` is its style."""

    name: str
    kind: str
    usd: tuple[float, ...]


def build_or_buy_chart(speaker: Speaker, unit: UnitCost, others: Sequence[Alternative],
                       demand: float) -> Markup | None:
    """Of a run, by what it measured; None without a hosted model that has a price, or without demand."""
    priced = [other for other in others if other.usd_per_1k is not None]
    if not priced or demand <= 0:
        return None
    asked = [demand * 10 ** (DECADES * (2 * n / (POINTS - 1) - 1)) for n in range(POINTS)]
    lines = [Line(unit.candidate, "own-line", tuple(own_usd(unit, each) for each in asked))]
    lines += [Line(other.name, "bought-line", tuple(bought_usd(other, each) for each in asked)) for other in priced]
    crossings = [(other.name, other.same_cost_at_requests_per_month, bought_usd(other, volume))
                 for other in priced if (volume := other.same_cost_at_requests_per_month)]
    return _drawn(speaker, asked, lines, (demand, speaker.voice.say("stated demand")), crossings)


def planned_chart(speaker: Speaker, one: BuildOrBuy, demand: float) -> Markup | None:
    """Of a plan, its own model with what it takes to make, over the months, and one hosted model."""
    asked = [point.requests_per_month for point in one.curve]
    lines = [Line(one.own, "own-line", tuple(point.own_usd for point in one.curve)),
             Line(one.api, "bought-line", tuple(point.api_usd for point in one.curve))]
    found = [point for point in one.curve if one.volume and point.requests_per_month >= one.volume]
    crossings = [(one.api, one.volume, found[0].api_usd * one.volume / found[0].requests_per_month)
                 ] if found and one.volume else []
    marked = (demand, speaker.voice.say("demand at the end of the plan"))
    return _drawn(speaker, asked, lines, marked, crossings)


def _drawn(speaker: Speaker, asked: Sequence[float], lines: Sequence[Line], marked: tuple[float, str],
           crossings: Sequence[tuple[str, float, float]]) -> Markup | None:
    """Two logarithmic axes; None where a line costs nothing."""
    lines = [line for line in lines if min(line.usd, default=0) > 0]
    usd = [value for line in lines for value in line.usd]
    if len(lines) < 2:
        return None
    across = logarithmic(asked[0], asked[-1], LEFT, WIDTH - RIGHT)
    low, high = min(usd) / 1.4, max(usd) * 1.4
    up = logarithmic(low, high, HEIGHT - BOTTOM, TOP)
    parts = _axes(speaker, across, up, (asked[0], asked[-1]), (low, high))
    if asked[0] <= marked[0] <= asked[-1]:
        parts += _demand(across(marked[0]), marked[1])
    parts += [_curve(line, asked, across, up) for line in lines] + _names(lines, up)
    for name, volume, cost in crossings:
        if asked[0] <= volume <= asked[-1] and low <= cost <= high:
            parts += _crossing(speaker, name, volume, across(volume), up(cost))
    return picture(parts, HEIGHT, speaker.voice.say("what a month costs by its requests: own model and hosted ones"))


def own_usd(unit: UnitCost, requests: float) -> float:
    """Fixed, by the request, and whole machines, in usd a month."""
    usd = amount(unit.fixed_usd_per_month, "usd/month") + amount(unit.usd_per_request, "usd/request") * requests
    if unit.machine_usd_per_month is None or unit.requests_per_machine_month is None:
        return usd
    capacity = amount(unit.requests_per_machine_month, "request/machine/month")
    machines = max(1, math.ceil(requests / capacity - 1e-9))
    return usd + machines * amount(unit.machine_usd_per_month, "usd/machine/month")


def bought_usd(other: Alternative, requests: float) -> float:
    return amount(other.usd_per_1k, "usd/1k request") * requests / 1000 if other.usd_per_1k else 0.0


def _axes(speaker: Speaker, across: Scale, up: Scale, asked: tuple[float, float],
          usd: tuple[float, float]) -> list[str]:
    parts = []
    for mark in log_ticks(*usd):
        y = up(mark)
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(element("text", speaker.write.compact_usd(mark), x=LEFT - 10, y=y + 4, class_="tick end"))
    for mark in log_ticks(*asked):
        x = across(mark)
        parts.append(element("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        words = speaker.write.compact(mark)
        parts.append(element("text", words, x=x, y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    title = speaker.voice.say("requests a month (logarithmic); up: cost of the month")
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [*parts, element("text", title, x=middle, y=HEIGHT - 12, class_="axis middle")]


def _demand(x: float, words: str) -> list[str]:
    """A line at what is asked for, its words on the side that has room."""
    left = x > (LEFT + WIDTH - RIGHT) / 2
    return [
        element("line", x1=x, x2=x, y1=TOP - 6, y2=HEIGHT - BOTTOM, class_="zero"),
        element("text", words, x=x - 6 if left else x + 6, y=TOP + 2, class_="tick end" if left else "tick"),
    ]


def _curve(line: Line, asked: Sequence[float], across: Scale, up: Scale) -> str:
    points = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in zip(asked, line.usd, strict=True))
    return element("polyline", points=points, class_=line.kind)


def _names(lines: Sequence[Line], up: Scale) -> list[str]:
    """Each name where its line ends, none nearer to the one above it than a line of text."""
    parts, last = [], -math.inf
    for line in sorted(lines, key=lambda one: up(one.usd[-1])):
        last = max(up(line.usd[-1]) + 4, last + 16)
        kind = "picked-text" if line.kind == "own-line" else "hosted-text"
        parts.append(element("text", fitted(line.name, RIGHT - 14), x=WIDTH - RIGHT + 8, y=last, class_=kind))
    return parts


def _crossing(speaker: Speaker, name: str, volume: float, x: float, y: float) -> list[str]:
    """Where a hosted model begins to cost more than the own one."""
    words = speaker.voice.say("{name} costs the same at {count} requests a month", name=name, count=round(volume))
    text = speaker.write.compact(round(volume))
    left = text_width(text) < x - LEFT
    return [
        titled("circle", words, cx=x, cy=y, r=6, class_="hosted-dot"),
        element("text", text, x=x - 9 if left else x + 9, y=y - 9, class_="hosted-text end" if left else "hosted-text"),
    ]
