"""The verbs that show a plan to others: its page and its spreadsheet.

A path names a project folder or its project file. Nothing is printed; records come back, errors are raised.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.interfaces.verbs import AnyPath

if TYPE_CHECKING:
    from breakeven.records.plan import Plan
    from breakeven.records.roadmap_state import RiskState


class Shown(NamedTuple):
    """A plan, its risks, and its page; None where nothing can be written."""

    plan: Plan
    risks: tuple[RiskState, ...]
    page: Path | None


def show_plan(path: AnyPath, language: str, everything: bool = False, page: bool = True) -> Shown:
    """The plan of a project with how sure it is, its risks, and a page in a language beside where it is kept.

    `everything` lets the tornado move figures without a range by a tenth, too; without `page` none is written.
    Raises ProjectError, UsageError.
    """
    from breakeven import planning
    from breakeven.core.errors import StorageError
    from breakeven.interfaces.numbers import shown_in
    from breakeven.prices.own import project_prices
    from breakeven.prices.rates import rate_of
    from breakeven.project import project_file, read_project

    with project_prices(Path(path)):
        made, file = planning.plan_with_spread(Path(path), everything)
        risks = planning.risks(Path(path), made)
    if file is None or not page:
        return Shown(made, risks, None)
    from breakeven.interfaces.report.plan_page import write_plan_page

    project, now = read_project(project_file(Path(path))), datetime.now(UTC)
    road = planning.roadmap_of(Path(path), made, now.date()) if project.milestone else None
    with suppress(StorageError):  # a plan can be read where nothing can be written
        with shown_in(rate_of(project.money.currency, project.money)):
            written = write_plan_page(made, project.product.name, file.with_suffix(".html"), language,
                                      now.isoformat(timespec="seconds"), road, risks)
        return Shown(made, risks, written)
    return Shown(made, risks, None)


def export_plan(path: AnyPath, made: Plan, out: AnyPath, language: str) -> Path:
    """Write a plan as a spreadsheet with live formulas and return its path. Raises ProjectError, StorageError."""
    from breakeven.interfaces.spreadsheet import write_spreadsheet
    from breakeven.project import project_file, read_project

    return write_spreadsheet(made, read_project(project_file(Path(path))).product.name, Path(out), language)
