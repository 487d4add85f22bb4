"""The cash curve: what is in the bank at the end of each month, and what each month adds or takes."""

from __future__ import annotations

from markupsafe import Markup

from breakeven.interfaces.report.svg import WIDTH, Scale, element, linear, picture, ticks, titled
from breakeven.interfaces.report.voice import Subject
from breakeven.records.plan import Month, Plan

HEIGHT = 360
LEFT, RIGHT, TOP, BOTTOM = 92, 24, 34, 52


def cash_chart(subject: Subject) -> Markup | None:
    """Cash as a line, net of the month as bars, break-even marked; None without a plan."""
    plan = subject.run.plan
    if plan is None or not plan.months:
        return None
    low, high = _range(plan)
    up = linear(low, high, HEIGHT - BOTTOM, TOP)
    across = linear(0.5, len(plan.months) + 0.5, LEFT, WIDTH - RIGHT)
    parts = _axes(subject, plan, across, up, ticks(low, high))
    parts += _bars(subject, plan, across, up)
    parts += _curve(subject, plan.months, across, up)
    parts += _break_even(subject, plan, across)
    return picture(parts, HEIGHT, subject.voice.say("cash and net of each month"))


def _range(plan: Plan) -> tuple[float, float]:
    values = [month.values[line] for month in plan.months for line in ("cash", "net")] + [0.0]
    room = (max(values) - min(values)) * 0.06 or 1.0
    return min(values) - (room if min(values) < 0 else 0), max(values) + room


def _axes(subject: Subject, plan: Plan, across: Scale, up: Scale, marks: list[float]) -> list[str]:
    parts = []
    for mark in marks:
        y = up(mark)
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="zero" if mark == 0 else "grid"))
        parts.append(element("text", subject.write.compact_usd(mark), x=LEFT - 10, y=y + 4, class_="tick end"))
    count = len(plan.months)
    for month in range(1, count + 1):
        if month == 1 or month % max(1, count // 12) == 0:
            x = across(month)
            parts.append(element("text", str(month), x=x, y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    words = subject.voice.say("month")
    parts.append(element("text", words, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 10, class_="axis middle"))
    parts.append(element("line", x1=LEFT, x2=LEFT + 22, y1=12, y2=12, class_="curve"))
    parts.append(element("text", subject.voice.say("cash"), x=LEFT + 28, y=16, class_="tick"))
    parts.append(element("rect", x=LEFT + 120, y=6, width=14, height=12, class_="gain"))
    parts.append(element("rect", x=LEFT + 136, y=6, width=14, height=12, class_="loss"))
    parts.append(element("text", subject.voice.say("net of the month"), x=LEFT + 156, y=16, class_="tick"))
    return parts


def _bars(subject: Subject, plan: Plan, across: Scale, up: Scale) -> list[str]:
    width = (across(2) - across(1)) * 0.6
    parts = []
    for month in plan.months:
        net = month.values["net"]
        top, bottom = up(max(net, 0)), up(min(net, 0))
        words = subject.voice.say("month {month}: net {net_usd}", month=month.month, net_usd=net)
        parts.append(titled(
            "rect", words, x=across(month.month) - width / 2, y=top, width=width, height=max(bottom - top, 0.5),
            class_="gain" if net >= 0 else "loss",
        ))
    return parts


def _curve(subject: Subject, months: tuple[Month, ...], across: Scale, up: Scale) -> list[str]:
    points = " ".join(f"{across(month.month):.1f},{up(month.values['cash']):.1f}" for month in months)
    parts = [element("polyline", points=points, class_="curve")]
    for month in months:
        words = subject.voice.say("month {month}: cash {usd}", month=month.month, usd=month.values["cash"])
        x, y = across(month.month), up(month.values["cash"])
        parts.append(titled("circle", words, cx=x, cy=y, r=3, class_="curve-dot"))
    return parts


def _break_even(subject: Subject, plan: Plan, across: Scale) -> list[str]:
    if plan.break_even_month is None:
        return []
    x = across(plan.break_even_month)
    words = subject.voice.say("breaks even in month {month}", month=plan.break_even_month)
    side = "end" if x > WIDTH / 2 else "start"
    return [
        element("line", x1=x, x2=x, y1=TOP - 6, y2=HEIGHT - BOTTOM, class_="target"),
        element("text", words, x=x + (-8 if side == "end" else 8), y=TOP + 2, class_=f"target-text {side}"),
    ]
