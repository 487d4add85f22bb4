"""The internal rate of return: the yearly rate at which money that flows month by month is worth nothing today.

    0 = Σ flow(m) ÷ (1 + i)^m,  rate = (1 + i)^12 - 1
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from breakeven.core.words import Message, say

LOWEST, HIGHEST = math.log(0.01), math.log(1e6)
"""Between these logarithms of the yearly factor the rate is looked for: a loss of 99 % to a millionfold a year."""
STEPS = 1500


def rate_of_return(flows: Sequence[float]) -> float | Message:
    """The yearly rate, as a part of one; or why there is none."""
    if not any(flow < 0 for flow in flows):
        return say("nothing is put in: no month pays more than it receives")
    if not any(flow > 0 for flow in flows):
        return say("no month receives more than it pays")
    grid = [LOWEST + (HIGHEST - LOWEST) * step / STEPS for step in range(STEPS + 1)]
    worth = [_worth(flows, rate) for rate in grid]
    roots = [step for step in range(STEPS) if (worth[step] < 0) != (worth[step + 1] < 0)]
    if not roots:
        return say("what comes back is less than what is put in, at every rate")
    if len(roots) > 1:
        return say("{count} rates fit: the flow changes its sign more than once", count=len(roots))
    return math.expm1(_root(flows, grid[roots[0]], grid[roots[0] + 1]))


def _worth(flows: Sequence[float], rate: float) -> float:
    """The sign of the present value at the yearly rate whose factor has the logarithm `rate` (Horner's scheme).

    It is multiplied by a power of the factor where the rate is negative, so that nothing overflows.
    """
    factor, worth = math.exp(-abs(rate) / 12), 0.0
    for flow in reversed(flows) if rate >= 0 else flows:
        worth = worth * factor + flow
    return worth


def _root(flows: Sequence[float], low: float, high: float) -> float:
    """Halving, to a part in 10^12."""
    below = _worth(flows, low) < 0
    while high - low > 1e-12 * max(1.0, abs(low)):
        middle = (low + high) / 2
        low, high = (middle, high) if (_worth(flows, middle) < 0) == below else (low, middle)
    return (low + high) / 2
