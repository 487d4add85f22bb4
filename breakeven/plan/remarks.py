"""What a reader must know to read the plan right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from breakeven.core.figure import Figure
from breakeven.core.words import Message, say
from breakeven.plan.assumption import counts
from breakeven.plan.customers import wins
from breakeven.plan.lines import Lines
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.project import Project


def remarks(
    project: Project, made: Lines, leaves: Sequence[Figure], measured: UnitFigures | None
) -> tuple[Message, ...]:
    """All that is worth saying of this plan."""
    months = len(made.asked)
    return (*_of_work(project, measured), *_of_numbers(leaves), *_of_customers(project), *_of_people(project),
            *_of_the_end(project, months))


def unknown(made: Lines) -> tuple[Message, ...]:
    """What is missing in every sum of this plan because nothing tells it."""
    if made.answered:
        return ()
    return (say("What answering costs is not known and missing in every sum: give [[serving]], or run first."),)


def _of_work(project: Project, measured: UnitFigures | None) -> Iterator[Message]:
    if measured is not None and not project.training:
        yield say("the model is trained once, in month 1; later trainings are not counted")
    if measured is None and project.serving:
        yield say("nothing is measured yet: after \"breakeven run\" the plan counts with what was measured")


def _of_numbers(leaves: Sequence[Figure]) -> Iterator[Message]:
    ranged = tuple(dict.fromkeys(leaf.name for leaf in leaves if leaf.low is not None))
    if ranged:
        yield say("given as ranges, counted by their middle: {figures}", figures=ranged)


def _of_customers(project: Project) -> Iterator[Message]:
    if any(wins(channel) for channel in project.marketing) and not counts(project.customers, "churn_per_month"):
        yield say("customers that marketing wins ask from the month in which they are won, and none leaves")
    if not project.revenue and not project.demand.price_per_1k_requests.value:
        yield say("demand.price_per_1k_requests is not given or 0: the plan has no revenue")


def _of_people(project: Project) -> Iterator[Message]:
    if not project.team:
        yield say("no [[team]] is given: nobody is paid in this plan")
    elif not any(counts(role, key) for role in project.team for key in ("hiring_usd", "attrition_per_year")):
        yield say("finding people costs nothing in this plan, and none leaves: give hiring_usd and attrition_per_year")


def _of_the_end(project: Project, months: int) -> Iterator[Message]:
    late = tuple(round_.month for round_ in project.capital.round if round_.month > months)
    if late:
        yield say("funding rounds after the last month of the plan are left out: month {month}", month=late)
    if not project.plan.buffer_months and not counts(project.plan, "buffer_usd"):
        yield say("no buffer is counted in the need for capital: give plan.buffer_months")
