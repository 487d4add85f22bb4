"""Memory of the trainings of a table: one setup a row, whatever is missing filled in as is usual.

Columns with outcomes are never looked at. What is not told of recomputation is what the device has room for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from breakeven.estimate.chips import Chip, chip_named
from breakeven.estimate.constants import constants
from breakeven.estimate.interval import Estimate
from breakeven.estimate.memory import Setup, memory_of
from breakeven.estimate.published import published_shape
from breakeven.estimate.shape import Shape
from breakeven.estimate.size import shape_of_size, stretched

Row = Mapping[str, str]
GIB = float(1 << 30)
FLASH_SINCE = 2023.0
"""Flash kernels and sequence parallelism (both 2022) are in the usual trainers from then on."""
VOCABULARY = 50_304
"""Rows of the vocabulary before 2024, where none are told."""
RECOMPUTE = ("none", "selective", "full")


def training_memory_of_row(row: Row) -> Estimate | None:
    """GiB on the fullest device of the training that a row describes; None where neither size nor shape is told."""
    shape = shape_of_row(row)
    if shape is None:
        return None
    bytes_ = memory_of(shape, chosen_setup(row, shape)).total
    return Estimate.of(bytes_ / GIB, constants()["training_sigma"] * widened(row))


def chosen_setup(row: Row, shape: Shape) -> Setup:
    """The layout that the row tells, with as little recomputation as there is room for where it tells none."""
    setup = setup_of_row(row)
    if recompute_of(row):
        return setup
    return with_room(shape, setup, chip_named(row["hw"]) if row.get("hw") else None)


def number(row: Row, column: str) -> float | None:
    """A positive number of a cell; None where there is none."""
    try:
        value = float((row.get(column) or "").replace(",", "").replace("_", ""))
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def whole(row: Row, column: str, default: int = 1) -> int:
    """A whole number of at least 1."""
    return max(1, round(number(row, column) or default))


DECISIVE = ("seq_len", "micro_batch", "act_ckpt", "hw_count")


def widened(row: Row) -> float:
    """How much wider the interval is for each empty column of those that decide the memory: a quarter."""
    return 1.0 + 0.25 * sum(not row.get(name) for name in DECISIVE)


def shape_of_row(row: Row) -> Shape | None:
    """The published shape of the model's name, stretched to the stated count; else a typical one of what is told."""
    params, layers, width = number(row, "params_total"), number(row, "n_layers"), number(row, "d_model")
    found = published_shape(row.get("model") or "")
    if found and all(told in (None, has) for told, has in ((layers, found.layers), (width, found.width))):
        return stretched(found, params) if params else found
    if params is None and layers and width:
        params = 12.0 * layers * width**2 + 2.0 * VOCABULARY * width
    if params is None:
        return None
    early = year_of(row) < 2024
    return shape_of_size(
        params, number(row, "params_active"), layers=round(layers) if layers else None,
        width=round(width) if width else None, heads=whole(row, "n_heads", 0) if row.get("n_heads") else None,
        kv_heads=whole(row, "n_kv_heads", 0) if row.get("n_kv_heads") else None,
        vocabulary=VOCABULARY if early else None, gated=not early,
    )  # fmt: skip


def year_of(row: Row) -> float:
    """The year of the training; the present where none is told."""
    return number(row, "year") or 2025.0


def recompute_of(row: Row) -> str | None:
    """How much of the forward pass is computed again."""
    word = (row.get("act_ckpt") or "").strip().lower()
    return next((name for name in RECOMPUTE if word.startswith(name)), None)


def setup_of_row(row: Row) -> Setup:
    """The layout that a row tells. A local batch that is not cut for its pipeline is cut into as many as stages."""
    tp, pp, cp, ep = (whole(row, name) for name in ("tp", "pp", "cp", "ep"))
    dp = whole(row, "dp", max(1, whole(row, "hw_count") // (tp * pp * cp)))
    micro = number(row, "micro_batch") or 1.0
    batch = number(row, "global_batch_seqs")
    steps = max(1.0, batch / (dp * micro)) if batch else 1.0 if micro >= pp else float(4 * pp)
    if steps < pp <= micro * steps:
        micro, steps = micro * steps / pp, float(pp)
    modern = year_of(row) >= FLASH_SINCE
    zero, shard = zero_of(row.get("zero") or row.get("sharding") or "", pp)
    return Setup(
        sequence=number(row, "seq_len") or (2048.0 if year_of(row) < 2024 else 4096.0),
        micro_batch=micro, micro_batches=steps, tp=tp, pp=pp, dp=dp, cp=cp, ep=ep, chunks=whole(row, "vpp"),
        zero=zero, shard=shard, recompute=recompute_of(row) or "none", flash=modern,
        sequence_parallel=modern or "SP" in (row.get("act_ckpt") or ""),
        states="mixed, fp32 gradients" if zero == 3 and pp > 1 else "mixed", old_allocator=not modern,
    )  # fmt: skip


def zero_of(text: str, pp: int) -> tuple[int, int | None]:
    """Stage of ZeRO and size of its group: `FSDP-full` is 3, `FSDP-grad_op` 2, `1(sub-group 8)` 1 over 8; usual: 1."""
    if "fsdp" in text.lower():
        return (2 if "grad" in text.lower() else 3), None
    found = re.match(r"\D{0,5}([0-3])\D*(\d+)?", text)
    return (int(found[1]), int(found[2]) if found[2] else None) if found else (1, None)


def with_room(shape: Shape, setup: Setup, chip: Chip | None) -> Setup:
    """The lightest recomputation that the device has room for; full where none has."""
    room = (chip.memory_bytes if chip else None) or 80 * GIB
    tried = (replace(setup, recompute=name) for name in RECOMPUTE)
    return next((one for one in tried if memory_of(shape, one).total <= room), replace(setup, recompute="full"))
