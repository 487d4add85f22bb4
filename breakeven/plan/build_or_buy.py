"""Build or buy: from which volume on an own model costs no more than a hosted one, over the months of the plan.

    buy(v)   = v × mean price of an answer over the months (API prices fall)
    build(v) = fixed + (training + experiments) ÷ months + per request × v + ceil(v ÷ capacity) × machine a month
    V*       = the smallest v from which on build(v) <= buy(v); none where an answer of a further machine costs as much
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from breakeven.core.words import Message, say
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.plan import BuildOrBuy, Volume
from breakeven.records.record import MessageRecord

POINTS = 41


def same_cost_volume(own: UnitFigures, hosted_usd_per_request: float, further_fixed: float = 0.0) -> float | None:
    """The smallest whole number of requests a month from which on the own model never costs more again.

    Own cost is F + p·v + M·ceil(v ÷ C), a staircase; s = hosted - p is saved on each request. Step k + 1 begins with
    request k·C + 1 and is not dearer there when k·(s·C - M) >= F + M - s, and then neither later. So the last
    crossing is on the last step k that begins too dear: at (F + k·M) ÷ s, or with the step after it. None: each
    further machine costs as much as its answers do there, or more, so that hosted is cheaper at every volume.
    `further_fixed` (usd a month) is added to F.
    """
    fixed = own.fixed.to("usd/month") + further_fixed
    saved = hosted_usd_per_request - own.per_request.to("usd/request")
    if saved <= 0:
        return None
    if own.machine_month is None or own.capacity is None:
        return max(1.0, _whole(fixed / saved))
    month = own.machine_month.to("usd/machine/month")
    full = max(1, math.floor(own.capacity.to("request/machine/month")))
    gain, short = saved * full - month, fixed + month - saved
    if gain >= 0 and short <= 0:
        return 1.0
    if gain <= 0:
        return None
    steps = _whole(short / gain)
    return min(_whole((fixed + steps * month) / saved), steps * full + 1)


def _whole(number: float) -> float:
    """The next whole number; one that is whole but for the last bits of a division stays."""
    return float(math.ceil(number * (1 - 1e-12)))


def build_or_buy(
    api: tuple[str, Sequence[UnitFigures]], own: tuple[str, UnitFigures], once_usd: float, asked: float
) -> BuildOrBuy:
    """An own model beside a hosted one, named each; the hosted one has a price for each month of the plan.

    `once_usd` is what the own model takes to make; `asked` (request/month) is what the plan asks for at its end.
    """
    months = len(api[1])
    mean = math.fsum(month.per_request.to("usd/request") for month in api[1]) / months
    fixed = math.fsum(month.fixed.to("usd/month") for month in api[1]) / months
    volume = same_cost_volume(own[1], mean, once_usd / months - fixed)
    top = max(10 * asked, 3 * (volume or 0), 1000.0)
    points = [top * 10 ** (-4 * (1 - step / (POINTS - 1))) for step in range(POINTS)]
    return BuildOrBuy(
        api=api[0], own=own[0], volume=volume, once_usd=once_usd,
        why=MessageRecord.of(_why(api[0], own[1], mean, volume, months)),
        curve=tuple(
            Volume(requests_per_month=v, own_usd=own_cost(own[1], v) + once_usd / months, api_usd=fixed + mean * v)
            for v in points
        ),
    )  # fmt: skip


def own_cost(own: UnitFigures, requests: float) -> float:
    """What so many requests a month cost on own machines, in usd a month."""
    usd = own.fixed.to("usd/month") + own.per_request.to("usd/request") * requests
    if own.machine_month is None or own.capacity is None:
        return usd
    machines = max(1, math.ceil(requests / own.capacity.to("request/machine/month") - 1e-9))
    return usd + machines * own.machine_month.to("usd/machine/month")


def _why(api: str, own: UnitFigures, mean: float, volume: float | None, months: int) -> Message:
    if volume is not None:
        return say("from {requests} requests a month on the own model costs no more than {name}, over {months} months, "
                   "whole machines and its training counted", requests=volume, name=api, months=months)
    each = own.per_request.to("usd/request")
    if own.machine_month is not None and own.capacity is not None:
        each += own.machine_month.to("usd/machine/month") / own.capacity.to("request/machine/month")
    return say("no break-even: an answer of {name} costs {api_usd} on average over {months} months, one of a full own "
               "machine {own_usd}", name=api, api_usd=mean, months=months, own_usd=each)
