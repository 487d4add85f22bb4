"""How fast a language model answers, on how much memory, at what cost: from its shape and a chip, with intervals.

Prefill and decode share the chip: a step writes a token of each sequence and takes in its share of new prompts. Its
parts (serving_step.py) are divided by the shares of the best that engines reach (serving_rates.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.chips import Chip
from breakeven.estimate.interval import Estimate
from breakeven.estimate.serving_engine import engine_named
from breakeven.estimate.serving_group import (
    Group,
    Limit,
    Mode,
    Work,
    best_group,
    devices_needed,
    group_of,
    largest,
)
from breakeven.estimate.serving_memory import fixed_bytes, held_weight_bytes, kv_bytes, kv_share, usable_bytes
from breakeven.estimate.serving_rates import coefficients, spread
from breakeven.estimate.serving_step import Load, step_parts
from breakeven.estimate.shape import Shape

USUAL_TOKENS = 256.0
"""Length of a prompt and of an answer where none is stated: that of a short conversation."""
USUAL_LIMIT_SECONDS = 0.1
"""Time between tokens that a service keeps where none is stated: faster than people read."""
PLANNED_SHARE = 0.7
"""Of what a machine can serve, what is planned for: requests come unevenly."""
FIRST_SPREAD = {"gguf": 0.5, "": 0.25}
"""What the time to the first token is less sure than the rate: prompts in llama.cpp differ much by quantisation."""
MEMORY_SPREAD = 0.05
"""Standard deviation of the logarithm of memory in use where lengths are known."""


@dataclass(frozen=True)
class ServingSpec:
    """What is asked: a model on `gpus` devices of a chip, and its load. None = not known, which widens the interval.

    `tensor_parallel` is how many devices share a copy of the weights; `usd_per_gpu_hour` the price of a device.
    `shape_known` tells whether the shape is that of the model or a typical one of its size.
    """

    shape: Shape
    chip: Chip
    gpus: int = 1
    mode: Mode = "offline"
    framework: str = ""
    weight_bits: float | None = None
    kv_bits: float | None = None
    tensor_parallel: int | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None
    batch: float | None = None
    tpot_limit_seconds: float | None = None
    requests_per_second: float | None = None
    usd_per_gpu_hour: float | None = None
    shape_known: bool = True


@dataclass(frozen=True)
class ServingEstimate:
    """The answer. Rates in output tokens a second; memory in bytes a device; `parts` are shares of a step's time.

    `machines` (of `gpus` devices each) and `usd_per_1m_output_tokens` are None without a load, or without a price.
    """

    output_tokens_per_second: Estimate
    output_tokens_per_second_per_gpu: Estimate
    tpot_seconds: Estimate
    ttft_seconds: Estimate
    memory_bytes_per_gpu: Estimate
    weight_bytes_per_gpu: float
    cache_bytes_per_gpu: float
    batch: float
    limited_by: Limit
    devices_per_copy: int
    copies: int
    machines: int | None
    usd_per_1m_output_tokens: Estimate | None
    parts: Mapping[str, float] = field(default_factory=dict)


def work_of(spec: ServingSpec) -> Work:
    """The specification with what is usual in the place of what is not known."""
    check(spec)
    engine = engine_named(spec.framework, spec.chip, 1 if spec.mode == "single" else None)
    bits = spec.weight_bits or 16.0
    limit = spec.tpot_limit_seconds
    if spec.mode == "server" and limit is None:
        limit = USUAL_LIMIT_SECONDS
    return Work(
        spec.shape, spec.chip, engine, bits, spec.kv_bits or (8.0 if engine.kind == "tuned" and bits <= 8 else 16.0),
        spec.mode, USUAL_TOKENS if spec.input_tokens is None else spec.input_tokens,
        spec.output_tokens or USUAL_TOKENS, spec.batch, limit,
    )


def estimate_serving(spec: ServingSpec) -> ServingEstimate:
    """Throughput, latency, memory and cost of a model on machines of `gpus` devices.

    Raises UsageError for what cannot be, and with the number of devices that it takes where the model does not fit.
    """
    work = work_of(spec)
    group = best_group(work, spec.gpus, spec.tensor_parallel, coefficients())
    if group is None:
        raise too_large(spec, work)
    copies = spec.gpus // group.devices
    share = coefficients()["share.server"] if work.mode == "server" else 1.0
    each = Estimate.of(group.tokens_per_second(coefficients()) * share, rate_spread(spec))
    total = each.scaled(copies)
    machines = _machines(spec, work, total)
    return ServingEstimate(
        output_tokens_per_second=total,
        output_tokens_per_second_per_gpu=each.scaled(1 / group.devices),
        tpot_seconds=Estimate.of(_tpot(spec, work, group, copies, machines), rate_spread(spec)),
        ttft_seconds=Estimate.of(_ttft(work, group), math.hypot(
            rate_spread(spec), FIRST_SPREAD["gguf" if work.engine.kind == "gguf" else ""])),
        memory_bytes_per_gpu=_memory(spec, work, group),
        weight_bytes_per_gpu=held_weight_bytes(work.shape, work.weight_bits, work.engine, group.devices),
        cache_bytes_per_gpu=_cache(work, group),
        batch=group.batch, limited_by=group.limited_by, devices_per_copy=group.devices, copies=copies,
        machines=machines,
        usd_per_1m_output_tokens=_usd(spec, work, total, machines),
        parts=_shares(group),
    )


def check(spec: ServingSpec) -> None:
    """Raises UsageError for a specification that no machine can have."""
    heads, devices = spec.shape.heads, spec.tensor_parallel
    if devices and not spec.shape.experts and heads % devices:
        raise UsageError(
            say("{count} heads cannot be dealt out to {devices} devices", count=heads, devices=devices),
            "tensor_parallel", say("take a number of devices that divides the heads"))
    if devices and devices > spec.gpus:
        raise UsageError(say("a copy on {devices} devices needs more devices than the {count} there are",
                             devices=devices, count=spec.gpus),
                         "tensor_parallel", say("give more devices, or fewer to a copy"))
    for name in ("gpus", "weight_bits", "kv_bits", "output_tokens", "batch", "tpot_limit_seconds",
                 "requests_per_second", "tensor_parallel"):
        value = getattr(spec, name)
        if value is not None and not 0 < value < math.inf:
            raise UsageError(say("{number} is not a positive number", number=value), name,
                             say("give a number above 0"))
    if spec.input_tokens is not None and not 0 <= spec.input_tokens < math.inf:
        raise UsageError(say("a prompt cannot have {number} tokens", number=spec.input_tokens), "input_tokens",
                         say("give 0 or more"))


def too_large(spec: ServingSpec, work: Work) -> UsageError:
    """The refusal of a model that does not fit, with what it takes."""
    held = held_weight_bytes(work.shape, work.weight_bits, work.engine, spec.tensor_parallel or spec.gpus)
    what = say("{model} does not fit on {count} × {chip}: {bytes} of weights a device, and no room for a sequence",
               model=spec.shape.name or "the model", count=spec.tensor_parallel or spec.gpus, chip=spec.chip.name,
               bytes=held)
    needed = devices_needed(work)
    hint = say("it takes {count} devices, or fewer bits a weight", count=needed) if needed else say(
        "take fewer bits a weight, a shorter context, or a chip with more memory")
    return UsageError(what, "gpus", hint)


def rate_spread(spec: ServingSpec) -> float:
    """The spread of the mode, and more for each thing that is not known."""
    unknown = {
        "framework": 0.25 if not spec.framework else 0.0,
        "lengths": 0.3 if spec.mode != "single" and (spec.input_tokens is None or spec.output_tokens is None) else 0.0,
        "devices": 0.1 if spec.gpus > 1 and spec.tensor_parallel is None else 0.0,
        "bits": 0.2 if spec.weight_bits is None else 0.0,
        "shape": 0.0 if spec.shape_known else 0.12,
    }
    return math.hypot(spread(spec.mode), *unknown.values())


def _machines(spec: ServingSpec, work: Work, total: Estimate) -> int | None:
    """Whole machines for the load, each filled to PLANNED_SHARE; None without a load."""
    if spec.requests_per_second is None:
        return None
    return max(1, math.ceil(spec.requests_per_second * work.output_tokens / (total.value * PLANNED_SHARE)))


def _tpot(spec: ServingSpec, work: Work, group: Group, copies: int, machines: int | None) -> float:
    """Seconds between two tokens of an answer: at the load where one is stated, else with the full batch.

    A static batch has taken in its prompts before; a server at part load works on as few sequences as keep up with it.
    """
    if work.mode == "static":
        return sum(p.seconds(coefficients()) for p in replace(work, mode="single").parts(group.devices, group.batch))
    if machines is None or spec.requests_per_second is None:
        return group.step_seconds(coefficients())
    wanted = spec.requests_per_second * work.output_tokens / (machines * copies)

    def more_than_wanted(batch: float) -> bool:
        step = sum(part.seconds(coefficients()) for part in work.parts(group.devices, batch))
        return batch / step > wanted

    batch = max(1.0, largest(more_than_wanted, group.batch))
    return sum(part.seconds(coefficients()) for part in work.parts(group.devices, batch))


def _ttft(work: Work, group: Group) -> float:
    """Seconds until the first token, without waiting: the prompts of a static batch together, else one prompt alone."""
    prompts = group.batch if work.mode == "static" else 1.0
    load = Load(prompts, work.input_tokens, 1.0)
    parts = step_parts(work.shape, work.chip, work.engine, work.weight_bits, work.kv_bits, group.devices, load)
    return sum(part.seconds(coefficients()) for part in parts)


def _cache(work: Work, group: Group) -> float:
    """The KV cache of the batch at its mean length, on one device."""
    each = kv_bytes(work.shape, work.context, work.kv_bits)
    return group.batch * each * kv_share(work.shape, group.devices)


def _memory(spec: ServingSpec, work: Work, group: Group) -> Estimate:
    """What the engine holds: all that it may where it takes memory for the cache beforehand, else what it needs."""
    needed = _cache(work, group) + fixed_bytes(work.shape, work.weight_bits, work.engine, group.devices, group.batch)
    known = spec.input_tokens is not None and spec.output_tokens is not None
    usable = usable_bytes(work.chip, work.engine)
    if work.engine.pools_memory and usable:
        needed, known = max(needed, usable), True
    return Estimate.of(needed, MEMORY_SPREAD if known else 0.15)


def _usd(spec: ServingSpec, work: Work, total: Estimate, machines: int | None) -> Estimate | None:
    """Dollars per million output tokens: of a full machine, or of whole machines at the stated load."""
    if spec.usd_per_gpu_hour is None:
        return None
    hourly = spec.usd_per_gpu_hour * spec.gpus
    if machines is None or spec.requests_per_second is None:
        return Estimate.exactly(hourly * 1e6 / 3600).over(total)
    sold = spec.requests_per_second * work.output_tokens * 3600 / 1e6
    counts = (_machines(spec, work, Estimate.exactly(rate)) for rate in (total.high, total.low))
    low, high = (hourly * count / sold for count in counts if count)
    return Estimate(hourly * machines / sold, low, high)


def _shares(group: Group) -> dict[str, float]:
    """What part of a step each kind of work takes."""
    whole = group.step_seconds(coefficients())
    return {part.name: part.seconds(coefficients()) / whole for part in group.parts}


def group_for(spec: ServingSpec, devices: int) -> Group | None:
    """The group on a number of devices, for who compares layouts."""
    return group_of(work_of(spec), devices, coefficients())
