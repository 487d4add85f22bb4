"""The cash fan: where the cash ends each month in eight of ten draws, in half of them, and in the plan itself."""

from __future__ import annotations

from markupsafe import Markup

from breakeven.interfaces.report.month_axes import HEIGHT, LEFT, Axes, axes_of
from breakeven.interfaces.report.svg import WIDTH, element, picture, titled
from breakeven.interfaces.report.voice import Speaker
from breakeven.records.plan import Plan
from breakeven.records.uncertainty import Band


def fan_chart(speaker: Speaker, plan: Plan) -> Markup | None:
    """P10 to P90 as a band, P50 as a line, the plan dashed; None where nothing was drawn."""
    found = plan.uncertainty
    if found is None or not found.ranged:
        return None
    values = [end for band in found.cash for end in _ends(band)] + [month.values["cash"] for month in plan.months]
    axes = axes_of(len(plan.months), values)
    parts = axes.drawn(speaker) + _legend(speaker) + _band(found.cash, axes)
    parts.append(_line([_ends(band)[1] for band in found.cash], axes, "curve"))
    parts.append(_line([month.values["cash"] for month in plan.months], axes, "plan-line"))
    parts += _dots(speaker, found.cash, axes)
    return picture(parts, HEIGHT, speaker.voice.say("cash at the end of each month: P10, P50 and P90 of the draws"))


def _ends(band: Band) -> tuple[float, float, float]:
    return band.p10 or 0.0, band.p50 or 0.0, band.p90 or 0.0


def _legend(speaker: Speaker) -> list[str]:
    """In three columns that hold both languages."""
    third = (WIDTH - LEFT) / 3
    return [
        element("rect", x=LEFT, y=6, width=22, height=12, class_="fan"),
        element("text", speaker.voice.say("eight of ten draws (P10 to P90)"), x=LEFT + 28, y=16, class_="tick"),
        element("line", x1=LEFT + third, x2=LEFT + third + 22, y1=12, y2=12, class_="curve"),
        element("text", speaker.voice.say("half of the draws (P50)"), x=LEFT + third + 28, y=16, class_="tick"),
        element("line", x1=LEFT + 2 * third, x2=LEFT + 2 * third + 22, y1=12, y2=12, class_="plan-line"),
        element("text", speaker.voice.say("the plan: ranges at their middle"), x=LEFT + 2 * third + 28, y=16,
                class_="tick"),
    ]


def _band(cash: tuple[Band, ...], axes: Axes) -> list[str]:
    upper = [(month, _ends(band)[2]) for month, band in enumerate(cash, 1)]
    lower = [(month, _ends(band)[0]) for month, band in enumerate(cash, 1)]
    points = " ".join(f"{axes.across(month):.1f},{axes.up(value):.1f}" for month, value in [*upper, *reversed(lower)])
    return [element("polygon", points=points, class_="fan")]


def _line(values: list[float], axes: Axes, kind: str) -> str:
    points = " ".join(f"{axes.across(month):.1f},{axes.up(value):.1f}" for month, value in enumerate(values, 1))
    return element("polyline", points=points, class_=kind)


def _dots(speaker: Speaker, cash: tuple[Band, ...], axes: Axes) -> list[str]:
    """What each month holds is told when it is pointed at."""
    parts = []
    for month, band in enumerate(cash, 1):
        low, middle, high = _ends(band)
        words = speaker.voice.say(
            "month {month}: P10 {low_usd}, P50 {usd}, P90 {high_usd}", month=month, low_usd=low, usd=middle,
            high_usd=high,
        )
        parts.append(titled("circle", words, cx=axes.across(month), cy=axes.up(middle), r=3, class_="curve-dot"))
    return parts
