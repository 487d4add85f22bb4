"""How sure a plan is: the plan on thousands of draws of its ranges.

Percentiles of a month count the draws that never get there as later than any month of the plan; how many these are is
told apart. The draws are quasi-random with a fixed seed: the same plan says the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breakeven.plan.draws import drawn, exact, ranged
from breakeven.plan.outcome import outcomes
from breakeven.plan.replay import Draws
from breakeven.records.plan import Plan
from breakeven.records.uncertainty import Band, Uncertainty

DRAWS = 4096
SEED = 20_261_122
SHARES = (0.1, 0.5, 0.9)


def uncertainty(plan: Plan, draws: int = DRAWS, seed: int = SEED) -> Uncertainty:
    """The bands of a plan. `draws` is a power of two; a plan without any range is one draw of itself."""
    numbers = ranged(plan.ledger)
    count = draws if numbers else 1
    found = outcomes(plan, drawn(plan.ledger, numbers, count, seed), count)
    return Uncertainty(
        draws=count, seed=seed, ranged=len(numbers), exact=len(exact(plan.ledger)),
        cash=tuple(Band(p10=p10, p50=p50, p90=p90) for p10, p50, p90 in np.quantile(found.cash, SHARES, axis=1).T),
        end_cash_usd=_band(found.cash[-1]),
        lowest_cash_usd=_band(found.lowest_cash_usd),
        capital_need_usd=_band(found.capital_need_usd),
        break_even_month=_months(found.break_even_month),
        never_breaks_even=_share(np.isinf(found.break_even_month)),
        out_of_cash=_share(np.isfinite(found.runway_months)),
    )


def _band(values: Draws) -> Band:
    p10, p50, p90 = np.quantile(values, SHARES)
    return Band(p10=float(p10), p50=float(p50), p90=float(p90))


def _months(values: Draws) -> Band:
    """Whole months, none between two of them; None where the plan is over before."""
    ends = np.quantile(values, SHARES, method="inverted_cdf")
    p10, p50, p90 = (float(end) if np.isfinite(end) else None for end in ends)
    return Band(p10=p10, p50=p50, p90=p90)


def _share(happens: NDArray[np.bool_]) -> float:
    return float(np.mean(happens))
