"""The cash curve: what is in the bank at the end of each month, and what each month adds or takes."""

from __future__ import annotations

from markupsafe import Markup

from breakeven.interfaces.report.month_axes import BOTTOM, HEIGHT, LEFT, TOP, Axes, axes_of
from breakeven.interfaces.report.svg import WIDTH, element, picture, titled
from breakeven.interfaces.report.voice import Speaker
from breakeven.records.plan import Month, Plan


def cash_chart(speaker: Speaker, plan: Plan) -> Markup | None:
    """Cash as a line, net of the month as bars, break-even marked; None without months."""
    if not plan.months:
        return None
    axes = axes_of(len(plan.months), [month.values[line] for month in plan.months for line in ("cash", "net")])
    parts = axes.drawn(speaker) + _legend(speaker)
    parts += _bars(speaker, plan, axes)
    parts += _curve(speaker, plan.months, axes)
    parts += break_even_line(speaker, plan, axes)
    return picture(parts, HEIGHT, speaker.voice.say("cash and net of each month"))


def _legend(speaker: Speaker) -> list[str]:
    return [
        element("line", x1=LEFT, x2=LEFT + 22, y1=12, y2=12, class_="curve"),
        element("text", speaker.voice.say("cash"), x=LEFT + 28, y=16, class_="tick"),
        element("rect", x=LEFT + 120, y=6, width=14, height=12, class_="gain"),
        element("rect", x=LEFT + 136, y=6, width=14, height=12, class_="loss"),
        element("text", speaker.voice.say("net of the month"), x=LEFT + 156, y=16, class_="tick"),
    ]


def _bars(speaker: Speaker, plan: Plan, axes: Axes) -> list[str]:
    across, up = axes.across, axes.up
    width = (across(2) - across(1)) * 0.6
    parts = []
    for month in plan.months:
        net = month.values["net"]
        top, bottom = up(max(net, 0)), up(min(net, 0))
        words = speaker.voice.say("month {month}: net {net_usd}", month=month.month, net_usd=net)
        parts.append(titled(
            "rect", words, x=across(month.month) - width / 2, y=top, width=width, height=max(bottom - top, 0.5),
            class_="gain" if net >= 0 else "loss",
        ))
    return parts


def _curve(speaker: Speaker, months: tuple[Month, ...], axes: Axes) -> list[str]:
    across, up = axes.across, axes.up
    points = " ".join(f"{across(month.month):.1f},{up(month.values['cash']):.1f}" for month in months)
    parts = [element("polyline", points=points, class_="curve")]
    for month in months:
        words = speaker.voice.say("month {month}: cash {usd}", month=month.month, usd=month.values["cash"])
        x, y = across(month.month), up(month.values["cash"])
        parts.append(titled("circle", words, cx=x, cy=y, r=3, class_="curve-dot"))
    return parts


def break_even_line(speaker: Speaker, plan: Plan, axes: Axes) -> list[str]:
    """A dashed line at the break-even month, with its words on the side that has room."""
    if plan.break_even_month is None:
        return []
    x = axes.across(plan.break_even_month)
    words = speaker.voice.say("breaks even in month {month}", month=plan.break_even_month)
    side = "end" if x > WIDTH / 2 else "start"
    return [
        element("line", x1=x, x2=x, y1=TOP - 6, y2=HEIGHT - BOTTOM, class_="target"),
        element("text", words, x=x + (-8 if side == "end" else 8), y=TOP + 2, class_=f"target-text {side}"),
    ]
