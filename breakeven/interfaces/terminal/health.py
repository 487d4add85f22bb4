"""The health of a release in the terminal: alarms first, then what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe

if TYPE_CHECKING:
    from breakeven.records.health import Estimate, Health


def show_health(language: str | None, health: Health) -> None:
    """Everything that was found, and what is not known."""
    screen = Screen.of(language)
    head = say("release {number}: {count} answers, {per_day_count} a day", number=health.release, count=health.answers,
               per_day_count=round(health.per_day))  # fmt: skip
    screen.line(head, "bold")
    for alarm in health.alarms:
        screen.line(say("alarm: {what}", what=alarm.message()), "bold red")
    if not health.alarms:
        screen.line(say("no alarm"), "bold green")
    for line in _lines(health):
        screen.line(line, indent=2)
    if health.shifts:
        _shifts(screen, health)
    for unknown in health.unknown:
        screen.line(say("not known: {what}", what=unknown.message()), "dim")


def _lines(health: Health) -> list[Message]:
    lines = []
    if health.p50_ms is not None and health.p95_ms is not None:
        lines.append(say("half of the answers within {p50_ms}, 95 % within {p95_ms}", p50_ms=health.p50_ms,
                         p95_ms=health.p95_ms))  # fmt: skip
    if health.tested_accuracy is not None:
        lines.append(say("accuracy on the test rows: {score}", score=health.tested_accuracy))
    if health.expected_accuracy is not None:
        lines.append(say("accuracy to be expected by the confidence: {estimate}",
                         estimate=_estimate(health.expected_accuracy)))  # fmt: skip
    if health.accuracy is not None:
        lines.append(say("accuracy by the truth that came back: {estimate}", estimate=_estimate(health.accuracy)))
    if health.reward is not None:
        lines.append(say("mean reward: {value}", value=health.reward))
    if health.usd_per_day is not None and health.usd_per_1k is not None:
        lines.append(say("{usd} a day, {per_1k_usd} for 1,000 answers", usd=health.usd_per_day,
                         per_1k_usd=health.usd_per_1k))  # fmt: skip
    if health.planned_usd_per_day is not None:
        lines.append(say("planned: {usd} a day", usd=health.planned_usd_per_day))
    if health.busy is not None:
        lines.append(say("the busiest hour took {share} of the planned capacity", share=health.busy))
    if health.days_to_full is not None:
        lines.append(say("at this growth the machines are full in {count} days", count=round(health.days_to_full)))
    return lines


def _estimate(found: Estimate) -> Message:
    return say("{score} (95% sure: {low_score} to {high_score}, {rows} rows)", score=found.value, low_score=found.low,
               high_score=found.high, rows=found.rows)  # fmt: skip


def _shifts(screen: Screen, health: Health) -> None:
    from breakeven.monitoring.drift import title_of

    table = screen.table(say("compared"), say("moved"), say("chance"), say("tested rows"), say("now"))
    for shift in health.shifts[:12]:
        cells = (screen.voice(title_of(shift.name)), screen.write.share(shift.effect), f"{shift.p:.2g}",
                 screen.voice(shift.before.message()), screen.voice(shift.now.message()))  # fmt: skip
        table.add_row(*(Text(safe(cell), style="bold red" if shift.alarm else "") for cell in cells))
    screen.console.print(table)


def show_forgotten(language: str | None, gone: int) -> None:
    Screen.of(language).line(say("{rows} answers of the user are gone from the log", rows=gone))
