"""The capital that the product needs, in four parts, and where it goes until cash is lowest.

    trough      = - the lowest running sum of all that the product pays and is paid, rounds and loans left aside
                = compute + research + marketing + talent + serving + interest and tax - paid by customers, until then
    contingency = contingency × the four parts until then
    buffer      = buffer_usd + buffer_months × all costs of the month in which cash is lowest
    total       = trough + contingency + buffer
"""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.core.figure import Figure, constant, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.cash import HALF_A_MICRO_DOLLAR
from breakeven.plan.ledger import LedgerWriter
from breakeven.plan.lines import COSTS, PART_NAMES, Lines
from breakeven.plan.months import NO_USD
from breakeven.records.plan import Need, Part, Sum
from breakeven.records.project import Project


def need_of(project: Project, made: Lines, writer: LedgerWriter) -> Need:
    """The need for capital of a plan; its sums go into the ledger."""
    month = trough_month(made)
    parts = {name: _sums(terms, month) for name, terms in made.parts.items()}
    sums = {name: total(terms.values(), "usd", PART_NAMES[name]) for name, terms in parts.items()}
    all_parts = total(sums.values(), "usd", N_("the four parts"))
    beside = _beside(made, month)
    *added, paid = beside.values()
    trough = (total((all_parts, *added), "usd") - paid).named(N_("taken until cash is lowest"))
    contingency = _contingency(project, all_parts)
    buffer = _buffer(project, made, month)
    whole = total((trough, contingency, buffer), "usd", N_("capital needed"))

    def kept(name: str, figure: Figure) -> Sum:
        return Sum(name=name, usd=figure.value, cell=writer.number(figure))

    return Need(
        month=month,
        parts=tuple(
            Part(name=name, terms=tuple(kept(term, usd) for term, usd in terms.items() if usd.value),
                 usd=sums[name].value, cell=writer.number(sums[name]), plan_usd=_whole_plan(made, name))
            for name, terms in parts.items()
        ),
        parts_usd=all_parts.value,
        beside=tuple(kept(name, figure) for name, figure in beside.items()),
        trough=kept("trough", trough), contingency=kept("contingency", contingency), buffer=kept("buffer", buffer),
        total=kept("total", whole),
        funded_usd=_funded(made, month),
    )  # fmt: skip


def trough_month(made: Lines) -> int:
    """When the product has taken most; 0 if it never takes more than it brings."""
    so_far, lowest, found = 0.0, -HALF_A_MICRO_DOLLAR, 0
    for month, flow in enumerate(made.own_flow, 1):
        so_far += flow.value
        if so_far < lowest:
            lowest, found = so_far, month
    return found


def _sums(terms: dict[str, Sequence[Figure]] | dict[str, tuple[Figure, ...]], month: int) -> dict[str, Figure]:
    """Each term summed over the months to `month`."""
    return {name: _until(series, month, name) for name, series in terms.items()}


def _until(series: Sequence[Figure], month: int, name: str) -> Figure:
    return total((usd for usd in series[:month] if usd.parts or usd.value), "usd", name)


def _whole_plan(made: Lines, part: str) -> float:
    return sum(usd.value for series in made.parts[part].values() for usd in series)


def _beside(made: Lines, month: int) -> dict[str, Figure]:
    """What stands beside the four parts; the last one is taken off."""
    names = {
        "serving": N_("serving"), "interest": N_("interest"), "tax": N_("tax"), "received": N_("paid by customers"),
    }  # fmt: skip
    return {line: _until(made.lines[line], month, name) for line, name in names.items()}


def _contingency(project: Project, parts: Figure) -> Figure:
    if not counts(project.plan, "contingency"):
        return NO_USD.named(N_("contingency"))
    share = assumption(project.plan, "contingency", "1", N_("put aside for what nobody thought of"), "plan")
    return (parts * share).named(N_("contingency"))


def _buffer(project: Project, made: Lines, month: int) -> Figure:
    """What stays in the bank at the lowest point."""
    found: list[Figure] = []
    if counts(project.plan, "buffer_usd"):
        found.append(assumption(project.plan, "buffer_usd", "usd", N_("buffer"), "plan"))
    if project.plan.buffer_months:
        at = max(month, 1) - 1
        costs = total((made.lines[line][at] for line in COSTS), "usd", N_("all costs"))
        found.append(costs * constant(project.plan.buffer_months, "1", N_("months of costs kept as a buffer")))
    return total(found, "usd", N_("buffer"))


def _funded(made: Lines, month: int) -> float:
    """What is there and comes from outside until then: cash at the start, rounds, loans less what is paid back."""
    outside = [usd.value for line in ("rounds", "loans") for usd in made.lines[line][:month]]
    return made.start.value + sum(outside)
