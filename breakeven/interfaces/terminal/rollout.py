"""A rollout in the terminal: both releases side by side, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from breakeven.core.words import say
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe

if TYPE_CHECKING:
    from breakeven.records.rollout import Verdict


def show_verdict(language: str | None, verdict: Verdict) -> None:
    """The figures of both, the difference, and whether it holds."""
    screen, rollout = Screen.of(language), verdict.rollout
    if rollout.mode == "shadow":
        screen.line(say("release {number} is asked beside release {other_number}, and answers nobody",
                        number=rollout.release, other_number=rollout.beside), "bold")  # fmt: skip
    else:
        screen.line(say("release {number} answers {share} of the users, release {other_number} the others",
                        number=rollout.release, other_number=rollout.beside,
                        share=rollout.percent / 100), "bold")  # fmt: skip
    table = screen.table(say("release"), say("answers"), say("failed"), say("95 % within"), say("truths"),
                         say("accuracy"), say("mean reward"))  # fmt: skip
    for arm in (verdict.current, verdict.trial):
        cells = (str(arm.release), f"{arm.answers:,}", str(arm.failures), screen.write.ms(arm.p95_ms), str(arm.truths),
                 screen.write.share(arm.accuracy), "—" if arm.reward is None else f"{arm.reward:.4g}")  # fmt: skip
        table.add_row(*(Text(safe(cell)) for cell in cells))
    screen.console.print(table)
    for reason in verdict.broken:
        screen.line(say("it is to be taken back: {what}", what=reason.message()), "bold red")
    if verdict.difference is not None:
        screen.line(say("difference: {value} (95% sure, whenever you look: {low_value} to {high_value})",
                        value=verdict.difference, low_value=verdict.low, high_value=verdict.high))  # fmt: skip
    elif verdict.rows_needed is not None:
        screen.line(say("too few truths to compare; an ordinary test of two points would need {count} of each",
                        count=verdict.rows_needed))  # fmt: skip
    if verdict.better and not verdict.broken:
        screen.line(say("it is no worse: {command}", command="breakeven rollout finish"), "bold green")
