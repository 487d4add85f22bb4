"""How sure the plan is, in the terminal: bands, what moves it most, and scenarios side by side."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces import spread_words as words
from breakeven.interfaces.terminal.screen import Screen, near
from breakeven.interfaces.terminal.text import safe
from breakeven.records.plan import Plan


def print_spread(screen: Screen, plan: Plan) -> None:
    """All of it; nothing for a plan without any."""
    if plan.uncertainty is not None:
        screen.title(say("How sure it is"))
        for sentence in words.sentences(plan):
            screen.line(sentence, indent=2)
        if plan.uncertainty.ranged:
            screen.console.print(_bands(screen, plan))
    if plan.tornado is not None and words.widest(plan.tornado):
        screen.title(say("What moves it most"))
        screen.console.print(_swings(screen, plan))
    if plan.scenarios:
        screen.title(say("Scenarios side by side"))
        screen.console.print(_scenarios(screen, plan))


def print_files(screen: Screen, page: Path | None, spreadsheet: Path | None) -> None:
    """Where the plan lies as a page and as a spreadsheet."""
    if page is not None:
        screen.line(say("the plan as a page: {file}", file=near(str(page))))
    if spreadsheet is not None:
        screen.line(say("spreadsheet with live formulas: {file}", file=near(str(spreadsheet))))


def _table(screen: Screen, *titles: Message) -> Table:
    """The first column is text, the others are numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, title in enumerate(titles):
        table.add_column(screen.voice(title), justify="right" if place else "left")
    return table


def _bands(screen: Screen, plan: Plan) -> Table:
    assert plan.uncertainty is not None
    table = _table(screen, say("figure"), say("P10"), say("P50"), say("P90"))
    for row in words.band_rows(plan.uncertainty, screen.voice):
        table.add_row(*row)
    return table


def _swings(screen: Screen, plan: Plan) -> Table:
    assert plan.tornado is not None
    table = _table(screen, say("figure"), say("from – to"), say("break-even month"), say("cash needed at the start"),
                   say("cash at the end"))
    for swing in words.widest(plan.tornado):
        moved = words.moved(swing, screen.voice, len(plan.months))
        table.add_row(Text(safe(words.swing_name(swing, screen.voice))), words.swing_range(swing, screen.voice),
                      moved[0], moved[1], moved[3])
    return table


def _scenarios(screen: Screen, plan: Plan) -> Table:
    table = _table(screen, say("scenario"), say("break-even month"), say("cash needed at the start"),
                   say("months that the cash lasts"), say("cash at the end"))
    for other in plan.scenarios:
        cells = words.outcome_cells(other.outcome, screen.voice, len(plan.months))
        table.add_row(Text(safe(screen.voice(other.name))), *cells)
    return table
