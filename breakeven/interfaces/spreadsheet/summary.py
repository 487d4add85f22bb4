"""The first sheet: what the plan comes to, as formulas over its months."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_rowcol_to_cell

from breakeven.core.words import N_
from breakeven.interfaces.plan_words import KPI_TITLES
from breakeven.interfaces.spreadsheet.layout import FIRST_MONTH, FIRST_ROW, Layout
from breakeven.plan.cash import HALF_A_MICRO_DOLLAR
from breakeven.plan.outcome import start_of
from breakeven.records.plan import Plan

if TYPE_CHECKING:
    from breakeven.interfaces.spreadsheet.workbook import Sheets

NOT_REACHED = N_("not within the plan")
KEY_ROW = 3


SHARES = (KPI_TITLES["gross_margin"],)
RESULTS = 7
"""Rows that the results take."""


def figure_rows(plan: Plan) -> dict[int, int]:
    """The figures for investors that are formulas of the graph, and the row of each."""
    cells = [kpi.cell for kpi in plan.kpis if kpi.cell is not None]
    cells += [plan.need.total.cell] if plan.need else []
    return {cell: KEY_ROW + RESULTS + 2 + place for place, cell in enumerate(cells)}


class Rows:
    """Ranges and cells of the sheet of months, as formulas of other sheets write them."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.last = FIRST_MONTH + len(layout.plan.months) - 1
        self.marks = FIRST_ROW + len(layout.lines) + 2
        """The first row of the marks below the lines."""

    def line(self, name: str) -> str:
        return self.across(FIRST_ROW + self.layout.lines.index(name))

    def across(self, row: int) -> str:
        """A row of all months."""
        ends = (xl_rowcol_to_cell(row, column, True, True) for column in (FIRST_MONTH, self.last))
        return f"'{self.layout.names['plan']}'!{':'.join(ends)}"


def write_summary(sheets: Sheets, layout: Layout, product: str) -> None:
    """Title, results and how to read the file; the rows of marks that the results need below the plan."""
    rows = Rows(layout)
    _write_marks(sheets, layout, rows)
    sheets.text("summary", 0, 0, product, "title")
    sheets.words("summary", 1, 0, N_("Capital plan; all money in US dollars of its month"), "note")
    for row, (title, text, value, style) in enumerate(_results(sheets, layout, rows), KEY_ROW):
        sheets.words("summary", row, 0, title, "key")
        sheets.formula("summary", row, 1, text, value, style)
    if layout.figures:
        sheets.words("summary", KEY_ROW + RESULTS + 1, 0, N_("Figures"), "note")
    for number, row in layout.figures.items():
        sheets.words("summary", row, 0, layout.plan.ledger.entries[number].figure.name, "key")
        sheets.text("summary", row, 2, _meaning(sheets, layout.plan, number), "note")
    sheets.sheets["summary"].set_column(0, 0, 44)
    sheets.sheets["summary"].set_column(1, 1, 20)
    _draw_cash(sheets, layout, rows)


def _meaning(sheets: Sheets, plan: Plan, number: int) -> str:
    """What a figure says, beside it."""
    if plan.need and number == plan.need.total.cell:
        return sheets.voice.say("contingency and buffer counted, until month {month}", month=plan.need.month)
    return next(sheets.voice(kpi.why) for kpi in plan.kpis if kpi.cell == number)


def _results(sheets: Sheets, layout: Layout, rows: Rows) -> list[tuple[str, str, float | str, str]]:
    """(title, formula, value now, style) of each result."""
    plan, cash, never = layout.plan, rows.line("cash"), sheets.voice(NOT_REACHED)
    start, months = layout.text(start_of(plan)), len(plan.months)

    def stays_from(mark: int) -> str:
        last = f"MAX({rows.across(rows.marks + mark)})"
        return f'IF({last}={months},"{never}",{last}+1)'

    runway = rows.across(rows.marks + 2)
    return [
        (N_("break-even month"), stays_from(0), plan.break_even_month or never, "big"),
        (N_("paid-back month"), stays_from(1), plan.paid_back_month or never, "big"),
        (N_("cash needed at the start"), f"MAX(0,{start}-MIN({cash}))", plan.capital_need_usd, "big"),
        (N_("months that the cash lasts"), f'IF(COUNT({runway})=0,"{never}",MIN({runway}))',
         never if plan.runway_months is None else plan.runway_months, "big"),
        (N_("lowest cash"), f"MIN({cash})", plan.lowest_cash_usd, "big"),
        (N_("month of the lowest cash"), f"MATCH(MIN({cash}),{cash},0)", plan.lowest_cash_month, "big"),
        (N_("cash at the end"), f"INDEX({cash},1,{months})", plan.months[-1].values["cash"], "big"),
    ]


def _write_marks(sheets: Sheets, layout: Layout, rows: Rows) -> None:
    """Below the lines: the months that end below zero, by net, by the sum of net and by cash."""
    titles = (("net", N_("month, where net is below zero")),
              ("cumulative", N_("month, where the sum of net is below zero")),
              ("cash", N_("months before, where the cash is below zero")))
    for mark, (line, title) in enumerate(titles):
        sheets.words("plan", rows.marks + mark, 0, title, "note")
        for month in layout.plan.months:
            column = FIRST_MONTH + month.month - 1
            cell = xl_rowcol_to_cell(FIRST_ROW + layout.lines.index(line), column)
            count = xl_rowcol_to_cell(FIRST_ROW - 1, column)
            below = month.values[line] < -HALF_A_MICRO_DOLLAR
            then, otherwise = (f"{count}-1", '""') if line == "cash" else (count, "0")
            value: float | str = (month.month - (line == "cash")) if below else "" if line == "cash" else 0
            text = f"IF({cell}<-{HALF_A_MICRO_DOLLAR:.7f},{then},{otherwise})"
            sheets.formula("plan", rows.marks + mark, column, text, value, "month")


def _draw_cash(sheets: Sheets, layout: Layout, rows: Rows) -> None:
    """The cash curve, drawn from the cells."""
    chart = sheets.file.add_chart({"type": "line"})
    chart.add_series({
        "name": sheets.voice(N_("cash at the end of the month")), "values": f"={rows.line('cash')}",
        "categories": f"={rows.across(FIRST_ROW - 1)}", "line": {"color": "#0072b2", "width": 2},
    })
    chart.set_x_axis({"name": sheets.voice(N_("month")), "label_position": "low"})
    chart.set_y_axis({"num_format": "#,##0", "name": "USD"})
    chart.set_legend({"position": "none"})
    chart.set_size({"width": 760, "height": 340})
    sheets.sheets["summary"].insert_chart(KEY_ROW + RESULTS + 4 + len(layout.figures), 0, chart)
