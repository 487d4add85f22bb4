"""What people call the lines and figures of the plan; terminal, report and spreadsheet say the same."""

from __future__ import annotations

from breakeven.core.words import N_, Message, say
from breakeven.records.plan import Need, NextDollars, Plan

PLAN_TITLES = {
    "requests": N_("requests"), "customers": N_("customers"), "revenue": N_("revenue"), "serving": N_("serving"),
    "training": N_("compute"), "research": N_("research"), "marketing": N_("marketing"), "team": N_("team"),
    "interest": N_("interest"), "tax": N_("tax"), "net": N_("net"), "received": N_("paid by customers"),
    "rounds": N_("funding rounds"), "loans": N_("loans"), "cash": N_("cash"), "cumulative": N_("cumulative net"),
}
PART_TITLES = {
    "compute": N_("compute"), "research": N_("research and development"), "marketing": N_("marketing"),
    "talent": N_("talent"),
}
BESIDE_TITLES = {
    "serving": N_("serving"), "interest": N_("interest"), "tax": N_("tax"), "received": N_("paid by customers"),
}
KPI_TITLES = {
    "gross_margin": N_("gross margin"), "npv": N_("net present value"), "irr": N_("internal rate of return, a year"),
    "burn_multiple": N_("burn multiple"), "cac": N_("cost of winning a customer"),
    "ltv": N_("lifetime value of a customer"), "ltv_over_cac": N_("lifetime value ÷ cost of winning"),
    "cac_payback": N_("payback of winning a customer"), "runway_by_burn": N_("runway at the first months' burn"),
}
COUNTED = ("requests", "customers")
"""Lines that are no money."""


def shown_lines(plan: Plan, lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of which any month has something; what customers pay only where it differs from the revenue."""
    filled = [line for line in lines if line in ("revenue", "net", "cash") or any(m.values[line] for m in plan.months)]
    same = all(month.values["received"] == month.values["revenue"] for month in plan.months)
    return tuple(line for line in filled if not (same and line == "received"))


def need_words(need: Need) -> Message:
    """How much capital, and until when."""
    if not need.month:
        return say("Capital: what customers pay covers all costs from the first month on; {usd} are put aside.",
                   usd=need.total.usd)
    return say("Capital: {usd} are needed; the product has taken most, {trough_usd}, by month {month}.",
               usd=need.total.usd, trough_usd=need.trough.usd, month=need.month)


def funded_words(need: Need) -> Message | None:
    """Whether what is there and planned covers the need; None where nothing is planned."""
    if not need.funded_usd:
        return None
    if need.funded_usd >= need.total.usd:
        return say("Cash at the start, rounds and loans bring {usd} until then: enough, with {left_usd} to spare.",
                   usd=need.funded_usd, left_usd=need.funded_usd - need.total.usd)
    return say("Cash at the start, rounds and loans bring {usd} until then: {missing_usd} are missing.",
               usd=need.funded_usd, missing_usd=need.total.usd - need.funded_usd)


def next_words(one: NextDollars) -> Message:
    """What a thousand dollars more in one place would change."""
    if one.end_cash_usd is None:
        return say("{figures}: not valued; {why}", figures=one.where, why=one.why.message())
    return say("{figures}: {usd} more in the bank at the end ({unit}); {why}", figures=one.where, usd=one.end_cash_usd,
               unit=one.unit.message(), why=one.why.message())
