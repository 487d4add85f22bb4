"""The tornado: how far each figure moves the plan between its two ends, the widest on top."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from breakeven.interfaces import spread_words as words
from breakeven.interfaces.figures import end_text
from breakeven.interfaces.report.svg import WIDTH, Scale, element, fitted, linear, picture, text_width, ticks, titled
from breakeven.interfaces.report.voice import Speaker
from breakeven.records.plan import Plan
from breakeven.records.uncertainty import Outcome, Swing

LEFT, RIGHT, TOP, BOTTOM = 250, 24, 40, 50
ROW, BAR = 32, 18
BESIDE = 100
"""Room for the ends of a figure beside its bar."""
Measure = Callable[[Outcome], float]


def tornado_chart(speaker: Speaker, plan: Plan) -> Markup | None:
    """Bars around the plan; by the break-even month, or by the cash at the end where no figure moves that month."""
    if plan.tornado is None or not words.widest(plan.tornado):
        return None
    swings, after = words.widest(plan.tornado), len(plan.months) + 1
    monthly = any(swing.at_low.break_even_month != swing.at_high.break_even_month for swing in swings)

    def measure(outcome: Outcome) -> float:
        return float(outcome.break_even_month or after) if monthly else outcome.end_cash_usd

    base = measure(plan.tornado.base)
    ends = [measure(end) for swing in swings for end in (swing.at_low, swing.at_high)] + [base]
    across = linear(min(ends), max(ends), LEFT + BESIDE, WIDTH - RIGHT - BESIDE)
    height = TOP + ROW * len(swings) + BOTTOM
    parts = _axis(speaker, plan, monthly, (min(ends), max(ends)), across, height)
    parts += _legend(speaker)
    for row, swing in enumerate(swings):
        parts += _row(speaker, swing, measure, across, base, TOP + ROW * (row + 0.5))
    parts.append(element("line", x1=across(base), x2=across(base), y1=TOP - 4, y2=height - BOTTOM, class_="zero"))
    return picture(parts, height, speaker.voice.say("what moves the plan most"))


def _axis(speaker: Speaker, plan: Plan, monthly: bool, ends: tuple[float, float], across: Scale,
          height: float) -> list[str]:
    parts, months = [], len(plan.months)
    placed: list[float] = []
    inner = [round(mark) for mark in ticks(*ends)] if monthly else ticks(*ends, 4)
    for mark in [*(ends if monthly else ()), *inner]:
        x = across(mark)
        if any(abs(x - other) < 60 for other in placed):
            continue
        placed.append(x)
        parts.append(element("line", x1=x, x2=x, y1=TOP - 4, y2=height - BOTTOM, class_="grid"))
        text = speaker.write.compact_usd(mark) if not monthly else words.end_of(
            mark if mark <= months else None, "month", speaker.voice, months)
        parts.append(element("text", text, x=x, y=height - BOTTOM + 18, class_="tick middle"))
    title = speaker.voice.say("break-even month") if monthly else speaker.voice.say("cash at the end")
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [*parts, element("text", title, x=middle, y=height - 8, class_="axis middle")]


def _legend(speaker: Speaker) -> list[str]:
    middle = LEFT + 190
    return [
        element("rect", x=LEFT, y=6, width=14, height=12, class_="swing-low"),
        element("text", speaker.voice.say("at its low end"), x=LEFT + 20, y=16, class_="tick"),
        element("rect", x=middle, y=6, width=14, height=12, class_="swing-high"),
        element("text", speaker.voice.say("at its high end"), x=middle + 20, y=16, class_="tick"),
    ]


def _row(speaker: Speaker, swing: Swing, measure: Measure, across: Scale, base: float, y: float) -> list[str]:
    """The name, a bar to each side with the figure's own value at its end."""
    name = words.swing_name(swing, speaker.voice)
    parts = [element("text", fitted(name, LEFT - 20, 12), x=LEFT - 10, y=y + 4, class_="tick end")]
    ends = ((measure(swing.at_low), swing.low, "swing-low"), (measure(swing.at_high), swing.high, "swing-high"))
    rightmost = max(ends, key=lambda end: (end[0], end[1]))
    for value, end, kind in ends:
        x, middle = across(value), across(base)
        text = _end(swing, end, speaker)
        told = speaker.voice.say("{name} at {end}", name=name, end=text)
        parts.append(titled("rect", told, x=min(x, middle), y=y - BAR / 2, width=max(abs(x - middle), 1.0), height=BAR,
                            class_=kind))
        right = (value, end, kind) == rightmost
        parts.append(element("text", fitted(text, BESIDE - 8, 12), x=x + (6 if right else -6), y=y + 4,
                             class_=f"tick {'start' if right else 'end'}"))
    return parts


def _end(swing: Swing, value: float, speaker: Speaker) -> str:
    """An end of a figure, short: what is counted stands in its name."""
    text = end_text(swing.figure, value, speaker.voice)
    return text if text_width(text, 12) < BESIDE - 8 else speaker.write.compact(value)
