"""Memory of the fine-tunings of a table: what a row leaves open is filled in as is usual."""

from __future__ import annotations

import re
from dataclasses import dataclass

from breakeven.estimate.chips import chip_named
from breakeven.estimate.constants import constants
from breakeven.estimate.interval import Estimate
from breakeven.estimate.memory import Setup
from breakeven.estimate.memory_rows import GIB, Row, number, recompute_of, shape_of_row, whole, widened, zero_of
from breakeven.estimate.shape import Shape
from breakeven.estimate.tuning_memory import BYTES_A_WEIGHT, Method, Tuning, lighter, lora_parameters, tuning_memory

USUAL_RANK = 8
METHODS: tuple[Method, ...] = ("lora", "adapter_v2", "adapter")
WITH_REFERENCE = ("rlhf", "ppo", "dpo")
SPARE = 0.88
"""Part of the memory that a careful trainer fills: the rest is for what varies from step to step."""


@dataclass(frozen=True)
class TuningMemory:
    """Memory on a device, in the unit of the row (GB = 1e9 bytes unless it says GiB).

    `recompute` says with which recomputation `memory` was counted. Where the length of the texts is not told, only
    what fits without that, and at the upper end of the interval, is said to fit.
    """

    memory: Estimate
    fits: bool | None
    recompute: str


def tuning_memory_of_row(row: Row) -> TuningMemory | None:
    """The memory of the fine-tuning that a row describes; None where the model's size is not told."""
    shape = shape_of_row(row)
    if shape is None:
        return None
    tuning, chosen, room = tuning_of_row(row, shape), chosen_tuning(row, shape), room_of(row)
    sigma = constants()["tuning_sigma"] * widened(row)
    unit = GIB if "gib" in (row.get("mem_unit") or "").lower() else 1e9
    needed = Estimate.of(tuning_memory(shape, chosen).total, sigma)
    surely = needed.value if row.get("seq_len") else _longest(shape, heaviest(chosen, tuning), sigma)
    return TuningMemory(needed.scaled(1 / unit), surely <= room if room else None, chosen.setup.recompute)


def _longest(shape: Shape, tuning: Tuning, sigma: float) -> float:
    """Bytes at the upper end of the interval: what texts of unknown length may need."""
    return Estimate.of(tuning_memory(shape, tuning).total, sigma).high


def room_of(row: Row) -> float:
    """Bytes of the device; 0 where none is told."""
    return float(chip_named(row["hw"]).memory_bytes or 0) if row.get("hw") else 0.0


def chosen_tuning(row: Row, shape: Shape) -> Tuning:
    """The fine-tuning of the row, with as little recomputation as there is room for where it tells none."""
    tuning, room = tuning_of_row(row, shape), room_of(row)
    return tuning if recompute_of(row) or not room else with_room(shape, tuning, SPARE * room)


def heaviest(chosen: Tuning, tuning: Tuning) -> Tuning:
    """The fine-tuning as it was told, unless it is usual to recompute in it."""
    return chosen if recomputes(tuning) else tuning


def recomputes(tuning: Tuning) -> bool:
    """Whether recomputing everything is the habit: with a sharded frozen model, and in trainers built on PEFT."""
    return tuning.method != "full" and (tuning.sharded or tuning.all_linear)


def with_room(shape: Shape, tuning: Tuning, room: float) -> Tuning:
    """The fine-tuning that keeps most and still has room."""
    ways = list(lighter(tuning))[2 if recomputes(tuning) else 0:]
    return next((way for way in ways if tuning_memory(shape, way).total <= room), ways[-1])


def tuning_of_row(row: Row, shape: Shape) -> Tuning:
    """What is trained, how, and on how many devices."""
    method, words = method_of(row), (row.get("method") or "").lower()
    sharding = row.get("sharding") or ""
    tp, pp = whole(row, "tp"), whole(row, "pp")
    zero = zero_of(sharding, pp)[0] if sharding else 0
    setup = Setup(
        sequence=number(row, "seq_len") or constants()["tuning_sequence"],
        micro_batch=number(row, "micro_batch") or 1.0, micro_batches=max(4.0, pp),
        tp=tp, pp=pp, dp=max(1, whole(row, "hw_count") // (tp * pp)), zero=zero,
        recompute=recompute_of(row) or "none", states=states_of(row),
        flash="fp16" not in (row.get("precision") or ""), sequence_parallel="SP" in (row.get("act_ckpt") or ""),
    )  # fmt: skip
    trained = number(row, "trainable_params") or lora_parameters(shape, whole(row, "lora_rank", USUAL_RANK))
    quant = quant_of(row) if method != "full" else ""
    return Tuning(setup, method, quant or ("nf4-dq" if "qlora" in words else ""), trained, bool(sharding),
                  all_linear="all-linear" in words, reference=any(word in words for word in WITH_REFERENCE))


def method_of(row: Row) -> Method:
    """What is trained: adapters where the method names them, else everything."""
    words = (row.get("method") or "").lower()
    return next((name for name in METHODS if name in words), "full")


def quant_of(row: Row) -> str:
    """How the frozen weights are kept; four bits are counted with their scales quantised again."""
    text = (row.get("quant") or "").strip().lower()
    if text in BYTES_A_WEIGHT:
        return text
    bits = re.match(r"\D*([248])", text)
    return {"2": "2bit", "4": "nf4-dq", "8": "8bit"}[bits[1]] if bits else ""


def states_of(row: Row) -> str:
    """What the optimizer keeps, by the words of the method."""
    words = (row.get("method") or "").lower() + " " + (row.get("precision") or "").lower()
    if "low-memory" in words or "8bit" in words or "8-bit" in words:
        return "8-bit states, no gradients"
    if "pure" in words or "bf16-true" in words:
        return "pure bf16"
    return "mixed, fp32 gradients" if "fp16" in words else "mixed"
