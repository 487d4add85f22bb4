"""Whether confidence can be believed: how often answers of about the same confidence are right."""

from __future__ import annotations

from markupsafe import Markup

from breakeven.interfaces.report.svg import WIDTH, element, linear, picture, titled
from breakeven.interfaces.report.voice import Subject
from breakeven.records.evaluation import Bin

SIZE = 300
LEFT, TOP, BOTTOM = 270, 16, 50
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_chart(bins: tuple[Bin, ...], subject: Subject) -> Markup | None:
    """A dot a bin, larger for more rows; on the diagonal confidence is right. None without bins."""
    if not bins:
        return None
    across, up = linear(0, 1, LEFT, LEFT + SIZE), linear(0, 1, TOP + SIZE, TOP)
    most = max(one.rows for one in bins)
    parts = []
    for mark in MARKS:
        words = subject.write.share(mark)
        parts.append(element("line", x1=across(mark), x2=across(mark), y1=TOP, y2=TOP + SIZE, class_="grid"))
        parts.append(element("line", x1=LEFT, x2=LEFT + SIZE, y1=up(mark), y2=up(mark), class_="grid"))
        parts.append(element("text", words, x=across(mark), y=TOP + SIZE + 18, class_="tick middle"))
        parts.append(element("text", words, x=LEFT - 10, y=up(mark) + 4, class_="tick end"))
    parts.append(element("line", x1=LEFT, x2=LEFT + SIZE, y1=TOP + SIZE, y2=TOP, class_="target"))
    points = " ".join(f"{across(one.confidence):.1f},{up(one.right):.1f}" for one in bins)
    parts.append(element("polyline", points=points, class_="frontier"))
    parts += [_dot(one, across(one.confidence), up(one.right), most, subject) for one in bins]
    foot, title = subject.voice.say("confidence"), subject.voice.say("answered right")
    parts.append(element("text", foot, x=LEFT + SIZE / 2, y=TOP + SIZE + 40, class_="axis middle"))
    parts.append(element("text", title, x=min(LEFT - 60, WIDTH), y=TOP + 4, class_="axis end"))
    return picture(parts, TOP + SIZE + BOTTOM, subject.voice.say("confidence against how often it is right"))


def _dot(one: Bin, x: float, y: float, most: int, subject: Subject) -> str:
    words = subject.voice.say(
        "{rows} rows: confidence {share}, right {right_share}", rows=one.rows, share=one.confidence,
        right_share=one.right,
    )
    return titled("circle", words, cx=x, cy=y, r=4 + 8 * (one.rows / most) ** 0.5, class_="dot picked-dot soft-dot")
