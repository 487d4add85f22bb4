"""`monitor --watch`: each item of a stream is answered by the current release; a running index, and alarms on shifts.

Items are answered in small batches as they come. What was counted, where the stream stands and how long the written
file is are kept together, in one file that is replaced in one step: after a kill it goes on from there, counts no item
twice, and the written file is cut back to what was kept.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.inputs.values import Value, Values
from breakeven.monitoring.change import Side
from breakeven.monitoring.running import Series
from breakeven.monitoring.sources import Item, Source
from breakeven.monitoring.watch_keeping import Kept, alone, kept_state, opened, state_file
from breakeven.monitoring.watch_state import series_from, series_kept, series_of
from breakeven.outputs import OUTPUTS
from breakeven.records.record import digest_of
from breakeven.records.watching import Followed, Index, Promise, ShiftAlarm, WindowTold
from breakeven.serving.limits import Limits
from breakeven.serving.served import Served, load_release
from breakeven.stages.releases import current_number
from breakeven.store import Store, storing, write_bytes

LOOK_SECONDS = 0.2
KEEP_SECONDS = 0.5
"""How often the state is written while items come."""
MOST_AT_ONCE = 256
LOG = logging.getLogger("breakeven.monitoring")
WINDOW_ITEMS = 1_000
"""A window is over after so many items, or its seconds."""


@dataclass(frozen=True)
class Watching:
    """What is followed and how: `labels` whose shares are followed, all where none is named; `about` words of which
    an item must speak; a `shift` of so much is looked for, with one false alarm in so many items at most."""

    labels: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    shift: float = 0.1
    items_a_false_alarm: float = 10_000.0
    window_seconds: float = 60.0
    out: Path | None = None
    fresh: bool = False

    def name(self, source: str) -> str:
        """The same words begin the same watch: it goes on where it was."""
        return digest_of(source, *self.labels, "/", *self.about, "/", repr((self.shift, self.items_a_false_alarm)))


@dataclass(frozen=True)
class Tell:
    """Who is told: of each window, of what the detectors promise once they know what is usual, of alarms."""

    began: Callable[[int, int], None] = lambda release, seen: None
    """(release, items that were counted before)"""
    window: Callable[[WindowTold], None] = lambda told: None
    live: Callable[[Sequence[Followed]], None] = lambda series: None
    promise: Callable[[Promise], None] = lambda promise: None
    alarm: Callable[[ShiftAlarm], None] = lambda alarm: None


@dataclass
class Watch:
    """A watch while it runs."""

    store: Store
    source: Source
    settings: Watching
    tell: Tell
    served: Served
    series: list[Series]
    items: int = 0
    skipped: int = 0
    alarms: int = 0
    window_items: int = 0
    window_until: float = 0.0
    out_bytes: int = 0
    _kept_items: int = 0
    _keep_at: float = 0.0
    _look_at: float = 0.0
    _promised: set[tuple[str, str]] = field(default_factory=set)
    _new_alarms: list[ShiftAlarm] = field(default_factory=list)

    # --- items

    def take(self, items: Sequence[Item]) -> None:
        """Answer some items and count them."""
        cells = [self._cells(item) for item in items]
        rows = [row for row in cells if row is not None]
        self.items += len(items)
        self.window_items += len(items)
        self.skipped += len(items) - len(rows)
        for row, answer in zip(rows, self._answers(rows), strict=True):
            if answer is None:
                self.skipped += 1
            else:
                self._count(row, answer)
        if self.window_items >= WINDOW_ITEMS:
            self.close_window()
        if self._new_alarms:  # told before they are kept: rather twice than never
            for alarm in self._new_alarms:
                self.tell.alarm(alarm)
            self._new_alarms = []
            self.keep()

    def _answers(self, rows: list[tuple[Value, ...]]) -> list[dict[str, Any] | None]:
        """The answers; None for a row on which the model fails: it must not stop the stream, now or after a start."""
        columns = self.served.artifact.columns
        if not rows:
            return []
        try:
            return list(self.served.answer(Values(columns, rows)))
        except Exception:
            if len(rows) == 1:
                LOG.exception("an item could not be answered")
                return [None]
            return [answer for row in rows for answer in self._answers([row])]

    def _cells(self, item: Item) -> tuple[Value, ...] | None:
        """An item as a row of the release: None where it is none. Columns that it does not need are left."""
        columns = self.served.artifact.columns
        if isinstance(item, str):
            return (item,) if len(columns) == 1 else None
        if item is None or not any(column.name in item for column in columns):
            return None
        cells = tuple(item.get(column.name) for column in columns)
        return cells if all(cell is None or isinstance(cell, str | int | float) for cell in cells) else None

    def _count(self, row: tuple[Value, ...], answer: dict[str, Any]) -> None:
        text = " ".join(cell for cell in row if isinstance(cell, str)).casefold() if self.settings.about else ""
        for series in self.series:
            if series.about and series.about.casefold() not in text:
                continue
            value = float(answer["label"] == series.label) if series.label else float(answer["number"])
            side = series.add(value)
            if side is not None:
                self._alarm(series, side)
            elif series.detector.usual is not None and (series.about, series.label) not in self._promised:
                self._promised.add((series.about, series.label))
                self.tell.promise(promise_of(series))

    def _alarm(self, series: Series, side: Side) -> None:
        usual = series.usual()
        assert usual is not None
        found = ShiftAlarm(
            at=_now(), release=self.served.number, about=series.about, label=series.label, up=side.up,
            before=usual.mean, now=series.weighted.index(series.two_valued).value, items_ago=side.began,
            seen=series.seen,
        )  # fmt: skip
        self.alarms += 1
        series.begin_again()
        self._promised.discard((series.about, series.label))
        self._write({"alarm": found.model_dump()})
        self._new_alarms.append(found)

    # --- windows, the written file, the state

    def close_window(self) -> None:
        """Tell of the window that is over."""
        if self.window_items:
            told = WindowTold(at=_now(), release=self.served.number, items=self.window_items, skipped=self.skipped,
                              series=tuple(series.followed() for series in self.series))  # fmt: skip
            self._write(told.model_dump())
            self.tell.window(told)
        for series in self.series:
            series.close_window()
        self.window_items, self.window_until = 0, time.monotonic() + self.settings.window_seconds

    def _write(self, line: dict[str, Any]) -> None:
        if self.settings.out is not None:
            with storing(self.settings.out), self.settings.out.open("ab") as out:
                out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self.out_bytes = self.settings.out.stat().st_size

    def keep(self) -> None:
        """Keep everything that was counted; only then the source may forget it."""
        kept = Kept(
            release=self.served.number, items=self.items, skipped=self.skipped, window_items=self.window_items,
            position=self.source.position(), out_bytes=self.out_bytes,
            out=str(self.settings.out.resolve()) if self.settings.out else "",
            series=tuple(series_kept(series) for series in self.series),
        )  # fmt: skip
        write_bytes(state_file(self.store, self.settings.name(self.source.name)), kept.model_dump_json().encode())
        self.source.kept()
        self._kept_items = self.items
        self._keep_at = time.monotonic() + KEEP_SECONDS

    def tick(self) -> None:
        """What time brings: the end of a window, a state to keep, another release."""
        now = time.monotonic()
        if now >= self.window_until:
            self.close_window()
        if now >= self._keep_at and self.items != self._kept_items:
            self.keep()
            self.tell.live([series.followed() for series in self.series])
        if now >= self._look_at:
            self._look_at = now + 1.0
            self._follow_release()

    def _follow_release(self) -> None:
        """Another release that answers now answers here too; what is usual for it is learnt anew."""
        number = current_number(self.store)
        if number is None or number == self.served.number:
            return
        self.close_window()
        self.served = load_release(self.store, number, Limits())
        self.series = series_of(self.served.artifact, self.settings.labels, self.settings.about, self.settings.shift,
                                self.settings.items_a_false_alarm)  # fmt: skip
        self._promised = set()
        self.tell.began(number, 0)


def promise_of(series: Series) -> Promise:
    """What a detector keeps, by what it has learnt."""
    usual, shift = series.usual(), series.detector.shift
    assert usual is not None
    width = series.scale[1] - series.scale[0] if series.scale else 1.0
    rows = {side.up: side.rows_to_find for side in series.detector.sides}
    return Promise(
        about=series.about, label=series.label, usual=Index(value=usual.mean, low=usual.low, high=usual.high),
        up_to=usual.mean + shift * width if True in rows else None, up_rows=rows.get(True),
        down_to=usual.mean - shift * width if False in rows else None, down_rows=rows.get(False),
        items_a_false_alarm=series.detector.items_a_false_alarm,
    )  # fmt: skip


def watch(store: Store, source: Source, settings: Watching, tell: Tell, stop: threading.Event) -> int:
    """Follow a stream until it ends or `stop` is set; returns how many alarms were raised.

    Raises UsageError without a release, for one that writes texts, for a watch that runs already.
    """
    with alone(store, settings.name(source.name)):
        running = begin(store, source, settings, tell)
        try:
            most = max(MOST_AT_ONCE, running.served.cap)
            while not stop.is_set() and (items := source.read(most, LOOK_SECONDS)) is not None:
                if items:
                    running.take(items)
                running.tick()
            running.close_window()
            running.keep()
        finally:
            source.close()
        return running.alarms


def begin(store: Store, source: Source, settings: Watching, tell: Tell) -> Watch:
    """A watch at its beginning, or where it was. Raises UsageError, ModelError."""
    number = current_number(store)
    if number is None:
        raise UsageError(say("there is no release yet"), str(store.folder), say('make one with "breakeven run"'))
    served = load_release(store, number, Limits())
    if OUTPUTS.get(served.artifact.output).reads_answer:
        raise UsageError(say("texts that a model writes are not watched"), "--watch", say("watch labels or numbers"))
    series = series_of(served.artifact, settings.labels, settings.about, settings.shift, settings.items_a_false_alarm)
    kept = None if settings.fresh else kept_state(store, settings.name(source.name))
    running = Watch(store, source, settings, tell, served, series,
                    window_until=time.monotonic() + settings.window_seconds)  # fmt: skip
    if kept is not None:
        running.items, running.skipped, running.window_items = kept.items, kept.skipped, kept.window_items
        if kept.release == number:
            running.series = [series_from(line) for line in kept.series]
    running.out_bytes = opened(settings.out, source.name, kept)
    source.open(kept.position if kept else None)
    tell.began(number, running.items)
    return running


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
