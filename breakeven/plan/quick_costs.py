"""The four parts of an AI start-up's capital from a handful of numbers, every term in USD: what the shorthand means.

    H [GPU-hours] = 6 · parameters · tokens ÷ (peak · MFU · goodput)            days = H ÷ (24 · GPUs)
    C_compute     = price · H · (1 + failures) + storage and network · months
    C_R&D         = k · price · H + data
    C_marketing   = fixed + acquisition · customers
    C_talent      = people · loaded salary · months
    C             = (the four together) · (1 + contingency)

Nodes and days are one number, not two: more GPUs leave H as it is and shorten the days. k: 0.5 (OLMo 2,
arXiv:2503.05804) to 4.6 (Olmo 3: 82 % of the GPU-hours were experiments and failed runs).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from breakeven.core.errors import UsageError
from breakeven.core.figure import Figure, assumed, constant, published, total
from breakeven.core.words import N_
from breakeven.estimate.chips import chip_named
from breakeven.estimate.interval import Estimate
from breakeven.estimate.train import estimate_training
from breakeven.estimate.training_spec import TrainingSpec
from breakeven.prices.gpu_hours import gpu_hour_price

FLOP_PER_PARAMETER_AND_TOKEN = constant(6.0, "flop/parameter/token", N_("FLOP for a parameter and a token"))
ONE = constant(1.0, "1", N_("one"))
K_LARGEST = 4.6
"""Experiments and failed runs over the final run, Olmo 3: 0.82 ÷ 0.18."""


@dataclass(frozen=True)
class QuickInputs:
    """What the quick plan takes; all is assumed but the chip's peak and, unless given, its price."""

    params: float
    tokens: float
    gpus: float
    chip: str = "H100"
    mfu: float = 0.35
    goodput: float = 0.9
    usd_per_gpu_hour: float | None = None
    failures: float = 0.05
    storage_network_usd_per_month: float = 5_000.0
    months: float = 9.0
    k: float = 0.5
    data_usd: float = 0.0
    marketing_usd: float = 1e6
    customers: float = 3_000.0
    usd_per_customer: float = 300.0
    people: float = 20.0
    salary_usd_per_year: float = 350_000.0
    contingency: float = 0.0


@dataclass(frozen=True)
class QuickCosts:
    """Hours, days and the four parts; usd but the first two."""

    gpu_hours: Figure
    days: Figure
    parts: tuple[Figure, ...] = field(default_factory=tuple)
    total: Figure = field(default_factory=lambda: constant(0.0, "usd"))


def gpu_hours(inputs: QuickInputs) -> Figure:
    """H: hours of one GPU that the training takes."""
    chip = chip_named(inputs.chip)
    peak = published(chip.peak("bf16"), "flop/second/gpu", N_("peak of the GPU, dense bf16"),
                     f"{chip.name}: {chip.source}", chip.date)
    used = assumed(inputs.mfu, "1", N_("MFU"), "--mfu") * assumed(inputs.goodput, "1", N_("goodput"), "--goodput")
    work = (
        FLOP_PER_PARAMETER_AND_TOKEN * assumed(inputs.params, "parameter", N_("parameters"), "--params")
        * assumed(inputs.tokens, "token", N_("training tokens"), "--tokens")
    ).named(N_("work of training"))
    return (work / (peak * used)).counted_in("gpu·hour").named(N_("GPU-hours of training"))


def predicted_gpu_hours(inputs: QuickInputs) -> Estimate | None:
    """The same hours by the physics of `estimate/`, with their 80 % interval; None where this training cannot be."""
    spec = TrainingSpec(chip_named(inputs.chip), params=inputs.params, tokens=inputs.tokens, chips=round(inputs.gpus))
    try:
        return estimate_training(spec).gpu_hours
    except UsageError:
        return None


def price(inputs: QuickInputs) -> Figure:
    """What an hour of the chip costs, in usd/gpu/hour: as given, else the cheapest current offer that is published."""
    a_gpu = constant(1.0, "gpu", N_("one GPU"))
    if inputs.usd_per_gpu_hour is not None:
        return assumed(inputs.usd_per_gpu_hour, "usd/hour", N_("price of a GPU an hour"), "--usd-per-gpu-hour") / a_gpu
    offered = gpu_hour_price(inputs.chip)
    if offered is None:
        raise LookupError(inputs.chip)
    return offered / a_gpu


def quick_costs(inputs: QuickInputs) -> QuickCosts:
    """The four parts and their sum. Raises LookupError when no price of the chip is known and none is given."""
    hours = gpu_hours(inputs)
    gpus = assumed(inputs.gpus, "gpu", N_("GPUs"), "--nodes × --gpus-per-node")
    run = (price(inputs) * hours).counted_in("usd").named(N_("one training"))
    months = assumed(inputs.months, "month", N_("months"), "--months")
    parts = (
        _compute(inputs, run, months),
        (run * assumed(inputs.k, "1", N_("experiments over the final training, k"), "--k")
         + assumed(inputs.data_usd, "usd", N_("data"), "--data-usd")).named(N_("research and data")),
        (assumed(inputs.marketing_usd, "usd", N_("marketing, fixed"), "--marketing-usd")
         + assumed(inputs.customers, "customer", N_("customers"), "--customers")
         * assumed(inputs.usd_per_customer, "usd/customer", N_("winning a customer"), "--usd-per-customer")
         ).named(N_("marketing")),
        (assumed(inputs.people, "person", N_("people"), "--people")
         * assumed(inputs.salary_usd_per_year, "usd/person/year", N_("loaded salary a year"), "--salary")
         * months).counted_in("usd").named(N_("talent")),
    )
    aside = ONE + assumed(inputs.contingency, "1", N_("contingency"), "--contingency")
    summed = (total(parts, "usd", N_("the four parts")) * aside).counted_in("usd").named(N_("capital"))
    days = (hours / gpus).counted_in("day").named(N_("days of training"))
    return QuickCosts(hours, days, parts, summed)


def _compute(inputs: QuickInputs, run: Figure, months: Figure) -> Figure:
    again = ONE + assumed(inputs.failures, "1", N_("work lost and done again"), "--failures")
    kept = assumed(inputs.storage_network_usd_per_month, "usd/month", N_("storage and network a month"),
                   "--storage-usd")
    return ((run * again).counted_in("usd") + (kept * months).counted_in("usd")).named(N_("compute"))
