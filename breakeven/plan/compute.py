"""Training compute month by month: what the run has measured, what the file states, or what is predicted.

    a training = price of a GPU-hour × GPU-hours × (1 + failures), in equal parts over its months
    months     = those of the file, else GPU-hours ÷ GPUs ÷ 730, rounded up
    storage(m) = GB × price + GB moved × price
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from breakeven.core.errors import ProjectError
from breakeven.core.figure import Figure, constant, published
from breakeven.core.words import N_, say
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.customers import ALL
from breakeven.plan.months import MONTH, NO_USD, Series, added
from breakeven.plan.predicted import predicted_hours
from breakeven.prices.gpu_hours import gpu_hour_price
from breakeven.prices.hourly import HOURS_PER_MONTH
from breakeven.records.money import Storage, TrainingJob
from breakeven.records.project import Project


@dataclass(frozen=True)
class Training:
    """A training as the plan pays for it: usd of each month, and the months in which one begins."""

    name: str
    usd: Series
    begins: tuple[int, ...]
    measured: bool = False
    """It is the bill of a run, whose other candidates were its experiments."""


def trainings(project: Project, months: int, measured: Figure | None) -> tuple[Training, ...]:
    """What the run took (in month 1, in usd), and every [[training]]."""
    found = [_training(job, number, months) for number, job in enumerate(project.training, 1)]
    if measured is not None:
        bill = measured.counted_in("usd").named(N_("training"))
        found.insert(0, Training(N_("training"), (bill, *(NO_USD,) * (months - 1)), (1,), measured=True))
    return tuple(found)


def compute(project: Project, months: int, trained: Sequence[Training]) -> dict[str, Series]:
    """The terms of the first part, each in usd of each month."""
    return {
        N_("training runs"): added([one.usd for one in trained], months, N_("training runs")),
        N_("storage and network"): _storage(project.storage, months),
    }


def _training(job: TrainingJob, number: int, months: int) -> Training:
    key = f"training[{number}]"
    hours = gpu_hours(job, key)
    redone = ALL + assumption(job, "failures", "1", N_("work lost and done again"), key)
    usd = (gpu_price(job, key) * hours * redone).counted_in("usd").named(job.name)
    lasts = job.months or months_of(job, hours)
    each = usd if lasts == 1 else (usd / constant(lasts, "1", N_("months that a training takes"))).named(job.name)
    begins = tuple(range(job.from_month, months + 1, job.every_months or months))
    parts = [_between(each, months, first, first + lasts - 1) for first in begins]
    return Training(job.name, added(parts, months, job.name), begins)


def _between(usd: Figure, months: int, first: int, last: int) -> Series:
    return tuple(usd if first <= month <= last else NO_USD for month in range(1, months + 1))


def months_of(job: TrainingJob, hours: Figure) -> int:
    """Whole months that so many GPU-hours take on the GPUs of the job; at least one."""
    return max(1, math.ceil(hours.to("hour") / job.gpus / HOURS_PER_MONTH.value - 1e-9))


def gpu_hours(job: TrainingJob, key: str) -> Figure:
    """GPU-hours of a training, in hour: as stated, else predicted from parameters, tokens and GPUs."""
    if job.gpu_hours is not None:
        return assumption(job, "gpu_hours", "hour", N_("GPU-hours"), key)
    return predicted_hours(job, key)


def gpu_price(job: TrainingJob, key: str) -> Figure:
    """Price of a GPU-hour, in usd/hour. Raises ProjectError where none is known."""
    if job.usd_per_gpu_hour is not None:
        return assumption(job, "usd_per_gpu_hour", "usd/hour", N_("price of a GPU-hour"), key)
    listed = gpu_hour_price(job.gpu)
    if listed is None:
        raise ProjectError(
            say("{name} is in no price table", name=job.gpu), f"breakeven.toml {key}.gpu",
            say("give usd_per_gpu_hour, your own quote"),
        )
    return listed


def _storage(storage: Storage, months: int) -> Series:
    """What is kept and what is moved, each month."""
    each: Figure | None = None
    if counts(storage, "gb"):
        kept = assumption(storage, "gb", "GB", N_("data that is kept"), "storage")
        each = kept * _price(storage, "usd_per_gb_month", "usd/GB/month", "storage", N_("price of storage"))
    if counts(storage, "network_gb_per_month"):
        moved = assumption(storage, "network_gb_per_month", "GB/month", N_("data that is moved"), "storage")
        traffic = moved * _price(storage, "usd_per_network_gb", "usd/GB", "egress", N_("price of traffic"))
        each = traffic if each is None else each + traffic
    if each is None:
        return (NO_USD,) * months
    usd = (each * MONTH).counted_in("usd").named(N_("storage and network"))
    return _between(usd, months, storage.from_month, months)


def _price(storage: Storage, field: str, unit: str, kind: str, name: str) -> Figure:
    """The user's own quote, else the middle one of the price table."""
    if getattr(storage, field) is not None:
        return assumption(storage, field, unit, name, "storage")
    from breakeven.prices.tables import storage_prices

    listed = sorted((row for row in storage_prices() if row.kind == kind), key=lambda row: row.usd)
    middle = listed[len(listed) // 2]
    return published(middle.usd, unit, name, f"{middle.provider} {middle.item}: {middle.source}", middle.date)
