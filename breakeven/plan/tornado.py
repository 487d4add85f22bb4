"""Which figure moves the plan most: each at its two ends, all others as the plan has them.

The swings are sorted by how far they move the break-even month, where it is never reached counted as the month after
the plan; those that move it equally by how far they move the cash at the end, then the need for capital.
"""

from __future__ import annotations

import numpy as np

from breakeven.plan.draws import has_range, ranged
from breakeven.plan.outcome import outcomes
from breakeven.records.ledger import Ledger
from breakeven.records.plan import Plan
from breakeven.records.record import FigureRecord
from breakeven.records.uncertainty import Outcome, Swing, Tornado

TENTH = 0.1


def tornado(plan: Plan, everything: bool = False) -> Tornado:
    """The swings of the figures with a range; with `everything` of the others too, each a tenth down and up."""
    numbers = figures_with_source(plan.ledger) if everything else ranged(plan.ledger)
    ends = {number: ends_of(plan.ledger.entries[number].figure) for number in numbers}
    count = 2 * len(numbers) + 1
    leaves = {}
    for place, number in enumerate(numbers):
        leaves[number] = np.full(count, plan.ledger.entries[number].figure.value)
        leaves[number][1 + 2 * place : 3 + 2 * place] = ends[number]
    found = outcomes(plan, leaves, count)
    swings = [
        Swing(
            figure=plan.ledger.entries[number].figure, low=ends[number][0], high=ends[number][1],
            ranged=has_range(plan.ledger.entries[number].figure),
            at_low=found.record(1 + 2 * place), at_high=found.record(2 + 2 * place),
        )
        for place, number in enumerate(numbers)
    ]
    after = len(plan.months) + 1
    return Tornado(base=found.record(0), swings=tuple(sorted(swings, key=lambda one: _width(one, after), reverse=True)))


def figures_with_source(ledger: Ledger) -> list[int]:
    """The leaves that rest on something outside the formulas, those of value 0 left out unless they have a range."""
    return [
        number for number, entry in enumerate(ledger.entries)
        if not entry.parts and entry.figure.sources and (entry.figure.value or has_range(entry.figure))
    ]


def ends_of(figure: FigureRecord) -> tuple[float, float]:
    """The ends of its range; without one, a tenth below and above its value."""
    if has_range(figure) and figure.low is not None and figure.high is not None:
        return figure.low, figure.high
    less, more = sorted((figure.value * (1 - TENTH), figure.value * (1 + TENTH)))
    return less, more


def _width(swing: Swing, after: int) -> tuple[float, ...]:
    """How far the swing moves the break-even month, the cash at the end and the need for capital."""
    return tuple(abs(high - low) for low, high in zip(_sizes(swing.at_low, after), _sizes(swing.at_high, after),
                                                      strict=True))


def _sizes(outcome: Outcome, after: int) -> tuple[float, ...]:
    return (outcome.break_even_month or after, outcome.end_cash_usd, outcome.capital_need_usd)
