"""What a plan comes to, for an array of draws at once: the same definitions as for one plan in `cash.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from breakeven.plan.cash import HALF_A_MICRO_DOLLAR
from breakeven.plan.replay import Draws, Value, replay
from breakeven.records.plan import Plan
from breakeven.records.uncertainty import Outcome


@dataclass(frozen=True)
class Outcomes:
    """Arrays (draws,) in usd and months, `cash` (months, draws). A month that is never reached is infinite."""

    break_even_month: Draws
    runway_months: Draws
    lowest_cash_usd: Draws
    capital_need_usd: Draws
    cash: Draws

    def record(self, draw: int) -> Outcome:
        """One of the draws as a record."""
        return Outcome(
            break_even_month=_month(self.break_even_month[draw]),
            runway_months=_month(self.runway_months[draw]),
            lowest_cash_usd=float(self.lowest_cash_usd[draw]),
            capital_need_usd=float(self.capital_need_usd[draw]),
            end_cash_usd=float(self.cash[-1, draw]),
        )


def _month(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None


def outcomes(plan: Plan, leaves: Mapping[int, Value], draws: int) -> Outcomes:
    """What the plan comes to with other values of some leaves, arrays of (draws,) each."""
    lines = {line: [month.cells[line] for month in plan.months] for line in ("net", "cash")}
    start = start_of(plan)
    found = replay(plan.ledger, leaves, [*lines["net"], *lines["cash"], start])
    net, cash = (np.stack([np.broadcast_to(found[n], draws) for n in lines[line]]) for line in ("net", "cash"))
    lowest = cash.min(axis=0)
    return Outcomes(
        break_even_month=stays_from(net),
        runway_months=lasts(cash),
        lowest_cash_usd=lowest,
        capital_need_usd=np.maximum(0.0, np.broadcast_to(found[start], draws) - lowest),
        cash=cash,
    )


def start_of(plan: Plan) -> int:
    """The number of the cash before month 1: the first part of that of month 1."""
    return plan.ledger.entries[plan.months[0].cells["cash"]].parts[0]


def stays_from(net: Draws) -> Draws:
    """The first month from which on (months, draws) stays at or above zero; infinite if it ends below."""
    months = np.arange(1, len(net) + 1)[:, None]
    last_below = np.where(net < -HALF_A_MICRO_DOLLAR, months, 0).max(axis=0)
    return np.where(last_below == len(net), np.inf, last_below + 1.0)


def lasts(cash: Draws) -> Draws:
    """The last month before (months, draws) first ends below zero; infinite if it never does."""
    red = cash < -HALF_A_MICRO_DOLLAR
    return np.where(red.any(axis=0), red.argmax(axis=0), np.inf)
