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
    """Two logarithmic axes; None without a hosted model that has a price, or without demand."""
    priced = [other for other in others if other.usd_per_1k is not None]
    if not priced or demand <= 0:
        return None
    asked = [demand * 10 ** (DECADES * (2 * n / (POINTS - 1) - 1)) for n in range(POINTS)]
    lines = [Line(unit.candidate, "own-line", tuple(own_usd(unit, each) for each in asked))]
    lines += [Line(other.name, "bought-line", tuple(bought_usd(other, each) for each in asked)) for other in priced]
    lines = [line for line in lines if min(line.usd) > 0]
    usd = [value for line in lines for value in line.usd]
    if not usd:
        return None
    across = logarithmic(asked[0], asked[-1], LEFT, WIDTH - RIGHT)
    low, high = min(usd) / 1.4, max(usd) * 1.4
    up = logarithmic(low, high, HEIGHT - BOTTOM, TOP)
    parts = _axes(speaker, across, up, (asked[0], asked[-1]), (low, high)) + _demand(speaker, across(demand))
    parts += [_curve(line, asked, across, up) for line in lines] + _names(lines, up)
    parts += _crossings(speaker, priced, across, up, (asked[0], asked[-1]))
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


def _demand(speaker: Speaker, x: float) -> list[str]:
    words = speaker.voice.say("stated demand")
    return [
        element("line", x1=x, x2=x, y1=TOP - 6, y2=HEIGHT - BOTTOM, class_="zero"),
        element("text", words, x=x + 6, y=TOP + 2, class_="tick"),
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


def _crossings(speaker: Speaker, priced: Sequence[Alternative], across: Scale, up: Scale,
               asked: tuple[float, float]) -> list[str]:
    """Where a hosted model begins to cost more than the own one."""
    parts = []
    for other in priced:
        volume = other.same_cost_at_requests_per_month
        if volume is not None and asked[0] <= volume <= asked[1]:
            words = speaker.voice.say("{name} costs the same at {count} requests a month", name=other.name,
                                      count=round(volume))
            x, y = across(volume), up(bought_usd(other, volume))
            parts.append(titled("circle", words, cx=x, cy=y, r=6, class_="hosted-dot"))
            text = speaker.write.compact(round(volume))
            parts.append(element("text", text, x=x - 9 if text_width(text) < x - LEFT else x + 9, y=y - 9,
                                 class_="hosted-text end" if text_width(text) < x - LEFT else "hosted-text"))
    return parts
