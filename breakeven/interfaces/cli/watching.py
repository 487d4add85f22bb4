"""`breakeven monitor --watch`: a stream, until it ends or Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.interfaces.cli.options import print_json

if TYPE_CHECKING:
    from breakeven.monitoring.watch import Tell, Watching
    from breakeven.records.watching import ShiftAlarm


def watch(project: Path, source: str, settings: Watching, webhook_env: str, language: str | None, as_json: bool) -> int:
    """Follow a stream and tell of it; returns how many alarms there were."""
    from breakeven.interfaces import live

    tell = _as_records() if as_json else _on_screen(language)

    def alarm(found: ShiftAlarm) -> None:
        tell.alarm(found)
        _send(project, found, webhook_env, language, as_json)

    with _stopped_by_signals() as stop:
        return live.watch(project, source, settings, replace(tell, alarm=alarm), stop)


def _on_screen(language: str | None) -> Tell:
    from breakeven.interfaces.terminal.watching import WatchScreen
    from breakeven.monitoring.watch import Tell

    screen = WatchScreen(language)
    return Tell(screen.began, screen.window, screen.live, screen.promise, screen.alarm)


def _as_records() -> Tell:
    """One JSON record a line."""
    from breakeven.monitoring.watch import Tell

    return Tell(
        began=lambda release, items: print_json({"began": {"release": release, "items": items}}),
        window=lambda told: print_json(told.model_dump()),
        promise=lambda promise: print_json({"promise": promise.model_dump()}),
        alarm=lambda alarm: print_json({"alarm": alarm.model_dump()}),
    )


def _send(project: Path, found: ShiftAlarm, webhook_env: str, language: str | None, as_json: bool) -> None:
    """Tell the webhook, and what became of it."""
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.health import show_told
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.interfaces.terminal.watching import alarm_line

    screen = Screen.of(language)
    told = live.tell_alarms(project, found.release, [alarm_line(found)], webhook_env, screen.voice)
    print_json({"webhook": told.model_dump(mode="json")}) if as_json else show_told(screen, told)


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets: what was read is counted and kept first."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
