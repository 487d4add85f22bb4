"""One job on every machine, in the terminal: the answer first, then the rows, then buy against rent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from breakeven.core.words import N_, Message, say
from breakeven.interfaces.numbers import shown_in
from breakeven.interfaces.terminal.prices import PriceScreen

if TYPE_CHECKING:
    from breakeven.records.price import Rate
    from breakeven.stages.compare_prices import BuyOrRent, Comparison, PricedOffer

TERM_WORDS = {"on_demand": N_("on demand"), "spot": N_("spot"), "reserved": N_("reserved")}
MOST_ROWS = 40


def show_comparison(language: str | None, found: Comparison, rate: Rate) -> None:
    """The marked machine, all machines, and where buying meets renting."""
    screen = PriceScreen(language)
    with shown_in(rate):
        for message in _answer(screen, found):
            screen.screen.line(message, "bold")
        _rows(screen, found)
        _buy_or_rent(screen, found)
        for chip, why in found.left_out:
            screen.screen.line(say("not priced: {gpu}: {why}", gpu=chip, why=why), "dim")
        screen.foot()


def _answer(screen: PriceScreen, found: Comparison) -> list[Message]:
    """What is cheapest, or that nothing meets the deadline."""
    if found.cheapest is None:
        return [say("no machine with a current price {terms} meets the deadline of {count} days",
                    terms=say(TERM_WORDS[found.terms]), count=found.deadline_days or 0.0)]  # fmt: skip
    lines = [_named(screen, found, found.cheapest)]
    if found.cheapest_joined:
        lines += [say("that is a price of single GPUs: see that a fast network joins them. Of whole machines:"),
                  _named(screen, found, found.cheapest_joined)]  # fmt: skip
    return lines


def _named(screen: PriceScreen, found: Comparison, row: PricedOffer) -> Message:
    usd = row.usd[found.terms]
    values = {"machine": row.offer.machine.name, "money": screen.usd(usd.value if usd else None),
              "terms": say(TERM_WORDS[found.terms]), "count": row.work.gpus, "gpu": row.work.chip,
              "days": row.work.days}  # fmt: skip
    if found.deadline_days is None:
        return say("cheapest {terms}: {machine}, {money}, {days} days on {count} × {gpu}", **values)
    return say("cheapest {terms} within the deadline: {machine}, {money}, {days} days on {count} × {gpu}", **values)


def _rows(screen: PriceScreen, found: Comparison) -> None:
    from breakeven.stages.compare_prices import TERMS, bought_usd

    titles = (say("machine"), say("GPUs"), say("GPU-hours"), say("days"), say("on demand"), say("spot"),
              say("reserved"), say("bought"), say("deadline"), say("date"))  # fmt: skip
    number = screen.screen.write.number
    screen.rows(titles, (
        (
            ("→ " if row is found.cheapest else "") + row.offer.machine.name, f"{row.work.gpus} × {row.work.chip}",
            number(row.work.gpu_hours.value), number(row.work.days),
            *(screen.usd(usd.value if usd else None) for usd in (row.usd[terms] for terms in TERMS)),
            screen.usd(usd.value if (usd := bought_usd(found, row.work.chip)) else None),
            {None: "—", True: "✓", False: "✗"}[row.meets_deadline], screen.dated(row.offer.date),
        ) for row in found.rows[:MOST_ROWS]
    ))  # fmt: skip
    if len(found.rows) > MOST_ROWS:
        screen.screen.line(say("{count} dearer machines are not shown; --json has them",
                               count=len(found.rows) - MOST_ROWS), "dim")  # fmt: skip


def _buy_or_rent(screen: PriceScreen, found: Comparison) -> None:
    if found.buy_or_rent:
        screen.screen.title(say("Buy or rent"))
    for pair in found.buy_or_rent:
        screen.screen.line(_pair(screen, pair), indent=2)


def _pair(screen: PriceScreen, pair: BuyOrRent) -> Message:
    values = {"gpu": pair.gpu.chip, "paid": screen.usd(pair.gpu.paid.value), "own": screen.usd(pair.gpu.hour.value),
              "rent": screen.usd(pair.rent.value), "used_share": pair.gpu.utilisation.value}  # fmt: skip
    if pair.same_cost_utilisation is None:
        return say("{gpu}: bought for {paid}, an hour costs {own} at {used_share} use, rented {rent}: renting costs "
                   "less however much it is used", **values)  # fmt: skip
    values["same_share"] = pair.same_cost_utilisation.value
    if pair.paid_back_month is None:
        return say("{gpu}: bought for {paid}, an hour costs {own} at {used_share} use, rented {rent}: buying costs "
                   "less above {same_share} use; at {used_share} the money is not back within its life", **values)
    return say("{gpu}: bought for {paid}, an hour costs {own} at {used_share} use, rented {rent}: buying costs less "
               "above {same_share} use; at {used_share} the money is back in month {month}",
               month=int(pair.paid_back_month.value), **values)  # fmt: skip
