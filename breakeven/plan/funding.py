"""Money that comes from outside, month by month: rounds, and loans with their interest and repayment; and the tax.

    owed(m)      = usd × (1 - parts paid before m ÷ term)
    interest(m)  = owed(m) × rate a year ÷ 12, from the month after the loan until it is paid back
    repayment(m) = usd ÷ term, in `term` months, the first after the grace months
    tax(m)       = tax rate × what the running sum of profit rises above its highest point so far
"""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.core.figure import Figure, constant, pick, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.months import MONTH, NO_USD, Series, added, paid
from breakeven.records.money import Loan, PlanSettings
from breakeven.records.project import Capital


def start_cash(capital: Capital) -> Figure:
    return assumption(capital, "cash_usd", "usd", N_("cash at the start"), "capital")


def rounds(capital: Capital, months: int) -> Series:
    """The money that comes in by funding rounds, in usd of each month."""
    raised = [
        (round_.month, assumption(round_, "usd", "usd", N_("funding round"), f"capital.round[{number}]"))
        for number, round_ in enumerate(capital.round, 1)
    ]
    return tuple(
        total((usd for month_, usd in raised if month_ == month), "usd", N_("rounds"))
        for month in range(1, months + 1)
    )


def loans(capital: Capital, months: int) -> tuple[Series, Series]:
    """(drawn less repaid, interest) of all loans, in usd of each month."""
    found = [_loan(loan, f"capital.loan[{number}]", months) for number, loan in enumerate(capital.loan, 1)]
    return (
        added([flows for flows, _ in found], months, N_("loans")),
        added([interest for _, interest in found], months, N_("interest")),
    )


def _loan(loan: Loan, key: str, months: int) -> tuple[Series, Series]:
    lent = assumption(loan, "usd", "usd", N_("loan"), key)
    rate = assumption(loan, "rate_per_year", "1/year", N_("interest a year"), key)
    part = -(lent / constant(loan.term_months, "1", N_("months in which a loan is paid back")))
    first = loan.month + loan.grace_months + 1
    repaid = paid(part.named(N_("repayment")), months, first, first + loan.term_months - 1)
    flows = added([paid(lent, months, loan.month, loan.month), repaid], months, N_("loan"))
    return flows, tuple(_interest(lent, rate, loan, month) for month in range(1, months + 1))


def _interest(lent: Figure, rate: Figure, loan: Loan, month: int) -> Figure:
    parts_paid = max(0, month - loan.month - loan.grace_months - 1)
    if month <= loan.month or parts_paid >= loan.term_months:
        return NO_USD
    owed = lent * constant(1 - parts_paid / loan.term_months, "1", N_("part of the loan that is owed"))
    return (owed * rate * MONTH).counted_in("usd").named(N_("interest"))


def tax(settings: PlanSettings, profit: Sequence[Figure]) -> Series:
    """Tax on profit after all earlier losses are set off, in usd of each month."""
    if not counts(settings, "tax_rate"):
        return (NO_USD,) * len(profit)
    rate = assumption(settings, "tax_rate", "1", N_("tax on profit"), "plan")
    highest, so_far, series = NO_USD, NO_USD, []
    for earned in profit:
        so_far = so_far + earned
        risen = pick(max, (so_far, highest), N_("highest running profit"))
        series.append(((risen - highest) * rate).named(N_("tax")))
        highest = risen
    return tuple(series)
