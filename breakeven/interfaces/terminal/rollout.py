"""A rollout in the terminal: both releases side by side, and what follows; and what a comparison would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe

if TYPE_CHECKING:
    from breakeven.records.rollout import Difference, RolloutPlan, Verdict


def show_verdict(language: str | None, verdict: Verdict) -> None:
    """The figures of both, the differences, and whether it holds."""
    screen = Screen.of(language)
    screen.line(_head(verdict), "bold")
    _arms(screen, verdict)
    for reason in verdict.broken:
        screen.line(say("it is to be taken back: {what}", what=reason.message()), "bold red")
    for one in verdict.differences:
        screen.line(_difference(one))
    if not verdict.differences and verdict.rows_needed is not None:
        screen.line(say("too few truths to compare; two points need {count} of each with one look at the end, "
                        "{any_count} looking at any time", count=verdict.rows_needed,
                        any_count=verdict.rows_needed_any_time))  # fmt: skip
    for line in _ends(verdict):
        screen.line(line, "bold green")


def _head(verdict: Verdict) -> Message:
    rollout = verdict.rollout
    if rollout.mode == "shadow":
        return say("release {number} is asked beside release {other_number}, and answers nobody",
                   number=rollout.release, other_number=rollout.beside)  # fmt: skip
    return say("release {number} answers {share} of the users, release {other_number} the others",
               number=rollout.release, other_number=rollout.beside, share=rollout.percent / 100)  # fmt: skip


def _arms(screen: Screen, verdict: Verdict) -> None:
    """Columns of conversion and clicks stand there only where somebody told of them."""
    arms = (verdict.current, verdict.trial)
    write = screen.write
    columns = [
        (say("release"), [str(arm.release) for arm in arms]), (say("answers"), [f"{arm.answers:,}" for arm in arms]),
        (say("failed"), [str(arm.failures) for arm in arms]),
        (say("95 % within"), [write.ms(arm.p95_ms) for arm in arms]),
        (say("truths"), [str(arm.truths) for arm in arms]),
        (say("accuracy"), [write.share(arm.accuracy) for arm in arms]),
        (say("mean reward"), ["—" if arm.reward is None else f"{arm.reward:.4g}" for arm in arms]),
        (say("conversion"), [write.share(arm.conversion) for arm in arms]),
        (say("clicks"), [write.share(arm.click) for arm in arms]),
        (say("1,000 answers"), [write.usd(arm.usd_per_1k) for arm in arms]),
    ]  # fmt: skip
    shown = [(title, cells) for title, cells in columns if any(cell != "—" for cell in cells)]
    table = screen.table(*(title for title, _ in shown))
    for row in zip(*(cells for _, cells in shown), strict=True):
        table.add_row(*(Text(safe(cell)) for cell in row))
    screen.console.print(table)


def _difference(one: Difference) -> Message:
    from breakeven.monitoring.rollout import TITLES

    return say("{metric}, difference: {value} (95% sure, whenever you look: {low_value} to {high_value})",
               metric=TITLES[one.metric], value=one.value, low_value=one.low, high_value=one.high)  # fmt: skip


def _ends(verdict: Verdict) -> list[Message]:
    if verdict.broken:
        return []
    match verdict.ended:
        case "better":
            return [say("the test is over: it is surely better; {command}", command="breakeven rollout finish")]
        case "no gain":
            return [say("the test is over: it surely gains less than was hoped; {command}",
                        command="breakeven rollout stop")]  # fmt: skip
    return [say("it is no worse: {command}", command="breakeven rollout finish")] if verdict.better else []


def show_plan(language: str | None, plan: RolloutPlan) -> None:
    """The rows and days of both tests."""
    from breakeven.monitoring.rollout import TITLES

    screen = Screen.of(language)
    screen.line(say("to find a gain of {value} in {metric} from {base_value} ({source}), {power_share} of the times:",
                    value=plan.gain, metric=TITLES[plan.metric], base_value=plan.base, source=SOURCES[plan.base_from],
                    power_share=plan.power), "bold")  # fmt: skip
    table = screen.table(say("test"), say("rows of both together"), say("days"))
    for title, rows, days in (
        (say("one look at the end"), plan.rows_once, plan.days_once),
        (say("looking at any time"), plan.rows_any_time, plan.days_any_time),
        (say("looking at any time: half are over by then"), plan.rows_any_time_half, plan.days_any_time_half),
    ):
        cells = (screen.voice(title), screen.write.number(rows), "—" if days is None else screen.write.number(days))
        table.add_row(*(Text(safe(cell)) for cell in cells))
    screen.console.print(table)
    if plan.rows_per_day is None:
        screen.line(say("not known: rows a day; there was no traffic in a week"), "dim")
    else:
        screen.line(say("{count} rows a day, {share} of them for the new release", count=round(plan.rows_per_day),
                        share=plan.percent / 100), indent=2)  # fmt: skip
    if plan.design_effect > 1.05:
        screen.line(say("users ask more than once: their rows count {value} times less", value=plan.design_effect),
                    indent=2)  # fmt: skip


SOURCES = {"stated": say("stated"), "traffic": say("seen in the traffic"), "test rows": say("of the test rows")}
