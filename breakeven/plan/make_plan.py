"""The capital plan: the graph of its lines, and all that is said of it, every cell in the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from breakeven.core.figure import STRENGTH, Figure, derived
from breakeven.plan import cash as money
from breakeven.plan.hosted_or_own import build_or_buy_of
from breakeven.plan.kpis import kpis_of
from breakeven.plan.ledger import LedgerWriter
from breakeven.plan.lines import Lines, plan_lines
from breakeven.plan.need import need_of
from breakeven.plan.next_dollars import next_dollars
from breakeven.plan.remarks import remarks, unknown
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.cost import UnitCost
from breakeven.records.plan import LINES, Month, Plan
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord, MessageRecord


def make_plan(
    project: Project,
    unit_cost: UnitCost | UnitFigures | None = None,
    train_usd: Figure | None = None,
    months: int | None = None,
) -> Plan:
    """The plan of `months` months, those of the project file by default. `train_usd` is in usd.

    `unit_cost` and `train_usd` are those of a run; None before there is one. Given figures, cells unfold to what
    those rest on. Raises ProjectError for what the project file does not tell and nothing else knows.
    """
    measured = UnitFigures.of(unit_cost) if isinstance(unit_cost, UnitCost) else unit_cost
    made = plan_lines(project, months or project.plan.months, measured, train_usd)
    writer = LedgerWriter()
    rows = tuple(_month(number, made, writer) for number in range(1, len(made.asked) + 1))
    need, kpis = need_of(project, made, writer), kpis_of(project, made, writer)
    leaves = assumptions(figure for line in made.lines.values() for figure in line)
    return Plan(
        months=rows,
        ledger=writer.ledger(),
        **vars(_milestones(made)),
        assumptions=tuple(FigureRecord.of(leaf) for leaf in leaves),
        unknown=tuple(MessageRecord.of(one) for one in unknown(made)),
        remarks=tuple(MessageRecord.of(remark) for remark in remarks(project, made, leaves, measured)),
        need=need,
        kpis=kpis,
        build_or_buy=build_or_buy_of(project, made, measured),
        next_dollars=next_dollars(project, made, measured, train_usd),
    )


def _milestones(made: Lines) -> money.Milestones:
    values = {name: [figure.value for figure in made.lines[name]] for name in ("net", "cash", "cumulative")}
    return money.milestones(made.start.value, values["net"], values["cash"], values["cumulative"])


def _month(number: int, made: Lines, writer: LedgerWriter) -> Month:
    machines = made.machines[number - 1]
    return Month(
        month=number,
        cells={name: writer.number(made.lines[name][number - 1]) for name in LINES},
        values={name: made.lines[name][number - 1].value for name in LINES},
        machines=int(machines.value) if machines else 0,
    )


def assumptions(cells: Iterable[Figure]) -> tuple[Figure, ...]:
    """The leaves with a source, each once: assumed before published before measured, else in order of first use."""
    leaves = dict.fromkeys(leaf for leaf in derived(0.0, "1", "plan", cells).leaves() if leaf.sources)
    return tuple(sorted(leaves, key=lambda leaf: STRENGTH[leaf.provenance]))
