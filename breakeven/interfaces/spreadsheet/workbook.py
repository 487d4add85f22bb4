"""The sheets of the plan, written with XlsxWriter."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import xlsxwriter

from breakeven.core.words import N_, Message
from breakeven.interfaces.answer import PROVENANCES
from breakeven.interfaces.figures import source_text, unit_text
from breakeven.interfaces.plan_words import PLAN_TITLES
from breakeven.interfaces.spreadsheet.layout import FIRST_MONTH, FIRST_ROW, Layout, Place
from breakeven.interfaces.spreadsheet.summary import SHARES, figure_rows, write_summary
from breakeven.interfaces.terminal.text import safe
from breakeven.interfaces.words import Voice
from breakeven.records.plan import LINES, Plan
from breakeven.records.record import FigureRecord

SHEETS = {
    "summary": N_("Summary"), "plan": N_("Plan"), "assumptions": N_("Assumptions"), "workings": N_("Workings"),
}
STYLES: dict[str, dict[str, Any]] = {
    "text": {}, "wrapped": {"text_wrap": True, "valign": "top"}, "title": {"bold": True, "font_size": 16},
    "note": {"font_color": "#5c646c"},
    "head": {"bold": True, "font_color": "#5c646c", "bottom": 1, "text_wrap": True, "valign": "bottom"},
    "head_number": {"bold": True, "font_color": "#5c646c", "bottom": 1, "align": "right"},
    "money": {"num_format": "#,##0;[Red]-#,##0"}, "count": {"num_format": "#,##0"},
    "number": {"num_format": "#,##0.########"}, "month": {"num_format": "0"},
    "input": {"num_format": "#,##0.########", "font_color": "#0000c0", "bg_color": "#fff8dc", "border": 1,
              "border_color": "#dfe1dd"},
    "share": {"bold": True, "num_format": "0.0%", "align": "right"},
    "big_number": {"bold": True, "num_format": "#,##0.0", "align": "right"},
    "key": {"bold": True}, "big": {"bold": True, "num_format": "#,##0;[Red]-#,##0", "align": "right"},
}
FIGURES_TITLE = N_("Figures")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Sheets:
    """The open workbook: its sheets, its styles, and how text is written into it."""

    def __init__(self, file: Any, voice: Voice) -> None:
        self.file, self.voice = file, voice
        self.styles = {name: file.add_format(style) for name, style in STYLES.items()}
        self.quoted = {name: file.add_format(style | {"quote_prefix": True}) for name, style in STYLES.items()}
        self.names = {key: voice(title) for key, title in SHEETS.items()}
        self.sheets = {key: file.add_worksheet(name) for key, name in self.names.items()}

    def text(self, sheet: str, row: int, column: int, text: str, style: str = "text") -> None:
        """A text as text, whatever it begins with; one that looks like a formula is marked as text for good."""
        styles = self.quoted if text.startswith(FORMULA_SIGNS) else self.styles
        self.sheets[sheet].write_string(row, column, safe(text), styles[style])

    def words(self, sheet: str, row: int, column: int, text: str | Message, style: str = "text") -> None:
        self.text(sheet, row, column, self.voice(text), style)

    def number(self, sheet: str, row: int, column: int, value: float, style: str = "number") -> None:
        self.sheets[sheet].write_number(row, column, value, self.styles[style])

    def formula(self, sheet: str, row: int, column: int, text: str, value: float | str, style: str = "number") -> None:
        """A formula with the value that it has now."""
        self.sheets[sheet].write_formula(row, column, f"={text}", self.styles[style], value)


def workbook(plan: Plan, product: str, voice: Voice) -> bytes:
    """The whole file."""
    memory = BytesIO()
    file = xlsxwriter.Workbook(memory, {"in_memory": True, "strings_to_formulas": False})
    sheets = Sheets(file, voice)
    layout = Layout(plan, sheets.names, LINES, figure_rows(plan))
    write_summary(sheets, layout, product)
    _write_lines(sheets, layout)
    _write_assumptions(sheets, layout)
    _write_workings(sheets, layout)
    for place, (number, text) in layout.cells.items():
        _write_cell(sheets, layout, place, number, text)
    file.close()
    return memory.getvalue()


def _write_cell(sheets: Sheets, layout: Layout, place: Place, number: int, text: str) -> None:
    entry = layout.plan.ledger.entries[number]
    style = {"usd": "money", "request": "count"}.get(entry.figure.unit, "number")
    if place.sheet == "summary":
        style = "share" if entry.figure.name in SHARES else "big" if entry.figure.unit == "usd" else "big_number"
    if entry.parts or number in layout.places:
        sheets.formula(place.sheet, place.row, place.column, text, entry.figure.value, style)
    else:
        sheets.number(place.sheet, place.row, place.column, entry.figure.value, style)


def _write_lines(sheets: Sheets, layout: Layout) -> None:
    """The names of the lines and the months above them."""
    ledger, months = layout.plan.ledger, layout.plan.months
    _write_head(sheets, "plan", len(months))
    sheets.words("plan", 0, 0, N_("The plan month by month"), "title")
    sheets.words("plan", FIRST_ROW - 1, 0, N_("line"), "head")
    for row, line in enumerate(layout.lines):
        figure = ledger.entries[months[0].cells[line]].figure
        sheets.words("plan", FIRST_ROW + row, 0, PLAN_TITLES[line])
        sheets.text("plan", FIRST_ROW + row, 1, unit_text(figure.unit, sheets.voice), "note")


def _write_head(sheets: Sheets, sheet: str, months: int) -> None:
    """The row of months, which stays in sight."""
    sheets.words(sheet, FIRST_ROW - 1, 1, N_("unit"), "head")
    sheets.words(sheet, FIRST_ROW - 2, FIRST_MONTH, N_("month"), "note")
    for month in range(1, months + 1):
        sheets.number(sheet, FIRST_ROW - 1, FIRST_MONTH + month - 1, month, "head_number")
    here = sheets.sheets[sheet]
    here.freeze_panes(FIRST_ROW, FIRST_MONTH)
    here.set_column(0, 0, 34)
    here.set_column(1, 1, 18)
    here.set_column(FIRST_MONTH, FIRST_MONTH + months - 1, 12)
    here.set_landscape()


def _write_assumptions(sheets: Sheets, layout: Layout) -> None:
    """What the plan rests on: each figure once, its value open to change."""
    titles = (N_("assumption"), N_("value"), N_("unit"), N_("low"), N_("high"), N_("range"), N_("kind"), N_("source"),
              N_("date"))
    sheets.words("assumptions", 0, 0, N_("What the plan rests on"), "title")
    sheets.words("assumptions", 1, 0, N_("Change a value in a yellow cell: all other sheets follow."), "note")
    for column, title in enumerate(titles):
        sheets.words("assumptions", FIRST_ROW - 1, column, title, "head")
    for number in layout.assumptions:
        _write_assumption(sheets, layout.places[number], layout.plan.ledger.entries[number].figure)
    here = sheets.sheets["assumptions"]
    here.freeze_panes(FIRST_ROW, 1)
    for column, width in enumerate((46, 16, 22, 12, 12, 12, 12, 60, 12)):
        here.set_column(column, column, width)


SPREADS = {"uniform": N_("between two ends"), "lognormal": N_("80% within")}


def _write_assumption(sheets: Sheets, place: Place, figure: FigureRecord) -> None:
    row, voice = place.row, sheets.voice
    sheets.text("assumptions", row, 0, voice(figure.name) or "—", "wrapped")
    sheets.number("assumptions", row, place.column, figure.value, "input")
    sheets.text("assumptions", row, 2, unit_text(figure.unit, voice), "wrapped")
    for column, end in ((3, figure.low), (4, figure.high)):
        if end is not None:
            sheets.number("assumptions", row, column, end)
    if figure.low is not None:
        sheets.words("assumptions", row, 5, SPREADS[figure.spread], "wrapped")
    sheets.words("assumptions", row, 6, PROVENANCES[figure.provenance.value])
    undated = figure.model_copy(update={"sources": tuple((title, "") for title, _ in figure.sources)})
    sheets.text("assumptions", row, 7, source_text(undated, voice), "wrapped")
    dates = "; ".join(date for _, date in figure.sources if date)
    if dates:
        sheets.text("assumptions", row, 8, dates)


def _write_workings(sheets: Sheets, layout: Layout) -> None:
    """What stands between the assumptions and the lines, in the month that first uses it."""
    _write_head(sheets, "workings", len(layout.plan.months))
    sheets.words("workings", 0, 0, N_("What stands between the assumptions and the plan"), "title")
    sheets.words("workings", FIRST_ROW - 1, 0, N_("step"), "head")
    units = {place.row: layout.plan.ledger.entries[number].figure.unit for place, (number, _) in layout.cells.items()
             if place.sheet == "workings"}
    for row, (line, name, made_by) in enumerate(layout.titles, FIRST_ROW):
        step = f"{sheets.voice(PLAN_TITLES.get(line, FIGURES_TITLE))} · {sheets.voice(name) or sheets.voice(made_by)}"
        sheets.text("workings", row, 0, step)
        sheets.text("workings", row, 1, unit_text(units[row], sheets.voice), "note")
