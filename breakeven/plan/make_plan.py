"""The capital plan: demand, spending and cash put together, every cell in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from breakeven.core.figure import STRENGTH, Figure, constant, derived
from breakeven.core.words import N_, Message, say
from breakeven.plan import cash as money
from breakeven.plan import spending
from breakeven.plan.assumption import assumption
from breakeven.plan.demand import MONTH, monthly_requests
from breakeven.plan.ledger import LedgerWriter
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.cost import UnitCost
from breakeven.records.plan import LINES, Month, Plan
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord, MessageRecord

FREE = UnitFigures(constant(0.0, "usd/month"), constant(0.0, "usd/request"), None, None)
Lines = dict[str, tuple[Figure, ...]]


def make_plan(
    project: Project,
    unit_cost: UnitCost | UnitFigures | None = None,
    train_usd: Figure | None = None,
    months: int | None = None,
) -> Plan:
    """The plan of `months` months, those of the project file by default. `train_usd` is in usd.

    `unit_cost` and `train_usd` are those of a run; None before there is one. Given figures, cells unfold to what
    those rest on.
    """
    figures = UnitFigures.of(unit_cost) if isinstance(unit_cost, UnitCost) else unit_cost or FREE
    train_usd, months = train_usd or constant(0.0, "usd"), months or project.plan.months
    asked = monthly_requests(project, months)
    start = money.start_cash(project.capital)
    lines = plan_lines(project, asked, figures, train_usd)
    series = {name: [figure.value for figure in lines[name]] for name in ("net", "cash", "cumulative")}
    marks = money.milestones(start.value, series["net"], series["cash"], series["cumulative"])
    writer = LedgerWriter()
    rows = tuple(_month(number, lines, asked[number - 1], figures, writer) for number in range(1, months + 1))
    leaves = assumptions(figure for line in lines.values() for figure in line)
    return Plan(
        months=rows,
        ledger=writer.ledger(),
        **vars(marks),
        assumptions=tuple(FigureRecord.of(leaf) for leaf in leaves),
        remarks=tuple(MessageRecord.of(remark) for remark in remarks(project, leaves, months)),
    )


def plan_lines(project: Project, asked: Sequence[Figure], unit_cost: UnitFigures, train_usd: Figure) -> Lines:
    """The figures of every line of the plan, month by month."""
    months = len(asked)
    lines: Lines = {
        "requests": tuple((figure * MONTH).counted_in("request").named(N_("requests")) for figure in asked),
        "serving": spending.serving(asked, unit_cost),
        "training": spending.training(train_usd.counted_in("usd"), months),
        "team": spending.team(project, months),
        "marketing": spending.marketing(project, months),
        "rounds": money.rounds(project.capital, months),
    }
    lines["revenue"] = _revenue(project, lines["requests"])
    lines["net"] = money.net(lines["revenue"], *(lines[cost] for cost in ("serving", "training", "team", "marketing")))
    lines["cash"] = money.cash(money.start_cash(project.capital), lines["net"], lines["rounds"])
    lines["cumulative"] = money.cumulative(lines["net"])
    return lines


def _revenue(project: Project, requests: Sequence[Figure]) -> tuple[Figure, ...]:
    """Requests × price; every request is paid for."""
    price = assumption(
        project.demand, "price_per_1k_requests", "usd/1k request", N_("price per 1,000 requests"), "demand"
    )
    return tuple((asked * price).counted_in("usd").named(N_("revenue")) for asked in requests)


def _month(number: int, lines: Lines, asked: Figure, unit_cost: UnitFigures, writer: LedgerWriter) -> Month:
    machines = unit_cost.machines(asked)
    return Month(
        month=number,
        cells={name: writer.number(lines[name][number - 1]) for name in LINES},
        values={name: lines[name][number - 1].value for name in LINES},
        machines=int(machines.value) if machines else 0,
    )


def assumptions(cells: Iterable[Figure]) -> tuple[Figure, ...]:
    """The leaves with a source, each once: assumed before published before measured, else in order of first use."""
    leaves = dict.fromkeys(leaf for leaf in derived(0.0, "1", "plan", cells).leaves() if leaf.sources)
    return tuple(sorted(leaves, key=lambda leaf: STRENGTH[leaf.provenance]))


def remarks(project: Project, leaves: Sequence[Figure], months: int) -> tuple[Message, ...]:
    """What a reader must know to read the plan right."""
    said = [say("the model is trained once, in month 1; later trainings are not counted")]
    ranged = tuple(dict.fromkeys(leaf.name for leaf in leaves if leaf.low is not None))
    if ranged:
        said.append(say("given as ranges, counted by their middle: {figures}", figures=ranged))
    if any(channel.customers_per_1k_usd.value for channel in project.marketing):
        said.append(say("customers that marketing wins ask from the month in which they are won, and none leaves"))
    if not project.demand.price_per_1k_requests.value:
        said.append(say("demand.price_per_1k_requests is not given or 0: the plan has no revenue"))
    if not project.team:
        said.append(say("no [[team]] is given: nobody is paid in this plan"))
    late = tuple(round_.month for round_ in project.capital.round if round_.month > months)
    if late:
        said.append(say("funding rounds after the last month of the plan are left out: month {month}", month=late))
    return tuple(said)
