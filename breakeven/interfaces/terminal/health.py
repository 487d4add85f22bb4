"""The health of a release in the terminal: alarms first, then what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe

if TYPE_CHECKING:
    from breakeven.monitoring.alerts import Told
    from breakeven.records.health import Estimate, Health

MOST_SHIFTS, MOST_PERIODS, MOST_SLICES = 12, 8, 5


def show_health(language: str | None, health: Health) -> None:
    """Everything that was found, and what is not known; `--json` has all rows of the tables."""
    screen = Screen.of(language)
    head = say("release {number}: {count} answers, {per_day_count} a day", number=health.release, count=health.answers,
               per_day_count=round(health.per_day))  # fmt: skip
    screen.line(head, "bold")
    for alarm in health.alarms:
        screen.line(say("alarm: {what}", what=alarm.message()), "bold red")
    if not health.alarms:
        screen.line(say("no alarm"), "bold green")
    for line in (*_speed(health), *_quality(health), *_users(health), *_money(health)):
        screen.line(line, indent=2)
    if any(period.accuracy for period in health.periods) and len(health.periods) > 1:
        _periods(screen, health)
    if health.slices:
        _slices(screen, health)
    if health.shifts:
        _shifts(screen, health)
    for unknown in health.unknown:
        screen.line(say("not known: {what}", what=unknown.message()), "dim")


def _speed(health: Health) -> Iterator[Message]:
    if health.p50_ms is not None:
        yield say("half of the answers within {p50_ms}, 95 % within {p95_ms}, 99 % within {p99_ms}",
                  p50_ms=health.p50_ms, p95_ms=health.p95_ms, p99_ms=health.p99_ms)  # fmt: skip
    if health.failures:
        yield say("{count} answers failed", count=health.failures)


def _quality(health: Health) -> Iterator[Message]:
    if health.tested_accuracy is not None:
        yield say("accuracy on the test rows: {score}", score=health.tested_accuracy)
    if health.expected_accuracy is not None:
        yield say("accuracy to be expected by the confidence: {estimate}",
                  estimate=_estimate(health.expected_accuracy))  # fmt: skip
    if health.accuracy is not None:
        yield say("accuracy by the truth that came back: {estimate}", estimate=_estimate(health.accuracy))
    if health.reward is not None:
        found = health.reward
        yield say("mean reward: {value} (95% sure: {low_value} to {high_value}, {rows} rows)", value=found.value,
                  low_value=found.low, high_value=found.high, rows=found.rows)  # fmt: skip


def _users(health: Health) -> Iterator[Message]:
    users = health.users
    if users.users is not None:
        yield say("{count} users", count=users.users)
    if users.daily_users is not None:
        yield say("{count} users a day", count=round(users.daily_users))
    for title, found in ((say("of the users come on a day (stickiness)"), users.stickiness),
                         (say("of the answers were clicked"), users.click_through),
                         (say("of the answers led to a conversion"), users.conversion),
                         (say("of the marks are likes (satisfaction)"), users.satisfaction)):  # fmt: skip
        if found is not None:
            yield say("{share} {what} (95% sure: {low_share} to {high_share}, {rows} rows)", share=found.value,
                      what=title, low_share=found.low, high_share=found.high, rows=found.rows)  # fmt: skip


def _money(health: Health) -> Iterator[Message]:
    if health.usd_per_day is not None and health.usd_per_1k is not None:
        yield say("{usd} a day, {per_1k_usd} for 1,000 answers", usd=health.usd_per_day, per_1k_usd=health.usd_per_1k)
    if health.planned_usd_per_day is not None:
        yield say("planned: {usd} a day", usd=health.planned_usd_per_day)
    if health.busy is not None:
        yield say("the busiest hour took {share} of the planned capacity", share=health.busy)
    if health.days_to_full is not None:
        yield say("at this growth the machines are full in {count} days", count=round(health.days_to_full))
    if health.energy is not None:
        yield say("energy, estimated: {value} kWh a day ({low_value} to {high_value}; watts: {source})",
                  value=health.energy.kwh_per_day, low_value=health.energy.low, high_value=health.energy.high,
                  source=health.energy.source)  # fmt: skip


def _estimate(found: Estimate) -> Message:
    return say("{score} (95% sure: {low_score} to {high_score}, {rows} rows)", score=found.value, low_score=found.low,
               high_score=found.high, rows=found.rows)  # fmt: skip


# --- tables


def _periods(screen: Screen, health: Health) -> None:
    """The newest days, or weeks where there are more days than fit."""
    days = [period for period in health.periods if period.kind == "day"]
    weeks = [period for period in health.periods if period.kind == "week"]
    shown = days if len(days) <= MOST_PERIODS or not weeks else weeks
    table = screen.table(say("from"), say("answers"), say("truths"), say("accuracy"), say("95% sure"))
    for period in shown[-MOST_PERIODS:]:
        found = period.accuracy
        cells = (period.begins, screen.write.number(period.answers), str(found.rows) if found else "—",
                 screen.write.score(found.value if found else None), _interval(screen, found))  # fmt: skip
        table.add_row(*(Text(safe(cell)) for cell in cells))
    screen.console.print(table)


def _slices(screen: Screen, health: Health) -> None:
    table = screen.table(say("the worst slices"), say("value"), say("truths"), say("accuracy"), say("95% sure"))
    for one in health.slices[:MOST_SLICES]:
        cells = (one.column, one.value, str(one.accuracy.rows), screen.write.score(one.accuracy.value),
                 _interval(screen, one.accuracy))  # fmt: skip
        table.add_row(*(Text(safe(cell)) for cell in cells))
    screen.console.print(table)


def _interval(screen: Screen, found: Estimate | None) -> str:
    return f"{screen.write.score(found.low)} … {screen.write.score(found.high)}" if found else "—"


def _shifts(screen: Screen, health: Health) -> None:
    from breakeven.monitoring.drift import title_of

    table = screen.table(say("compared"), say("moved"), say("chance"), say("tested rows"), say("now"))
    for shift in health.shifts[:MOST_SHIFTS]:
        cells = (screen.voice(title_of(shift.name)), screen.write.share(shift.effect), f"{shift.p:.2g}",
                 screen.voice(shift.before.message()), screen.voice(shift.now.message()))  # fmt: skip
        table.add_row(*(Text(safe(cell), style="bold red" if shift.alarm else "") for cell in cells))
    screen.console.print(table)


def show_forgotten(language: str | None, gone: int) -> None:
    Screen.of(language).line(say("{rows} answers of the user are gone from the log", rows=gone))


def show_told(screen: Screen, told: Told) -> None:
    """What became of the webhook."""
    if told.sent:
        screen.line(say("{count} alarms sent to the webhook", count=told.sent), "dim")
    if told.held:
        screen.line(say("{count} alarms were sent not long ago, and are not sent again", count=told.held), "dim")
    if told.fault is not None:
        screen.line(told.fault.message(), "yellow")
