"""Quality against cost: which candidates no other beats in both, and where the hosted models stand."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from breakeven.interfaces.answer import amount
from breakeven.interfaces.report.ladder_chart import value_range
from breakeven.interfaces.report.svg import (
    WIDTH,
    Scale,
    element,
    fitted,
    linear,
    log_ticks,
    logarithmic,
    picture,
    text_width,
    ticks,
    titled,
)
from breakeven.interfaces.report.voice import Subject

HEIGHT = 380
LEFT, RIGHT, TOP, BOTTOM = 78, 40, 24, 56


@dataclass(frozen=True)
class Point:
    """A candidate or a hosted model: money for 1,000 answers, and quality."""

    name: str
    usd: float
    value: float
    kind: str


def frontier_chart(subject: Subject) -> Markup | None:
    """Dots on a logarithmic axis of cost; None when nothing has both a price and a score."""
    points = all_points(subject)
    if not points:
        return None
    across = logarithmic(*_cost_range(points), LEFT, WIDTH - RIGHT)
    low, high = value_range(subject)
    up = linear(low, high, HEIGHT - BOTTOM, TOP)
    parts = _axes(subject, points, across, up, ticks(low, high))
    parts += _frontier(frontier(points, subject.higher), across, up)
    parts += _dots(subject, points, across, up)
    label = subject.voice.say("{metric} against the cost of 1,000 answers", metric=subject.metric)
    return picture(parts, HEIGHT, label)


def all_points(subject: Subject) -> list[Point]:
    """The candidates with price and score, and the hosted models whose price and quality are known."""
    found = []
    for rung in subject.scored():
        value = rung.evaluation.main.value if rung.evaluation else None
        usd = amount(rung.cost.usd_per_1k, "usd/1k request") if rung.cost else 0.0
        if value is not None and usd > 0:
            hosted = "hosted" if rung.measurement and rung.measurement.remote else "other"
            found.append(Point(rung.name, usd, value, "picked" if subject.is_picked(rung) else hosted))
    for other in subject.run.alternatives:
        usd = amount(other.usd_per_1k, "usd/1k request") if other.usd_per_1k else 0.0
        if other.quality is not None and usd > 0 and other.name not in {point.name for point in found}:
            found.append(Point(other.name, usd, other.quality, "hosted"))
    return found


def frontier(points: list[Point], higher: bool) -> list[Point]:
    """Those that none beats: each dearer one is better than all the cheaper ones."""
    sign = 1.0 if higher else -1.0
    best, kept = -math.inf, []
    for point in sorted(points, key=lambda point: (point.usd, -sign * point.value)):
        if sign * point.value > best:
            best = sign * point.value
            kept.append(point)
    return kept


def _cost_range(points: list[Point]) -> tuple[float, float]:
    low, high = min(p.usd for p in points), max(p.usd for p in points)
    room = max((high / low) ** 0.12, 2.2)
    return low / room, high * room


def _axes(subject: Subject, points: list[Point], across: Scale, up: Scale, marks: list[float]) -> list[str]:
    parts = []
    for mark in marks:
        y = up(mark)
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(element("text", subject.write.number(mark), x=LEFT - 10, y=y + 4, class_="tick end"))
    for mark in log_ticks(*_cost_range(points)):
        x = across(mark)
        parts.append(element("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        words = subject.write.compact_usd(mark)
        parts.append(element("text", words, x=x, y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    if subject.bound is not None:
        y = up(subject.bound)
        words = subject.voice.say("target {score}", score=subject.bound)
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="target"))
        parts.append(element("text", words, x=WIDTH - RIGHT, y=y - 6, class_="target-text end"))
    cost = subject.voice.say("cost of 1,000 answers (logarithmic)")
    parts.append(element("text", cost, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 12, class_="axis middle"))
    direction = subject.voice.say("more is better") if subject.higher else subject.voice.say("less is better")
    title = subject.voice.say("{metric}, {direction}", metric=subject.metric, direction=direction)
    parts.append(element("text", title, x=LEFT - 60, y=TOP - 10, class_="axis"))
    return parts


def _frontier(points: list[Point], across: Scale, up: Scale) -> list[str]:
    """The stair that joins the candidates on the frontier."""
    if len(points) < 2:
        return []
    places = [_place(point, across, up) for point in points]
    path = "M{:.1f} {:.1f}".format(*places[0]) + "".join(f"H{x:.1f}V{y:.1f}" for x, y in places[1:])
    return [element("path", d=path, class_="frontier")]


def _dots(subject: Subject, points: list[Point], across: Scale, up: Scale) -> list[str]:
    """Each point with its name beside it, where it lies on no other; one below the picture is an arrow."""
    parts: list[str] = []
    taken = [_box(*_place(point, across, up), 0) for point in points]
    if subject.bound is not None:
        taken.append((WIDTH - RIGHT - 100, up(subject.bound) - 20, WIDTH - RIGHT, up(subject.bound) + 3))
    for point in sorted(points, key=lambda point: point.kind != "picked"):
        x, y = _place(point, across, up)
        words = f"{point.name}: {subject.write.score(point.value)}, {subject.write.usd(point.usd)}"
        parts.append(_shape(point, words, x, y, outside=up(point.value) != y))
        name = fitted(point.name if up(point.value) == y else f"{point.name} {subject.write.score(point.value)}", 220)
        left, line, box = _free_place(taken, x, y, text_width(name))
        taken.append(box)
        parts.append(element("text", name, x=left, y=line, class_=f"name {point.kind}-text"))
    return parts


def _place(point: Point, across: Scale, up: Scale) -> tuple[float, float]:
    """Where a point is drawn: one that is far off stays at the edge."""
    return across(point.usd), min(max(up(point.value), TOP), HEIGHT - BOTTOM)


def _shape(point: Point, words: str, x: float, y: float, outside: bool) -> str:
    if outside:
        step = 10 if y <= TOP else -10
        return titled("path", words, d=f"M{x:.1f} {y:.1f}l-7 {step}h14z", class_="arrow")
    if point.kind == "hosted":
        return titled("path", words, d=f"M{x:.1f} {y - 8:.1f}l8 8-8 8-8-8z", class_="dot hosted-dot")
    return titled("circle", words, cx=x, cy=y, r=7, class_=f"dot {point.kind}-dot")


Box = tuple[float, float, float, float]


def _box(x: float, y: float, width: float) -> Box:
    """The place of a dot, or of a text that begins at x on the line y."""
    return (x, y - 11, x + width, y + 4) if width else (x - 8, y - 8, x + 8, y + 8)


def _free_place(taken: list[Box], x: float, y: float, width: float) -> tuple[float, float, Box]:
    """(left, line, box) of a name near its dot, but not level with it, for the stair runs there; else farther off."""
    for far in range(8):
        down = 14 * far
        tries = [(x + 10, y - 7 - down), (x + 10, y + 16 + down), (x - 10 - width, y - 7 - down),
                 (x - width / 2, y - 12 - down), (x - width / 2, y + 20 + down)]
        for left, line in tries:
            box = _box(left, line, width)
            inside = left >= 4 and left + width <= WIDTH - 4 and TOP - 10 <= line <= HEIGHT - BOTTOM + 2
            if inside and not any(_overlap(box, other) for other in taken):
                return left, line, box
    return x + 12, y + 4, _box(x + 12, y + 4, width)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
