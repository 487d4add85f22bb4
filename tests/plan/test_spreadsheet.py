"""The exported spreadsheet computes what the plan computes: by LibreOffice, cell by cell, also after a change."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from plan_cases import DESK, project, train_usd, unit_figures
from xlsx_files import Cell, Sheets, cells, recalculated, with_value
from xlsxwriter.utility import xl_cell_to_rowcol

import breakeven
from breakeven.core.figure import Figure, assumed, constant, pick, rounded_down, rounded_up, total
from breakeven.interfaces.spreadsheet import write_spreadsheet
from breakeven.interfaces.spreadsheet.formulas import formula, literal
from breakeven.plan.ledger import LedgerWriter
from breakeven.plan.make_plan import make_plan
from breakeven.project import read_project
from breakeven.records.plan import LINES, Plan
from breakeven.records.project import Project, Quantity

UNIT = unit_figures(machine=61.32, capacity=1_250_000, fixed=20.0, per_request=0.00001)
FIRST_CELL = (3, 2)
"""Row and column, from 0, of the first line in the first month."""


def plan_of(made: Project) -> Plan:
    return make_plan(made, UNIT, train_usd())


def exported(plan: Plan, folder: Path, language: str = "en", product: str = "desk") -> Path:
    return write_spreadsheet(plan, product, folder / f"plan-{language}.xlsx", language)


def months_of(sheet: dict[str, tuple[Cell, str]]) -> dict[tuple[int, int], Cell]:
    return {xl_cell_to_rowcol(name): value for name, (value, _) in sheet.items()}


def assert_shows(sheets: Sheets, plan: Plan) -> None:
    """The months and the results of a file are those of the plan, to a millionth."""
    found = months_of(sheets["Plan"])
    for month in plan.months:
        for row, line in enumerate(LINES):
            shown = found[FIRST_CELL[0] + row, FIRST_CELL[1] + month.month - 1]
            assert shown == pytest.approx(month.values[line], rel=1e-6, abs=1e-6), (line, month.month)
    results = [sheets["Summary"][f"B{row}"][0] for row in range(4, 11)]
    never = "not within the plan"
    months = [never if each is None else each for each in
              (plan.break_even_month, plan.paid_back_month, plan.runway_months)]
    expected = [*months[:2], plan.capital_need_usd, months[2], plan.lowest_cash_usd, plan.lowest_cash_month,
                plan.months[-1].values["cash"]]
    for shown, value in zip(results, expected, strict=True):
        assert shown == (value if isinstance(value, str) else pytest.approx(value, rel=1e-6, abs=1e-6))


def test_the_values_beside_the_formulas_are_those_of_the_plan(tmp_path: Path):
    plan = plan_of(DESK)
    sheets = cells(exported(plan, tmp_path))
    assert list(sheets) == ["Summary", "Plan", "Assumptions", "Workings"]
    assert_shows(sheets, plan)


def test_every_cell_that_was_computed_is_a_formula(tmp_path: Path):
    plan = plan_of(DESK)
    sheet = cells(exported(plan, tmp_path))["Plan"]
    formulas = {xl_cell_to_rowcol(name) for name, (_, text) in sheet.items() if text}
    for month in plan.months:
        for row, line in enumerate(LINES):
            if plan.ledger.entries[month.cells[line]].parts:
                assert (FIRST_CELL[0] + row, FIRST_CELL[1] + month.month - 1) in formulas, (line, month.month)


def test_each_assumption_stands_there_once_with_its_range_and_source(tmp_path: Path):
    plan = plan_of(DESK)
    sheet = cells(exported(plan, tmp_path))["Assumptions"]
    rows = [tuple(sheet.get(f"{column}{row}", ("", ""))[0] for column in "ABCDEFGHI") for row in range(4, 40)]
    rows = [row for row in rows if row[0]]
    assert len(rows) == len(set(rows))
    assert {leaf.name for leaf in plan.assumptions} <= {row[0] for row in rows}
    assert len(rows) >= len(plan.assumptions)  # the figures for investors rest on some more
    growth = next(row for row in rows if row[0] == "growth a month")
    assert growth[1:6] == (pytest.approx(0.1), "—", pytest.approx(0.05), pytest.approx(0.15), "between two ends")
    assert growth[6:8] == ("assumed", "breakeven.toml demand.growth_per_month")
    machine = next(row for row in rows if row[0] == "machine")
    assert machine[1:3] == (61.32, "usd / machine / month")
    assert machine[6:] == ("published", "a page", "2026-09-24")


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sheets]:
    """What LibreOffice makes of our files; all in one start of it, which takes seconds."""
    folder = tmp_path_factory.mktemp("office")
    file = exported(plan_of(DESK), folder)
    sheet = cells(file)["Assumptions"]
    price = next(name for name, (value, _) in sheet.items() if value == "price per 1,000 requests")
    changed = with_value(file, 3, f"B{price[1:]}", OTHER_PRICE, folder / "changed.xlsx")
    never = write_spreadsheet(plan_of(NEVER), "never", folder / "never.xlsx", "en")
    templates = [write_spreadsheet(template(name), name, folder / f"{name}.xlsx", "en") for name in TEMPLATES]
    return recalculated([file, changed, never, *templates, write_formulas(folder / "formulas.xlsx")], folder)


TEMPLATES = ("plan-only", "pretrain-7b", "api-first")


def template(name: str) -> Plan:
    return make_plan(read_project(Path(breakeven.__file__).parent / "templates" / name / "breakeven.toml"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_libreoffice_computes_the_plans_of_the_templates(computed: dict[str, Sheets], name: str):
    plan, sheets = template(name), computed[f"{name}.xlsx"]
    assert_shows(sheets, plan)
    rows = {value: sheets["Summary"].get(f"B{cell[1:]}") for cell, (value, _) in sheets["Summary"].items()
            if cell.startswith("A")}
    told = [kpi for kpi in plan.kpis if kpi.cell is not None]
    assert len(told) >= 6
    for kpi in told:
        shown = rows[plan.ledger.entries[kpi.cell].figure.name]
        assert shown is not None
        assert shown[0] == pytest.approx(kpi.value, rel=1e-6), kpi.name
    assert plan.need is not None
    assert rows["capital needed"][0] == pytest.approx(plan.need.total.usd, rel=1e-6)


OTHER_PRICE = 1.75
NEVER = project(team=[{"role": "founder", "salary_usd_per_year": 50_000}], capital={"cash_usd": 30_000})


def test_libreoffice_computes_the_plan_from_the_exported_file(computed: dict[str, Sheets]):
    assert_shows(computed["plan-en.xlsx"], plan_of(DESK))


def test_a_changed_assumption_gives_the_plan_that_it_makes(computed: dict[str, Sheets]):
    """The price in the file is changed, nothing else: LibreOffice then shows the plan of that price."""
    demand = DESK.demand.model_copy(update={"price_per_1k_requests": Quantity(value=OTHER_PRICE)})
    other = plan_of(DESK.model_copy(update={"demand": demand}))
    assert other.break_even_month != plan_of(DESK).break_even_month
    assert_shows(computed["changed.xlsx"], other)


def test_a_plan_that_never_breaks_even_says_so(computed: dict[str, Sheets]):
    plan = plan_of(NEVER)
    assert plan.break_even_month is None
    assert plan.runway_months is not None
    assert_shows(computed["never.xlsx"], plan)


def test_the_file_speaks_chinese(tmp_path: Path):
    sheets = cells(exported(plan_of(DESK), tmp_path, "zh"))
    assert list(sheets) == ["概要", "计划", "假设", "计算过程"]
    assert any("'假设'!" in text for _, text in sheets["计划"].values())


HOSTILE = ('=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "\t=1", "plain\x1b[31m")


def test_text_of_the_user_never_becomes_a_formula(tmp_path: Path):
    team = [{"role": text, "salary_usd_per_year": 10_000 + n} for n, text in enumerate(HOSTILE)]
    plan = plan_of(project(team=team, marketing=[{"channel": HOSTILE[0], "usd_per_month": 5}]))
    sheets = cells(exported(plan, tmp_path, product=HOSTILE[0]))
    assert sheets["Summary"]["A1"] == (HOSTILE[0], "")
    for sheet in sheets.values():
        assert not any("HYPERLINK" in text or "@SUM" in text or "\x1b" in text for _, text in sheet.values())
        assert not any(isinstance(value, str) and "\x1b" in value for value, _ in sheet.values())


def every_formula() -> list[Figure]:
    hours, seconds = assumed(2.5, "hour", "hours", "a"), assumed(-4_000.0, "second", "seconds", "b")
    many = [assumed(float(n), "usd", f"part {n}", "c") for n in range(450)]
    return [
        hours + seconds, hours - seconds, (hours * seconds), hours / seconds, total(many, "1k usd"),
        pick(max, (hours, seconds)), pick(min, (hours, seconds)).counted_in("ms"), rounded_up(hours),
        rounded_up(seconds.counted_in("hour")), rounded_down(seconds.counted_in("hour")),
        (hours * constant(-2.0, "usd/hour")).counted_in("usd"),
    ]


def write_formulas(out: Path) -> Path:
    """One cell a formula, its parts as numbers."""
    file = xlsxwriter.Workbook(out)
    sheet = file.add_worksheet("all")
    sheet.write_string(1, 1, "a text, so that the file has shared strings")
    for row, figure in enumerate(every_formula()):
        writer = LedgerWriter()
        number = writer.number(figure)
        ledger = writer.ledger()
        parts = [literal(ledger.entries[part].figure.value) for part in ledger.entries[number].parts]
        sheet.write_formula(row, 0, "=" + formula(ledger, number, parts))
    file.close()
    return out


def test_every_formula_of_the_graph_has_its_words(computed: dict[str, Sheets]):
    found = computed["formulas.xlsx"]["all"]
    expected = [figure.value for figure in every_formula()]
    assert [found[f"A{row}"][0] for row in range(1, len(expected) + 1)] == pytest.approx(expected, rel=1e-12)
