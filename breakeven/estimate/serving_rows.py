"""Many estimates from a table: the columns of published inference runs in, one answer a row out.

Only what is known before a run is read: model, sizes, framework, bits, chip, counts, lengths, kind, price. Columns of
outcomes (tokens per second, latency, memory) may stand in the table and are never looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.chips import chip_named
from breakeven.estimate.interval import Estimate
from breakeven.estimate.parameters import count
from breakeven.estimate.published import published_shape
from breakeven.estimate.serving import ServingEstimate, ServingSpec, estimate_serving
from breakeven.estimate.serving_group import Mode
from breakeven.estimate.shape import Shape
from breakeven.estimate.size import shape_of_size

MODES: dict[str, Mode] = {
    "single_stream": "single", "static_batch": "static", "offline_throughput": "offline", "mlperf_offline": "offline",
    "request_throughput": "offline", "mlperf_server": "server", "mlperf_interactive": "server", "service": "server",
    "service_day": "server",
}
MLPERF_SECONDS = (
    ("mlperf_server", "r1", 0.080), ("mlperf_server", "405b", 0.175), ("mlperf_server", "", 0.200),
    ("mlperf_interactive", "405b", 0.080), ("mlperf_interactive", "", 0.040), ("service", "", 0.050),
)  # fmt: skip
"""Kind, a word in the model's name, and the longest time between tokens that the benchmark's rules allow (MLPerf
Inference v5.1, 99th percentile); a service of 20 tokens a second to each user."""


def row_answers(rows: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """One record a row: each output with `_low` and `_high` (80 %), or `refused` with what, where and hint."""
    return [row_answer(row) for row in rows]


def row_answer(row: Mapping[str, str]) -> dict[str, Any]:
    """The record of one row."""
    try:
        return {"id": row.get("id", "")} | record_of(estimate_serving(spec_of_row(row)))
    except UsageError as refusal:
        what, where, hint = map(str, refusal.lines())
        return {"id": row.get("id", ""), "refused": {"what": what, "where": where, "hint": hint}}


def record_of(found: ServingEstimate) -> dict[str, Any]:
    """The numbers of an estimate under their JSON names; unknown is null."""
    return {
        **_spelled("output_tokens_per_s_per_gpu", found.output_tokens_per_second_per_gpu),
        **_spelled("output_tokens_per_s_total", found.output_tokens_per_second),
        **_spelled("tpot_ms", found.tpot_seconds, 1e3),
        **_spelled("ttft_ms", found.ttft_seconds, 1e3),
        **_spelled("mem_gb_per_gpu", found.memory_bytes_per_gpu, 1e-9),
        **_spelled("usd_per_mtok_out", found.usd_per_1m_output_tokens),
        "batch": found.batch, "limited_by": found.limited_by, "gpus_per_copy": found.devices_per_copy,
        "copies": found.copies, "machines": found.machines,
        "weights_gb_per_gpu": found.weight_bytes_per_gpu * 1e-9, "cache_gb_per_gpu": found.cache_bytes_per_gpu * 1e-9,
        "step_shares": {name: round(share, 4) for name, share in found.parts.items()},
    }


def _spelled(name: str, found: Estimate | None, scale: float = 1.0) -> dict[str, float | None]:
    """A number with the ends of its interval."""
    if found is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: found.value * scale, f"{name}_low": found.low * scale, f"{name}_high": found.high * scale}


def spec_of_row(row: Mapping[str, str]) -> ServingSpec:
    """The specification that a row states. Raises UsageError for what is missing or is no number."""
    kind = row.get("kind", "").strip()
    batch = number(row, "batch")
    mode = MODES.get(kind) or ("single" if batch == 1 else "static" if batch else "offline")
    gpus = int(number(row, "hw_count") or 1)
    shape, known = served_shape(row.get("model", ""), number(row, "params_total"), number(row, "params_active"))
    hourly = number(row, "cost_usd_per_hour")
    return ServingSpec(
        shape, chip_named(row.get("hw", "")), gpus=max(gpus, int(number(row, "ep") or 1)), mode=mode,
        framework=row.get("framework", ""), weight_bits=number(row, "weight_bits"), kv_bits=number(row, "kv_bits"),
        tensor_parallel=_devices(row), input_tokens=number(row, "input_len"), output_tokens=number(row, "output_len"),
        batch=None if mode == "single" else batch, tpot_limit_seconds=_limit(kind, row.get("model", "")),
        usd_per_gpu_hour=hourly / gpus if hourly else None, shape_known=known,
    )


def _devices(row: Mapping[str, str]) -> int | None:
    """How many devices share a copy: tensor times pipeline parallel, or the experts' parallel where that is wider."""
    stated = [number(row, name) for name in ("tp", "pp", "ep")]
    if not any(stated):
        return None
    tensor, pipeline, expert = (int(value or 1) for value in stated)
    return max(tensor * pipeline, expert)


def _limit(kind: str, model: str) -> float | None:
    """The time between tokens that a kind of benchmark allows for a model; None for kinds without a limit."""
    return next((seconds for name, word, seconds in MLPERF_SECONDS
                 if kind.startswith(name) and word in model.lower()), None)


def number(row: Mapping[str, str], name: str) -> float | None:
    """A cell as a number; None where it is empty. Raises UsageError where it is something else."""
    text = (row.get(name) or "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(say("{text} is not a number", text=text), name,
                         say("write a plain number, or leave the cell empty")) from None


def served_shape(name: str, params: float | None, active: float | None) -> tuple[Shape, bool]:
    """The shape of a model, and whether it is its own: published under its name, else a typical one of its size.

    Where the name is known and the size differs, the inner widths are stretched to it, so that a little more
    parameters are a little more work.
    """
    published = published_shape(name) if name.strip() else None
    if published is None and params is None:
        raise UsageError(
            say("the shape of {name} is not published here, and its size is not given", name=name or "the model"),
            "params_total", say("give the number of parameters"))
    if published is None:
        return shape_of_size(float(params or 0), active, name=name), False
    return (published, True) if params is None else (stretched(published, params, active), True)


def stretched(shape: Shape, params: float, active: float | None) -> Shape:
    """The shape with inner widths such that it has `params` parameters, and `active` of them where it has experts."""
    if shape.experts:
        counted = count(shape)
        wanted = shape.expert_width * (1 + (params - counted.total) / (counted.experts + counted.shared_experts))
        return replace(shape, expert_width=max(1, round(wanted)))
    counted = count(shape)
    wanted = shape.ffn_width * (1 + (params - counted.total) / counted.mlp)
    return replace(shape, ffn_width=max(1, round(wanted)))
