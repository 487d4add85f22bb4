"""How many devices share a copy of the weights, and how many sequences they work on at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from breakeven.estimate.chips import Chip
from breakeven.estimate.serving_engine import Engine
from breakeven.estimate.serving_memory import MOST_SEQUENCES, most_sequences
from breakeven.estimate.serving_step import NODE, Load, Part, step_parts
from breakeven.estimate.shape import Shape

Mode = Literal["single", "static", "offline", "server"]
"""One stream; a batch that starts and ends together; as many as fit, no matter how long; many, each within a limit."""
Limit = Literal["given", "memory", "engine", "latency", "one stream"]
"""What keeps the batch from being larger."""


@dataclass(frozen=True)
class Work:
    """What is served on what; lengths in tokens, `tpot_limit_seconds` the longest time between two tokens."""

    shape: Shape
    chip: Chip
    engine: Engine
    weight_bits: float
    kv_bits: float
    mode: Mode
    input_tokens: float
    output_tokens: float
    batch: float | None = None
    tpot_limit_seconds: float | None = None

    @property
    def context(self) -> float:
        """Mean tokens in the cache of a sequence."""
        return self.input_tokens + self.output_tokens / 2

    def parts(self, devices: int, batch: float) -> tuple[Part, ...]:
        """One step with that many sequences."""
        load = Load(batch, self.input_tokens, self.output_tokens, decode_only=self.mode == "single")
        return step_parts(self.shape, self.chip, self.engine, self.weight_bits, self.kv_bits, devices, load)


@dataclass(frozen=True)
class Group:
    """A copy of the model: its devices, its batch, what limits it and the parts of its step."""

    devices: int
    batch: float
    limited_by: Limit
    parts: tuple[Part, ...]

    def step_seconds(self, coefficients: Mapping[str, float]) -> float:
        return sum(part.seconds(coefficients) for part in self.parts)

    def tokens_per_second(self, coefficients: Mapping[str, float]) -> float:
        """Output tokens of the whole group."""
        return self.batch / self.step_seconds(coefficients)


def group_of(work: Work, devices: int, coefficients: Mapping[str, float]) -> Group | None:
    """The group with the largest batch that fits and keeps the limit; None if not one sequence fits beside the weights.

    What is split by layers (llama.cpp) holds a part on each device and runs on one at a time.
    """
    most = most_sequences(work.shape, work.chip, work.weight_bits, work.kv_bits, work.engine, devices, work.context)
    if most < 1:
        return None
    batch, limit = _wanted(work, most, devices)
    if work.tpot_limit_seconds is not None:
        batch, limit = _within(work, devices, batch, limit, coefficients)
    running = 1 if work.engine.kind == "gguf" else devices
    return Group(devices, batch, limit, work.parts(running, batch))


def _wanted(work: Work, most: float, devices: int) -> tuple[float, Limit]:
    """The batch before any limit of latency. A given batch that does not fit is served in turns."""
    if work.mode == "single":
        return 1.0, "one stream"
    if work.batch is not None and work.batch <= most:
        return work.batch, "given"
    cap = MOST_SEQUENCES * (devices if work.shape.mla else 1)
    return most, "engine" if most >= cap else "memory"


def _within(work: Work, devices: int, batch: float, limit: Limit,
            coefficients: Mapping[str, float]) -> tuple[float, Limit]:
    """The batch cut to what keeps the time between tokens; a single sequence if even that is too slow."""
    assert work.tpot_limit_seconds is not None
    allowed = work.tpot_limit_seconds

    def too_slow(sequences: float) -> bool:
        return sum(part.seconds(coefficients) for part in work.parts(devices, sequences)) > allowed

    return (max(1.0, largest(too_slow, batch)), "latency") if too_slow(batch) else (batch, limit)


def largest(too_much: Callable[[float], bool], high: float) -> float:
    """The largest number up to `high` that is not too much, by halving."""
    low = 0.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if too_much(middle) else (middle, high)
    return low


def best_group(work: Work, gpus: int, tensor_parallel: int | None, coefficients: Mapping[str, float]) -> Group | None:
    """The group of the most output per device (one stream: of the most output) that fits on `gpus` devices."""
    sizes = (tensor_parallel,) if tensor_parallel else _sizes(work, gpus)
    groups = [group for size in sizes if (group := group_of(work, size, coefficients))]
    if not groups:
        return None
    return max(groups, key=lambda group: group.tokens_per_second(coefficients)
               / (1 if work.mode == "single" else group.devices))


def _sizes(work: Work, gpus: int) -> tuple[int, ...]:
    """Groups to try: powers of two within a node, and larger ones only where the model fits in no node."""
    if work.engine.kind == "gguf":
        return (gpus,)
    inside = [size for size in (1, 2, 4, NODE) if size <= gpus] + ([gpus] if gpus < NODE else [])
    if gpus > NODE and not _fits(work, NODE):
        size = 2 * NODE
        while size < gpus and not _fits(work, size):
            size *= 2
        inside.append(min(size, gpus))
    return tuple(dict.fromkeys(inside))


def _fits(work: Work, devices: int) -> bool:
    return most_sequences(work.shape, work.chip, work.weight_bits, work.kv_bits, work.engine, devices,
                          work.context) >= 1


def devices_needed(work: Work) -> int | None:
    """The least number of devices, in powers of two, that hold the model and one sequence; None above 1,024."""
    sizes = (2**power for power in range(11))
    return next((size for size in sizes if _fits(work, size)), None)

