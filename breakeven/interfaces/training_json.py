"""Estimates of trainings as JSON: plain numbers, each `x` with `x_low` and `x_high`; null where it is not known."""

from __future__ import annotations

from collections.abc import Mapping
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
        **spread_out("mem_gib_per_gpu", found.memory_bytes, 1 / GIB), **spread_out("usd", found.usd),
        "usd_per_gpu_hour": found.usd_per_hour,
        "layout": {name: getattr(found.layout, name) for name in found.layout.__dataclass_fields__},
        "assumed": [str(message) for message in found.assumed],
    }  # fmt: skip


def rows_json(path: Path) -> dict[str, Any]:
    """Every row of a table; one that cannot be answered says why."""
    from breakeven.estimate.training_rows import rows_of

    return {"rows": [_row_json(row, place) for place, row in enumerate(rows_of(path), start=1)]}


def _row_json(row: Mapping[str, str], place: int) -> dict[str, Any]:
    from breakeven.estimate.train import estimate_training
    from breakeven.estimate.training_rows import spec_of_row

    name = {"id": row.get("id") or str(place)}
    try:
        return name | training_json(estimate_training(spec_of_row(row)))
    except BreakevenError as error:
        return name | {"refused": dict(zip(("what", "where", "hint"), map(str, error.lines()), strict=True))}
