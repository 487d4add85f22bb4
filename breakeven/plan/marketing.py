"""Marketing month by month: channels that win customers, and spending that wins none."""

from __future__ import annotations

from breakeven.core.words import N_
from breakeven.plan.customers import channel_spending, wins
from breakeven.plan.months import MONTH, Series, added, paid
from breakeven.records.money import Channel
from breakeven.records.project import Project


def marketing(project: Project, months: int) -> dict[str, Series]:
    """The terms of the third part, each in usd of each month."""
    channels = list(enumerate(project.marketing, 1))
    fixed = [_spent(channel, number, months) for number, channel in channels if not wins(channel)]
    won = [_spent(channel, number, months) for number, channel in channels if wins(channel)]
    return {
        N_("fixed marketing"): added(fixed, months, N_("fixed marketing")),
        N_("winning customers"): added(won, months, N_("winning customers")),
    }


def _spent(channel: Channel, number: int, months: int) -> Series:
    usd = (channel_spending(channel, number) * MONTH).counted_in("usd").named(channel.channel)
    return paid(usd, months, channel.from_month, channel.to_month)
