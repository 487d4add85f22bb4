"""The axes of the pictures of a plan: months across, money up."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.interfaces.report.svg import WIDTH, Scale, element, linear, ticks
from breakeven.interfaces.report.voice import Speaker

HEIGHT = 360
LEFT, RIGHT, TOP, BOTTOM = 92, 24, 34, 52


@dataclass(frozen=True)
class Axes:
    """The scales of a picture of `months` months and of money between `low` and `high`."""

    months: int
    low: float
    high: float

    @property
    def across(self) -> Scale:
        return linear(0.5, self.months + 0.5, LEFT, WIDTH - RIGHT)

    @property
    def up(self) -> Scale:
        return linear(self.low, self.high, HEIGHT - BOTTOM, TOP)

    def drawn(self, speaker: Speaker) -> list[str]:
        """Lines of the grid, the money beside them, the months below."""
        across, up, parts = self.across, self.up, []
        for mark in ticks(self.low, self.high):
            y = up(mark)
            kind = "zero" if abs(mark) < 1e-9 * (self.high - self.low) else "grid"
            parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_=kind))
            parts.append(element("text", speaker.write.compact_usd(mark), x=LEFT - 10, y=y + 4, class_="tick end"))
        step = max(1, self.months // 12)
        for month in range(1, self.months + 1):
            if month == 1 or (month % step == 0 and not (step > 1 and month == 2)):
                y = HEIGHT - BOTTOM + 18
                parts.append(element("text", str(month), x=across(month), y=y, class_="tick middle"))
        words = speaker.voice.say("month")
        parts.append(element("text", words, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 10, class_="axis middle"))
        return parts


def axes_of(months: int, values: list[float]) -> Axes:
    """Axes that hold all values and zero, with a little room."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.06 or 1.0
    return Axes(months, low - (room if low < 0 else 0), high + room)
