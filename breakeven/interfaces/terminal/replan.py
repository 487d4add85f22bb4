"""What a run has replaced, one line each: old and new value, and what the plan comes to with it alone."""

from __future__ import annotations

from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.answer import PROVENANCES
from breakeven.interfaces.figures import figure_text, source_text
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe
from breakeven.records.record import FigureRecord
from breakeven.records.revision import Replaced, Revision


def print_revision(screen: Screen, found: Revision) -> None:
    """The headline, the replacements, what they come to together, and what is still assumed."""
    screen.line(_basis(found), "bold")
    if found.replaced:
        screen.title(say("Replaced"))
        for one in found.replaced:
            screen.line(replacement(screen, one), indent=2)
            screen.line(effect(found, one.break_even_month, one.capital_need_usd), "dim", indent=4)
        screen.title(say("All of them together"))
        screen.line(effect(found, found.break_even_month, found.capital_need_usd), "bold", indent=2)
    else:
        screen.line(say("No figure of that plan was measured by the run."))
    screen.title(say("The plan made anew by what was measured"))
    screen.line(effect(found, found.new_break_even_month, found.new_capital_need_usd), "bold", indent=2)
    _figures(screen, say("Measured, but nothing in the old plan stands for it"), found.without_counterpart)
    _figures(screen, say("Still not measured"), found.unchanged)


def _basis(found: Revision) -> Message:
    if found.plan:
        return say("The plan {plan} against run {run}", plan=found.plan, run=found.run)
    return say("No plan was kept from before run {run}: the project file without it against it", run=found.run)


def replacement(screen: Screen, one: Replaced) -> Message:
    """`answers a second: 20 (assumed) → 812 (measured: 400 answers on …)`."""
    voice = screen.voice
    return say(
        "{figures}: {old} ({kind}) → {new} ({new_kind}: {source})",
        figures=one.new.name, old=figure_text(one.old, voice), kind=PROVENANCES[one.old.provenance.value],
        new=figure_text(one.new, voice), new_kind=PROVENANCES[one.new.provenance.value],
        source=source_text(one.new, voice),
    )


def effect(found: Revision, break_even: int | None, need_usd: float) -> Message:
    """Break-even month and capital need, before and after."""
    return say(
        "break-even {old_when} → {new_when}; capital need {old_usd} → {new_usd} ({change_usd})",
        old_when=_when(found.old_break_even_month), new_when=_when(break_even), old_usd=found.old_capital_need_usd,
        new_usd=need_usd, change_usd=need_usd - found.old_capital_need_usd,
    )


def _when(month: int | None) -> Message:
    return say("month {month}", month=month) if month is not None else say("not within the plan")


def _figures(screen: Screen, title: Message, figures: tuple[FigureRecord, ...]) -> None:
    if not figures:
        return
    screen.title(title)
    for figure in figures:
        text = Text("  ").append(f"{safe(screen.voice(figure.name)) or '—'}: ")
        text.append(safe(figure_text(figure, screen.voice)), style="bold")
        text.append(f"  {screen.voice(PROVENANCES[figure.provenance.value])}  ", style="dim")
        screen.console.print(text.append(safe(source_text(figure, screen.voice)), style="dim"), soft_wrap=True)
