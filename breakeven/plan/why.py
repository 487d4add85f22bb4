"""Why a number of the plan is what it is: the sentence behind it, the cells that decide it, and their trees.

A cell is asked for by its line and month, `serving@3`. What the plan says as a whole (`break_even_month`) is no cell:
it is a statement on a line, and its trees are those of the months that decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from breakeven.core.errors import UsageError
from breakeven.core.figure import Provenance
from breakeven.core.words import Message, say
from breakeven.plan.cash import HALF_A_MICRO_DOLLAR
from breakeven.plan.folded import Branch, Folder
from breakeven.plan.schedule import did_you_mean
from breakeven.plan.unfold import leaves
from breakeven.records.plan import Plan
from breakeven.records.record import FigureRecord

Cell = tuple[str, int]
"""(line, month)."""
Statement = tuple[Message, tuple[Cell, ...]]
"""The sentence, and the cells that decide it."""


@dataclass(frozen=True)
class Why:
    """The answer to `asked`: a sentence, the trees of the cells (or figures) that decide it, and all their leaves."""

    asked: str
    says: Message
    trees: tuple[tuple[str, Branch], ...]
    leaves: tuple[FigureRecord, ...]


def why(plan: Plan, asked: str, deepest: int | None = None) -> Why:
    """Why `asked` is what it is. Raises UsageError for a name or month that the plan does not have."""
    says, numbers = _numbers(plan, asked)
    folder = Folder(plan.ledger, deepest)
    rests = dict.fromkeys(leaf for number in numbers.values() for leaf in leaves(plan.ledger, number) if leaf.sources)
    ordered = sorted(rests, key=lambda leaf: list(Provenance).index(leaf.provenance))
    trees = tuple((title, folder.tree(number)) for title, number in numbers.items())
    return Why(asked, says, trees, tuple(ordered))


def _numbers(plan: Plan, asked: str) -> tuple[Message, dict[str, int]]:
    """The sentence, and the ledger numbers that decide it by title. Raises UsageError."""
    line, at, month = asked.partition("@")
    sums = figures_of(plan)
    if not at and line in sums:
        return sums[line]
    if at:
        says, cells = _cell(plan, line, month)
    elif line in STATEMENTS:
        says, cells = STATEMENTS[line](plan)
    else:
        raise UsageError(say("the plan says nothing of {name}", name=asked), "--why", _hint(plan, asked))
    return says, {f"{name}@{number}": plan.months[number - 1].cells[name] for name, number in dict.fromkeys(cells)}


def figures_of(plan: Plan) -> dict[str, tuple[Message, dict[str, int]]]:
    """What the plan keeps as figures of its own: those that investors ask for, the need for capital and its parts."""
    found = {one.name: (one.why.message(), {} if one.cell is None else {one.name: one.cell}) for one in plan.kpis}
    need = plan.need
    if need is None:
        return found
    says = say(
        "{usd} are needed from outside, rounds and loans left aside; the product has taken most by month {month}",
        usd=need.total.usd, month=need.month,
    )
    found["capital_need"] = (says, {"capital_need": need.total.cell})
    for part in need.parts:
        found[part.name] = (say("{usd} until month {month}, when the product has taken most",
                                usd=part.usd, month=need.month), {part.name: part.cell})
    return found


def lines_of(plan: Plan) -> tuple[str, ...]:
    """The lines of which every month has a cell."""
    return tuple(plan.months[0].cells) if plan.months else ()


def _hint(plan: Plan, asked: str) -> Message:
    """What could have been meant: a statement, or a line with a month."""
    line = asked.partition("@")[0]
    names = (*figures_of(plan), *STATEMENTS)
    if line in lines_of(plan):
        return say("name a month: {name}", name=f"{line}@1")
    return did_you_mean(line, (*dict.fromkeys(names), *(f"{name}@1" for name in lines_of(plan))))


def _cell(plan: Plan, line: str, month: str) -> Statement:
    """One cell. Raises UsageError."""
    if line not in lines_of(plan):
        raise UsageError(say("the plan has no line {name}", name=line), "--why", did_you_mean(line, lines_of(plan)))
    last = len(plan.months)
    if not month.isdecimal() or not 1 <= int(month) <= last:
        raise UsageError(
            say("the plan has no month {month}", month=month or "—"), "--why",
            say("it has the months 1 to {month}", month=last),
        )
    return say("{line} of month {month}", line=line, month=int(month)), ((line, int(month)),)


def _stays_above(line: str, first: int | None, plan: Plan) -> Statement:
    """From which month on a line stays at or above zero: the last month below and the first one above decide."""
    below = [month.month for month in plan.months if month.values[line] < -HALF_A_MICRO_DOLLAR]
    if first is None:
        month = plan.months[-1]
        said = say("{line} is below zero in the last month of the plan, {month}: {usd}; so there is no such month",
                   line=line, month=month.month, usd=month.values[line])
        return said, ((line, month.month),)
    if not below:
        return say("{line} is never below zero in the plan", line=line), ((line, 1),)
    said = say(
        "{line} is below zero for the last time in month {last_month} ({last_usd}) and not again from month "
        "{first_month} ({first_usd}) to the end, month {end_month}",
        line=line, last_month=below[-1], last_usd=plan.months[below[-1] - 1].values[line], first_month=first,
        first_usd=plan.months[first - 1].values[line], end_month=len(plan.months),
    )
    return said, ((line, first), (line, below[-1]))


def _runway(plan: Plan) -> Statement:
    if plan.runway_months is None:
        said = say("cash never ends below zero in the plan; it is lowest in month {month}: {usd}",
                   month=plan.lowest_cash_month, usd=plan.lowest_cash_usd)
        return said, (("cash", plan.lowest_cash_month),)
    first = plan.months[plan.runway_months]
    said = say("cash ends below zero for the first time in month {month}: {usd}",
               month=first.month, usd=first.values["cash"])
    return said, (("cash", first.month),)


def _lowest_cash(plan: Plan) -> Statement:
    said = say("cash is lowest at the end of month {month}: {usd}",
               month=plan.lowest_cash_month, usd=plan.lowest_cash_usd)
    return said, (("cash", plan.lowest_cash_month),)


def _capital_need(plan: Plan) -> Statement:
    said = say(
        "{need_usd} must be there at the start: then cash, which is lowest at the end of month {month} ({usd} by the "
        "plan as it stands), does not fall below zero",
        need_usd=plan.capital_need_usd, month=plan.lowest_cash_month, usd=plan.lowest_cash_usd,
    )
    return said, (("cash", plan.lowest_cash_month),)


STATEMENTS: Mapping[str, Callable[[Plan], Statement]] = {
    "break_even_month": lambda plan: _stays_above("net", plan.break_even_month, plan),
    "paid_back_month": lambda plan: _stays_above("cumulative", plan.paid_back_month, plan),
    "runway_months": _runway,
    "lowest_cash": _lowest_cash,
    "lowest_cash_usd": _lowest_cash,
    "lowest_cash_month": _lowest_cash,
    "capital_need": _capital_need,
    "capital_need_usd": _capital_need,
}
