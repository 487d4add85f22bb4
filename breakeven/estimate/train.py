"""How long a training takes, on how many devices, with what layout, memory, utilisation and money.

hours = tokens x device-seconds per token x correction x campaign / 3600. The device-seconds are the physics of
`step.py` on the layouts of `layout.py`; the correction and what a campaign loses are calibrated (`residual.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say
from breakeven.estimate.chips import precision_named
from breakeven.estimate.constants import constants
from breakeven.estimate.goodput import campaign_factor
from breakeven.estimate.impossible import refuse_far_too_large, refuse_impossible, refuse_without_room
from breakeven.estimate.interval import Estimate
from breakeven.estimate.layout import candidates
from breakeven.estimate.layout_chosen import ChosenLayout, alternatives, shown
from breakeven.estimate.layout_search import Search, search
from breakeven.estimate.residual import calibration, correction, spread_of, step_features, wider
from breakeven.estimate.speed import ceiling, speed_of
from breakeven.estimate.training_spec import TrainingSpec, chips_of, shape_for, tokens_of, work_for
from breakeven.estimate.work import Work
from breakeven.prices.gpu_hours import gpu_hour_price

BILLION = 1e9
OTHERS = 6
HOUR = 3600.0
MEASURED_SIGMA = 0.03
"""Spread of the speed that a short run of the user's own leaves for the long one."""


@dataclass(frozen=True)
class TrainingEstimate:
    """The answer. Hours are device-hours; an amount that cannot be known is None, never 0."""

    params: float
    flop: float
    tokens: float
    chips: int
    gpu_hours: Estimate
    gpu_hours_per_1e9_tokens: Estimate
    days: Estimate
    mfu: Estimate
    goodput: Estimate | None
    memory_bytes: Estimate
    memory_of_device: float
    usd: Estimate | None
    usd_per_hour: float | None
    price_source: str
    """Where the price of an hour stands; empty where it was given or is not known."""
    layout: ChosenLayout
    """As told, or the fastest that has room."""
    others: tuple[ChosenLayout, ...]
    """The next best divisions."""
    layouts_tried: int
    assumed: tuple[Message, ...]


def estimate_training(spec: TrainingSpec) -> TrainingEstimate:
    """The estimate of a training. Raises UsageError for what is impossible, with what to change."""
    shape = shape_for(spec)
    work = work_for(spec, shape)
    tokens, told = tokens_of(spec, work)
    chips = chips_of(spec, work, tokens)
    refuse_impossible(spec, shape, chips)
    found = _search(spec, work, chips)
    refuse_without_room(spec, work, found, chips)
    per_token, whole = _steps_and_campaign(spec, work, chips, found)
    step_sigma, sigma = _sigmas(spec)
    hours = Estimate.of(tokens * per_token / HOUR * whole, sigma)
    fused = speed_of(spec.chip, spec.precision, spec.year).fused_attention
    layout, needed = shown(found, shape, work.sequence, fused, memory_of_device(spec))
    refuse_far_too_large(spec, shape, layout.setup(work.sequence, fused), needed)
    price, price_source = _price(spec)
    return TrainingEstimate(
        params=work.params_total, flop=work.model_flop_per_token() * tokens, tokens=tokens, chips=chips,
        gpu_hours=hours, gpu_hours_per_1e9_tokens=hours.scaled(BILLION / tokens), days=hours.scaled(1 / chips / 24),
        mfu=Estimate.of(_mfu(spec, work, per_token), step_sigma),
        goodput=_goodput(whole) if spec.kind == "run" else None,
        memory_bytes=Estimate.of(needed, _memory_sigma(spec)),
        memory_of_device=memory_of_device(spec),
        usd=hours.scaled(price) if price else None, usd_per_hour=price,
        price_source=price_source,
        layout=layout, others=alternatives(found, OTHERS)[1:], layouts_tried=len(found.layouts),
        assumed=_assumed(spec, work, tokens, chips, told),
    )  # fmt: skip


def _search(spec: TrainingSpec, work: Work, chips: int) -> Search:
    speed = speed_of(spec.chip, spec.precision, spec.year)
    layouts = candidates(work, chips, spec.asked, speed.network.domain, speed.fused_attention)
    return search(work, layouts, speed, memory_of_device(spec), calibration().weights)


def _memory_sigma(spec: TrainingSpec) -> float:
    """Spread of the memory: what the ledger was measured to have, more where the layout is ours."""
    return constants()["training_sigma"] * wider(spec)


def memory_of_device(spec: TrainingSpec) -> float:
    """Bytes of memory of the chip; 16 GiB where the table does not state it."""
    return float(spec.chip.memory_bytes or 16 << 30)


def _steps_and_campaign(spec: TrainingSpec, work: Work, chips: int, found: Search) -> tuple[float, float]:
    """Device-seconds of a token in steps, and paid hours for each hour of steps, at least 1.

    Where calibrated campaigns are shorter than calibrated steps (small runs on one node), it is the steps that are
    quicker: nothing but steps is in a campaign at least.
    """
    per_token = _device_seconds(spec, work, chips, found)
    if spec.kind != "run":
        return per_token, 1.0
    whole = campaign_factor(spec, chips, calibration().campaigns)
    quicker = 1.0 if spec.measured_tokens_per_second else min(1.0, whole)
    return per_token * quicker, max(1.0, whole)


def _sigmas(spec: TrainingSpec) -> tuple[float, float]:
    """Spread of the logarithm of a step and of the whole. After a run of the user's own, only goodput is left open."""
    step, whole = spread_of(spec, calibration().spread)
    if not spec.measured_tokens_per_second:
        return step, whole
    return MEASURED_SIGMA, math.hypot(MEASURED_SIGMA, calibration().spread["goodput"] if spec.kind == "run" else 0.0)


def _device_seconds(spec: TrainingSpec, work: Work, chips: int, found: Search) -> float:
    """Device-seconds of a token in bare steps; those of the user's own run where there is one."""
    if spec.measured_tokens_per_second:
        per_token = chips / spec.measured_tokens_per_second
        _refuse_faster_than_matrices(spec, work, per_token)
        return per_token
    low = speed_of(spec.chip, spec.precision).low_precision
    return found.seconds * correction(step_features(spec, work, chips, low), calibration().steps)


def _refuse_faster_than_matrices(spec: TrainingSpec, work: Work, per_token: float) -> None:
    """What was measured cannot be faster than the chip's matrices: then tokens or devices were miscounted."""
    most = ceiling(spec.chip, precision_named(spec.precision)) / (6.0 * work.params_active)
    if 1.0 / per_token > most:
        raise UsageError(
            say("{rate} tokens per second on each device is more than the matrices of the chip allow, {most}",
                rate=1.0 / per_token, most=most), "--measured",
            say("count the tokens of all devices together, and check the number of devices and the precision"))


def _mfu(spec: TrainingSpec, work: Work, per_token: float) -> float:
    """Model FLOP utilisation of the steps, of the peak at the precision that the matrices run in."""
    return work.model_flop_per_token() / per_token / spec.chip.peak(precision_named(spec.precision))


def _goodput(whole: float) -> Estimate:
    """Part of the paid time that goes into steps that count, at most all of it."""
    found = Estimate.of(1.0 / whole, calibration().spread["goodput"])
    return Estimate(min(1.0, found.value), min(1.0, found.low), min(1.0, found.high))


def _assumed(spec: TrainingSpec, work: Work, tokens: float, chips: int, told: bool) -> tuple[Message, ...]:
    """What stands in for what was not told."""
    missing = []
    if not told:
        missing.append(say("{count} tokens: 20 for each parameter, about compute-optimal", count=tokens))
    if not spec.chips:
        missing.append(say("{count} devices: about a month of training", count=chips))
    if not spec.sequence:
        missing.append(say("rows of {count} tokens", count=round(work.sequence)))
    if not spec.asked.parts_known:
        missing.append(say("a good layout, the mean over the fastest that have room"))
    return tuple(missing)


def _price(spec: TrainingSpec) -> tuple[float | None, str]:
    """USD for an hour of one device and its source: as given, else the cheapest current offer; None where none is."""
    if spec.usd_per_hour:
        return spec.usd_per_hour, ""
    found = gpu_hour_price(spec.chip.name)
    if found is None:
        return None, ""
    return found.to("usd/hour"), "; ".join(f"{source.title} ({source.date})" for source in found.sources)
