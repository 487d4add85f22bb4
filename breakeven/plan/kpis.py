"""What investors ask for: each a figure of the graph, or None with the reason why it cannot be told.

    gross margin   = (revenue - serving) ÷ revenue, over the plan
    NPV            = Σ flow(m) ÷ (1 + r)^(m ÷ 12), of what the product itself brings and takes
    IRR            = the r at which NPV is 0
    burn multiple  = what the first year burns ÷ what its recurring revenue grows by, as a year's
    CAC            = marketing ÷ customers won, over the plan
    LTV            = recurring revenue of a customer a month × gross margin ÷ churn a month
    CAC payback    = CAC ÷ (recurring revenue of a customer a month × gross margin)
    runway by burn = cash at the start ÷ mean net burn of the first three months
"""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.core.figure import Figure, constant, power, total
from breakeven.core.words import N_, Message, say
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.customers import ALL, churn
from breakeven.plan.ledger import LedgerWriter
from breakeven.plan.lines import Lines
from breakeven.plan.months import MONTH
from breakeven.plan.rate_of_return import rate_of_return
from breakeven.records.plan import Kpi
from breakeven.records.project import Project
from breakeven.records.record import MessageRecord

Found = Figure | Message
"""A figure, or the reason why there is none."""
YEAR = 12
FIRST_MONTHS = 3


def kpis_of(project: Project, made: Lines, writer: LedgerWriter) -> tuple[Kpi, ...]:
    """All of them, in the order in which they are shown."""
    found: dict[str, tuple[Found, str, Message]] = {
        "gross_margin": (gross_margin(made), "1",
                         say("what is left of a dollar of revenue after serving, over the plan")),
        "npv": (net_present_value(project, made), "usd", say("of what the product itself brings and takes, today")),
        "burn_multiple": (burn_multiple(made), "1",
                          say("dollars burnt for a new dollar of recurring revenue a year, in the first year; below 1 "
                              "is excellent, above 2 is poor")),
        "cac": (acquisition_cost(made), "usd/customer", say("marketing for each customer won, over the plan")),
        "ltv": (lifetime_value(project, made), "usd/customer", say("gross profit of a customer until it leaves")),
        "ltv_over_cac": (_over(lifetime_value(project, made), acquisition_cost(made)), "1",
                         say("3 and more is healthy")),
        "cac_payback": (cac_payback(made), "month", say("months until a customer has paid back what winning it cost")),
        "runway_by_burn": (runway_by_burn(made), "month", say("cash at the start by the mean burn of the first "
                                                              "months; the month of zero cash is the exact one")),
    }  # fmt: skip
    kept = [_kpi(name, value, unit, means, writer) for name, (value, unit, means) in found.items()]
    kept.insert(2, _irr(made))
    return tuple(kept)


def _kpi(name: str, found: Found, unit: str, means: Message, writer: LedgerWriter) -> Kpi:
    if isinstance(found, Message):
        return Kpi(name=name, value=None, unit=unit, why=MessageRecord.of(found))
    figure = found.counted_in(unit).named(TITLES[name])
    return Kpi(name=name, value=figure.value, unit=unit, cell=writer.number(figure), why=MessageRecord.of(means))


TITLES = {
    "gross_margin": N_("gross margin"), "npv": N_("net present value"), "irr": N_("internal rate of return, a year"),
    "burn_multiple": N_("burn multiple"), "cac": N_("cost of winning a customer"),
    "ltv": N_("lifetime value of a customer"), "ltv_over_cac": N_("lifetime value ÷ cost of winning"),
    "cac_payback": N_("payback of winning a customer"), "runway_by_burn": N_("runway at the first months' burn"),
}  # fmt: skip


def _sum(series: Sequence[Figure], unit: str, name: str) -> Figure:
    return total((one for one in series if one.parts or one.value), unit, name)


def gross_margin(made: Lines) -> Found:
    """(revenue - serving) ÷ revenue over all months."""
    earned = _sum(made.lines["revenue"], "usd", N_("revenue"))
    if not earned.value:
        return say("there is no revenue")
    if not made.answered:
        return say("what answering costs is not known")
    return (earned - _sum(made.lines["serving"], "usd", N_("serving"))) / earned


def net_present_value(project: Project, made: Lines) -> Found:
    """Σ flow ÷ (1 + r)^(m ÷ 12); a month's flow counts at its end."""
    rate = assumption(project.plan, "discount_rate_per_year", "1", N_("discount rate a year"), "plan")
    year = ALL + rate
    parts = [
        flow / power(year, month / YEAR, N_("discount factor"))
        for month, flow in enumerate(made.own_flow, 1) if flow.parts or flow.value
    ]  # fmt: skip
    return total(parts, "usd", N_("net present value"))


def _irr(made: Lines) -> Kpi:
    """No formula of the graph: the root of a polynomial, found from the months' flows."""
    found = rate_of_return([flow.value for flow in made.own_flow])
    value = found if isinstance(found, float) else None
    why = say("the discount rate at which the plan is worth nothing") if value is not None else found
    assert isinstance(why, Message)
    return Kpi(name="irr", value=value, unit="1", why=MessageRecord.of(why))


def burn_multiple(made: Lines) -> Found:
    """Net burn of the first year ÷ growth of the recurring revenue in it, counted as a year's."""
    last = min(YEAR, len(made.own_flow))
    burnt = -_sum(made.own_flow[:last], "usd", N_("paid and received"))
    grown = (made.recurring[last - 1] - made.recurring[0]) * constant(YEAR, "1", N_("months of a year"))
    if burnt.value <= 0:
        return say("the first year burns nothing")
    if grown.value <= 0:
        return say("recurring revenue does not grow in the first year")
    return burnt / grown


def acquisition_cost(made: Lines) -> Found:
    """Marketing ÷ customers won."""
    won = _sum(made.won, "customer", N_("customers won"))
    if won.value <= 0:
        return say("the plan wins no customers: give [[marketing]] customers_per_1k_usd, or [customers]")
    spent = _sum(made.lines["marketing"], "usd", N_("marketing"))
    if not spent.value:
        return say("there is no marketing: customers come by themselves")
    return spent / won


def monthly_profit(made: Lines) -> Found:
    """Gross profit of a customer a month, in usd/customer/month."""
    there = _sum([one * MONTH for one in made.lines["customers"]], "customer·month", N_("months of customers"))
    margin = gross_margin(made)
    if not there.value:
        return say("the plan counts no customers: give [customers] or [[marketing]]")
    if isinstance(margin, Message):
        return margin
    earned = _sum(made.recurring, "usd", N_("recurring revenue"))
    return earned / there * margin if earned.value else say("there is no recurring revenue")


def lifetime_value(project: Project, made: Lines) -> Found:
    """Gross profit of a customer a month ÷ churn."""
    profit = monthly_profit(made)
    if isinstance(profit, Message):
        return profit
    if not counts(project.customers, "churn_per_month") or not churn(project.customers).value:
        return say("no churn is given: a customer who never leaves has no lifetime; give customers.churn_per_month")
    return profit / churn(project.customers)


def cac_payback(made: Lines) -> Found:
    """CAC ÷ gross profit of a customer a month."""
    profit = monthly_profit(made)
    if not isinstance(profit, Message) and profit.value <= 0:
        return say("a customer brings no gross profit")
    return _over(acquisition_cost(made), profit)


def runway_by_burn(made: Lines) -> Found:
    """Cash at the start ÷ mean net burn of the first months."""
    first = made.own_flow[:FIRST_MONTHS]
    burnt = -_sum(first, "usd", N_("paid and received")) / constant(len(first), "month", N_("months"))
    return made.start / burnt if burnt.value > 0 else say("the first months burn nothing")


def _over(above: Found, below: Found) -> Found:
    if isinstance(above, Message):
        return above
    return below if isinstance(below, Message) else above / below


