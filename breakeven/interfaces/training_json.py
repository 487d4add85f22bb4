"""Estimates of trainings as JSON: plain numbers, each `x` with `x_low` and `x_high`; null where it is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import BreakevenError

if TYPE_CHECKING:
    from breakeven.estimate.interval import Estimate
    from breakeven.estimate.train import TrainingEstimate

GIB = 1 << 30


def spread_out(name: str, estimate: Estimate | None, scale: float = 1.0) -> dict[str, float | None]:
    """An estimate as three keys."""
    values = (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
    return {name + ending: None if value is None else value * scale
            for ending, value in zip(("", "_low", "_high"), values, strict=True)}


def training_json(found: TrainingEstimate) -> dict[str, Any]:
    """One training."""
    return {
        "params": found.params, "tokens": found.tokens, "flop": found.flop, "gpus": found.chips,
        **spread_out("gpu_hours", found.gpu_hours),
        **spread_out("gpu_hours_per_1e9_tokens", found.gpu_hours_per_1e9_tokens),
        **spread_out("days", found.days), **spread_out("mfu", found.mfu), **spread_out("goodput", found.goodput),
        **spread_out("mem_gib_per_gpu", found.memory_bytes, 1 / GIB),
        "fits": found.memory_bytes.value <= found.memory_of_device, **spread_out("usd", found.usd),
        "usd_per_gpu_hour": found.usd_per_hour, "price_source": found.price_source or None,
        "layout": asdict(found.layout), "layouts": [asdict(one) for one in found.others],
        "layouts_tried": found.layouts_tried,
        "assumed": [str(message) for message in found.assumed],
    }  # fmt: skip


def rows_json(path: Path) -> dict[str, Any]:
    """Every row of a table; one that cannot be answered says why."""
    from breakeven.estimate.training_rows import rows_of

    return {"rows": [_row_json(row, place) for place, row in enumerate(rows_of(path), start=1)]}


def _row_json(row: Mapping[str, str], place: int) -> dict[str, Any]:
    """A row's answer; the columns of a fine-tuning lead to its memory."""
    name = {"id": row.get("id") or str(place)}
    try:
        return name | (_tuning(row) if "method" in row else _training(row))
    except BreakevenError as error:
        return name | {"refused": dict(zip(("what", "where", "hint"), map(str, error.lines()), strict=True))}


OF_THE_LAYOUT = ("tp", "pp", "dp", "zero", "micro_batch", "act_ckpt")


def _training(row: Mapping[str, str]) -> dict[str, Any]:
    """Time and money by the spec of the row; memory by its own ledger where it tells of its layout, else by ours."""
    from breakeven.estimate.memory_rows import training_memory_of_row
    from breakeven.estimate.train import estimate_training
    from breakeven.estimate.training_rows import spec_of_row

    estimate = estimate_training(spec_of_row(row))
    found, memory = training_json(estimate), training_memory_of_row(row)
    if memory is None or not any(row.get(column) for column in OF_THE_LAYOUT):
        return found
    return found | spread_out("mem_gib_per_gpu", memory) | {"fits": _fits(memory, estimate.memory_of_device)}


def _fits(gib: Estimate, room: float) -> bool | None:
    """Whether it has room (bytes) surely, surely not, or None: the interval holds the limit."""
    if gib.high * GIB <= room:
        return True
    return False if gib.low * GIB > room else None


def _tuning(row: Mapping[str, str]) -> dict[str, Any]:
    """Memory of a fine-tuning, and whether it fits."""
    from breakeven.core.errors import UsageError
    from breakeven.core.words import say
    from breakeven.estimate.tuning_rows import tuning_memory_of_row

    found = tuning_memory_of_row(row)
    if found is None:
        raise UsageError(say("the size of the model is not told"), "params_total",
                         say("give its parameters (7B), its name, its config.json, or its layers and width"))
    return spread_out("mem_gb_per_gpu", found.memory) | {"fits": found.fits, "recompute": found.recompute}
