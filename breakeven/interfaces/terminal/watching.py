"""A watch in the terminal: a line that lives, a line a window, what detectors promise, and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe

if TYPE_CHECKING:
    from breakeven.records.watching import Followed, Promise, ShiftAlarm, WindowTold

SHOWN = 3
"""Of many labels, those whose index is farthest from what is usual."""


class WatchScreen:
    """What `Tell` calls."""

    def __init__(self, language: str | None) -> None:
        self.screen = Screen.of(language)
        self._lives = self.screen.console.is_terminal

    def began(self, release: int, seen: int) -> None:
        if seen:
            self._line(say("going on after {count} items, with release {number}", count=seen, number=release))
        else:
            self._line(say("watching with release {number}; Ctrl-C ends it, and it goes on from there",
                           number=release))  # fmt: skip

    def window(self, told: WindowTold) -> None:
        shown = [self.screen.voice(line_of(one)) for one in farthest(told.series)]
        unread = self.screen.voice.say("; {count} could not be read", count=told.skipped) if told.skipped else ""
        head = self.screen.voice.say("{count} items{unread}", count=told.items, unread=unread)
        self._line(" · ".join([head, *shown]))

    def live(self, series: Sequence[Followed]) -> None:
        """Rewrite the last line; only on a terminal."""
        if self._lives:
            text = safe(" · ".join(self.screen.voice(line_of(one)) for one in farthest(series)))
            self.screen.console.file.write(f"\r\x1b[2K{text[: self.screen.console.width - 1]}")
            self.screen.console.file.flush()

    def promise(self, promise: Promise) -> None:
        self._line(promise_line(promise), "dim")

    def alarm(self, alarm: ShiftAlarm) -> None:
        self._line(say("alarm: {what}", what=alarm_line(alarm)), "bold red")

    def _line(self, message: Message | str, style: str = "") -> None:
        if self._lives:
            self.screen.console.file.write("\r\x1b[2K")
        self.screen.line(message, style)


def farthest(series: Sequence[Followed]) -> list[Followed]:
    """Those farthest from what is usual, in their order; all of a few."""

    def distance(one: Followed) -> float:
        return abs(one.index.value - one.usual.value) if one.index and one.usual else 0.0

    chosen = sorted((one for one in series if one.index), key=distance, reverse=True)[:SHOWN]
    return [one for one in series if one in chosen]


def name_of(about: str, label: str) -> Message:
    """What is followed, for people."""
    if about and label:
        return say("{label} about {word}", label=label, word=about)
    return say("{label}", label=label or about) if label or about else say("mean")


def line_of(one: Followed) -> Message:
    assert one.index is not None
    if one.label:
        return say("{what} {share} ({low_share} to {high_share})", what=name_of(one.about, one.label),
                   share=one.index.value, low_share=one.index.low, high_share=one.index.high)  # fmt: skip
    return say("{what} {value} ({low_value} to {high_value})", what=name_of(one.about, one.label),
               value=one.index.value, low_value=one.index.low, high_value=one.index.high)  # fmt: skip


def promise_line(promise: Promise) -> Message:
    """What a detector keeps."""
    what, share = name_of(promise.about, promise.label), bool(promise.label)
    both = (promise.up_to, promise.up_rows), (promise.down_to, promise.down_rows)
    ends = [_end(end, rows, share) for end, rows in both if end is not None and rows]
    usual = _value(promise.usual.value, share)
    if not ends:
        return say("{what}: usual {usual}; no shift of this size can be found", what=what, usual=usual)
    found = say("{one}, {other}", one=ends[0], other=ends[1]) if len(ends) == 2 else ends[0]
    return say("{what}: usual {usual}; a shift {found} (95 of 100 times); a false alarm in {count} items at most",
               what=what, usual=usual, found=found, count=round(promise.items_a_false_alarm))  # fmt: skip


def _end(end: float, rows: int, share: bool) -> Message:
    return say("to {value} is found within {count} items", value=_value(end, share), count=rows)


def _value(value: float, share: bool) -> Message:
    return say("{share}", share=value) if share else say("{value}", value=value)


def alarm_line(alarm: ShiftAlarm) -> Message:
    what, share = name_of(alarm.about, alarm.label), bool(alarm.label)
    before, now = _value(alarm.before, share), _value(alarm.now, share)
    if alarm.up:
        return say("{what} has risen: usual was {before}, the index is {now}; it began about {count} items ago",
                   what=what, before=before, now=now, count=alarm.items_ago)  # fmt: skip
    return say("{what} has fallen: usual was {before}, the index is {now}; it began about {count} items ago",
               what=what, before=before, now=now, count=alarm.items_ago)  # fmt: skip
