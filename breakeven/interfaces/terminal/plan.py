"""The plan in the terminal: the answer first, then the four parts, the years, the figures, and what it rests on."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces import answer
from breakeven.interfaces.figures import figure_text, source_text
from breakeven.interfaces.plan_words import (
    BESIDE_TITLES,
    COUNTED,
    KPI_TITLES,
    PART_TITLES,
    PLAN_TITLES,
    funded_words,
    need_words,
    next_words,
    shown_lines,
)
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe
from breakeven.records.plan import LINES, Kpi, Month, Need, Plan

MOST_ASSUMPTIONS = 15
STOCKS = ("cash", "cumulative", "customers")
"""Of a year, these are shown as they stand at its end; all others are summed."""


def print_plan(screen: Screen, plan: Plan, by_month: bool = False) -> None:
    """All that a founder asks of a plan, the answer first; `by_month` shows months in place of years."""
    for sentence in sentences(plan):
        screen.line(sentence, "bold")
    for missing in plan.unknown:
        screen.line(missing.message(), "bold yellow")
    if plan.need:
        screen.title(say("Where the capital goes"))
        screen.console.print(need_table(screen, plan.need, len(plan.months)))
    screen.title(say("Month by month") if by_month else say("Year by year"))
    screen.console.print(time_table(screen, plan, by_month))
    screen.title(say("Figures"))
    screen.console.print(kpi_table(screen, plan))
    _list(screen, say("Build or buy"), [one.why.message() for one in plan.build_or_buy])
    _list(screen, say("The next 1,000 dollars"), [next_words(one) for one in plan.next_dollars])
    screen.title(say("What the plan rests on"))
    screen.console.print(assumption_table(screen, plan))
    for remark in plan.remarks:
        screen.line(remark.message(), "dim")


def sentences(plan: Plan) -> list[Message]:
    """Capital need, whether it is covered, break-even and how long the money lasts."""
    said = [need_words(plan.need), funded_words(plan.need)] if plan.need else []
    paid_back = None if plan.paid_back_month in (None, 1) else say(
        "All that was lost before is earned back from month {month} on.", month=plan.paid_back_month)
    return [one for one in (*said, answer.break_even(plan), paid_back) if one]


def _list(screen: Screen, title: Message, lines: list[Message]) -> None:
    if lines:
        screen.title(title)
        for line in lines:
            screen.line(line, indent=2)


def _usd(screen: Screen, value: float) -> str:
    """Whole dollars; below ten the cents are shown."""
    return screen.write.usd(round(value, 0 if abs(value) >= 10 else 2)).removesuffix(".00")


def need_table(screen: Screen, need: Need, months: int) -> Table:
    """The four parts with their terms until cash is lowest and in the whole plan, and what stands beside them."""
    voice = screen.voice
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(voice.say("part"))
    table.add_column(voice.say("until month {month}", month=need.month), justify="right")
    table.add_column(voice.say("in all {months} months", months=months), justify="right")
    for part in need.parts:
        table.add_row(voice(PART_TITLES[part.name]), _usd(screen, part.usd), _usd(screen, part.plan_usd), style="bold")
        for term in part.terms:
            table.add_row("  " + voice(term.name), _usd(screen, term.usd), "")
    whole = sum(part.plan_usd for part in need.parts)
    table.add_row(voice.say("the four parts"), _usd(screen, need.parts_usd), _usd(screen, whole), style="bold")
    for one in need.beside:
        if one.usd:
            sign = "−" if one.name == "received" else "+"
            table.add_row(f"{sign} {voice(BESIDE_TITLES[one.name])}", _usd(screen, one.usd), "")
    for title, one in ((say("+ contingency"), need.contingency), (say("+ buffer"), need.buffer)):
        if one.usd:
            table.add_row(voice(title), _usd(screen, one.usd), "")
    table.add_row(voice.say("capital needed"), _usd(screen, need.total.usd), "", style="bold")
    return table


def time_table(screen: Screen, plan: Plan, by_month: bool) -> Table:
    """Lines down, years (or months) across; lines without anything are left out."""
    spans = [[month] for month in plan.months] if by_month else [
        list(plan.months[first:first + 12]) for first in range(0, len(plan.months), 12)
    ]  # fmt: skip
    if by_month:
        return _months_down(screen, plan)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for number, span in enumerate(spans, 1):
        table.add_column(screen.voice.say("year {number} (to month {month})", number=number, month=span[-1].month),
                         justify="right")
    for line in shown_lines(plan, LINES):
        cells = [_cell(screen, line, _of_span(span, line)) for span in spans]
        table.add_row(screen.voice(PLAN_TITLES[line]), *cells, style="bold" if line in ("net", "cash") else "")
    return table


def _months_down(screen: Screen, plan: Plan) -> Table:
    lines = shown_lines(plan, LINES)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(screen.voice.say("month"), justify="right")
    for line in lines:
        table.add_column(screen.voice(PLAN_TITLES[line]), justify="right")
    for month in plan.months:
        table.add_row(str(month.month), *(_cell(screen, line, month.values[line]) for line in lines))
    return table


def _of_span(span: list[Month], line: str) -> float:
    return span[-1].values[line] if line in STOCKS else sum(month.values[line] for month in span)


def _cell(screen: Screen, line: str, value: float) -> str:
    return screen.write.number(round(value)) if line in COUNTED else _usd(screen, value)


def kpi_table(screen: Screen, plan: Plan) -> Table:
    """What investors ask for, each with what it means or why it cannot be told."""
    table = Table(box=box.SIMPLE, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    for kpi in plan.kpis:
        table.add_row(screen.voice(KPI_TITLES[kpi.name]), kpi_text(screen, kpi), screen.voice(kpi.why))
    return table


def kpi_text(screen: Screen, kpi: Kpi) -> str:
    """Its value as people write it; a dash where there is none."""
    if kpi.value is None:
        return "—"
    if kpi.name in ("gross_margin", "irr"):
        return screen.write.share(kpi.value)
    if kpi.unit.startswith("usd"):
        return _usd(screen, kpi.value)
    number = screen.write.number(round(kpi.value, 1))
    return screen.voice.say("{text} months", text=number) if kpi.unit == "month" else number


def assumption_table(screen: Screen, plan: Plan) -> Table:
    """The first of the figures that it rests on, the assumed ones first: name, value, kind and source."""
    table = Table(box=box.SIMPLE, pad_edge=False, show_header=False)
    for figure in plan.assumptions[:MOST_ASSUMPTIONS]:
        table.add_row(
            Text(safe(screen.voice(figure.name) or "—")), figure_text(figure, screen.voice),
            screen.voice(answer.PROVENANCES[figure.provenance.value]), Text(safe(source_text(figure, screen.voice))),
        )
    left = len(plan.assumptions) - MOST_ASSUMPTIONS
    if left > 0:
        table.add_row(screen.voice.say("and {count} more: --json shows all", count=left), "", "", "")
    return table
