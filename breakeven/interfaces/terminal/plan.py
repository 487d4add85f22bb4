"""The plan in the terminal: the answer first, then the months, then what it rests on."""

from __future__ import annotations

from rich import box
from rich.table import Table

from breakeven.core.words import say
from breakeven.interfaces import answer
from breakeven.interfaces.numbers import Writer
from breakeven.interfaces.plan_words import PLAN_TITLES
from breakeven.interfaces.terminal.screen import Screen
from breakeven.records.plan import LINES, Month, Plan


def print_plan(screen: Screen, plan: Plan) -> None:
    """All that a founder asks of a plan, on one screen."""
    said = answer.break_even(plan)
    if said:
        screen.line(said, "bold")
    screen.console.print(months_table(screen, plan))
    for remark in plan.remarks:
        screen.line(remark.message(), "dim")


def months_table(screen: Screen, plan: Plan) -> Table:
    """One line a month for the first year, then one a year."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(screen.voice(say("month")), justify="right")
    for line in LINES:
        table.add_column(screen.voice(PLAN_TITLES[line]), justify="right")
    for month in plan.months:
        if month.month <= 12 or month.month % 12 == 0 or month.month == len(plan.months):
            table.add_row(str(month.month), *(cell(screen.write, month, line) for line in LINES))
    return table


def cell(write: Writer, month: Month, line: str) -> str:
    """A value of the table: money in whole dollars, all else as a count."""
    value = month.values[line]
    return write.number(round(value)) if line == "requests" else write.usd(round(value)).removesuffix(".00")
