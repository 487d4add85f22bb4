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
from breakeven.records.traffic_figures import TrafficFigures
from breakeven.records.uncertainty import Band


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
    if found.traffic:
        print_traffic(screen, found.traffic)
    screen.title(say("The plan made anew by what was measured"))
    screen.line(effect(found, found.new_break_even_month, found.new_capital_need_usd), "bold", indent=2)
    screen.line(moved(screen, found), indent=2)
    if found.old_break_even and found.new_break_even:
        screen.line(say("with all ranges drawn: break-even {old_parts} → {new_parts}",
                        old_parts=_between(screen, found.old_break_even),
                        new_parts=_between(screen, found.new_break_even)), indent=2)  # fmt: skip
    _figures(screen, say("Measured, but nothing in the old plan stands for it"), found.without_counterpart)
    _figures(screen, say("Still not measured"), found.unchanged)


def print_traffic(screen: Screen, found: TrafficFigures) -> None:
    """What the traffic log has measured, and what it could not."""
    head = say("Measured in traffic: {count} answers, {days_count} whole days", count=found.answers,
               days_count=found.days)  # fmt: skip
    _figures(screen, head, found.figures)
    for line in found.kept:
        screen.line(line.message(), "dim", indent=2)


def moved(screen: Screen, found: Revision) -> Message:
    """What moves the break-even month, each alone."""
    old = found.old_break_even_month
    names = [
        str(screen.voice(say("{figures}: {old_when} → {new_when}", figures=one.new.name, old_when=_when(old),
                             new_when=_when(one.break_even_month))))
        for one in found.replaced if one.break_even_month != old
    ]  # fmt: skip
    if names:
        return say("What moves the break-even month, each alone: {parts}", parts="; ".join(names))
    return say("No measured figure alone moves the break-even month.")


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


def _between(screen: Screen, band: Band) -> str:
    """The months between which it lies in 80 % of the draws."""
    ends = [_when(None if end is None else round(end)) for end in (band.p10, band.p90)]
    first, last = (str(screen.voice(end)) for end in ends)
    return first if first == last else f"{first} – {last}"


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
