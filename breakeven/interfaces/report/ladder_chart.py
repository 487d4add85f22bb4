"""The ladder as dots with whiskers: the score of each candidate and its 95 % interval."""

from __future__ import annotations

from markupsafe import Markup

from breakeven.interfaces.report.svg import WIDTH, Scale, element, fitted, linear, picture, ticks, titled
from breakeven.interfaces.report.voice import Subject
from breakeven.records.run import Rung

LINE = 34
LEFT, RIGHT, TOP, BOTTOM = 170, 90, 26, 46


def ladder_chart(subject: Subject) -> Markup | None:
    """One line a candidate, the target as a dashed line; None when nothing has a score."""
    rungs = subject.scored()
    if not rungs:
        return None
    low, high = value_range(subject)
    scale = linear(low, high, LEFT, WIDTH - RIGHT)
    foot = TOP + LINE * len(rungs)
    parts = _axis(subject, scale, ticks(low, high), foot)
    parts += _target(subject, scale, foot)
    for number, rung in enumerate(rungs):
        parts += _line(subject, rung, scale, TOP + LINE * (number + 0.5))
    label = subject.voice.say("{metric} of each candidate with its 95% interval", metric=subject.metric)
    return picture(parts, foot + BOTTOM, label)


def value_range(subject: Subject) -> tuple[float, float]:
    """From the lowest to the highest of all that is drawn, with a little room.

    One candidate far off the others (a baseline) would press them into a point: it is left outside.
    """
    groups = [_values(rung) for rung in subject.scored()]
    groups.sort(key=lambda values: values[0], reverse=subject.higher)
    others = [[subject.bound]] if subject.bound is not None else []
    others += [[a.quality] for a in subject.run.alternatives if a.quality is not None]
    whole, close = _span(groups + others), _span(groups[:-1] + others) if len(groups) > 1 else None
    low, high = close if close and 3 * (close[1] - close[0]) < whole[1] - whole[0] else whole
    room = (high - low) * 0.08 or abs(high) * 0.05 or 0.05
    return low - room, high + room


def _values(rung: Rung) -> list[float]:
    """The score of a rung, then the ends of its interval."""
    main = rung.evaluation.main if rung.evaluation else None
    return [v for v in (main.value, main.low, main.high) if v is not None] if main else []


def _span(groups: list[list[float]]) -> tuple[float, float]:
    values = [value for group in groups for value in group]
    return min(values), max(values)


def _axis(subject: Subject, scale: Scale, marks: list[float], foot: float) -> list[str]:
    parts = []
    for mark in marks:
        x = scale(mark)
        parts.append(element("line", x1=x, x2=x, y1=TOP, y2=foot, class_="grid"))
        parts.append(element("text", subject.write.number(mark), x=x, y=foot + 18, class_="tick middle"))
    direction = subject.voice.say("more is better") if subject.higher else subject.voice.say("less is better")
    title = subject.voice.say("{metric}, {direction}", metric=subject.metric, direction=direction)
    parts.append(element("text", title, x=(LEFT + WIDTH - RIGHT) / 2, y=foot + 38, class_="axis middle"))
    return parts


def _target(subject: Subject, scale: Scale, foot: float) -> list[str]:
    if subject.bound is None:
        return []
    x = scale(subject.bound)
    words = subject.voice.say("target {score}", score=subject.bound)
    return [
        element("line", x1=x, x2=x, y1=TOP - 8, y2=foot, class_="target"),
        element("text", words, x=x, y=TOP - 12, class_="target-text middle"),
    ]


def _line(subject: Subject, rung: Rung, scale: Scale, y: float) -> list[str]:
    main = rung.evaluation.main if rung.evaluation else None
    if main is None or main.value is None:
        return []
    kind = "picked" if subject.is_picked(rung) else "other"
    shown = subject.write.score(main.value)
    parts = [
        element("text", fitted(rung.name, LEFT - 16), x=LEFT - 12, y=y + 4, class_=f"name end {kind}-text"),
        element("text", shown, x=WIDTH - RIGHT + 14, y=y + 4, class_=f"value {kind}-text"),
    ]
    if not LEFT <= scale(main.value) <= WIDTH - RIGHT:
        return [*parts, _arrow(scale(main.value) < LEFT, y)]
    if main.low is not None and main.high is not None:
        low, high = max(scale(main.low), LEFT), min(scale(main.high), WIDTH - RIGHT)
        parts.append(element("line", x1=low, x2=high, y1=y, y2=y, class_=f"whisker {kind}-line"))
        parts += [element("line", x1=x, x2=x, y1=y - 5, y2=y + 5, class_=f"whisker {kind}-line") for x in (low, high)]
    parts.append(titled("circle", f"{rung.name}: {shown}", cx=scale(main.value), cy=y, r=6, class_=f"dot {kind}-dot"))
    return parts


def _arrow(to_the_left: bool, y: float) -> str:
    """The sign of a score that lies outside of the picture."""
    x, step = (LEFT + 2, 10) if to_the_left else (WIDTH - RIGHT - 2, -10)
    return element("path", d=f"M{x} {y:.1f}l{step} -6v12z", class_="arrow")
