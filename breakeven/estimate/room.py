"""Whether a model can be laid out as asked, and whether it has room; each refusal says what would work."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say
from breakeven.estimate.chips import Chip
from breakeven.estimate.memory import Setup, memory_of
from breakeven.estimate.shape import Shape

MOST_DEVICES = 1 << 20
WIDEST = 1_000_000


@dataclass(frozen=True)
class Room:
    """Bytes needed on the fullest device and bytes it has; `devices` is the least power of two on which the most
    sparing layout would fit, None where not even a million are enough."""

    needed_bytes: float
    available_bytes: float
    devices: int | None

    @property
    def fits(self) -> bool:
        """Whether there is room."""
        return self.needed_bytes <= self.available_bytes

    @property
    def missing_bytes(self) -> float:
        """How much is missing; 0 where it fits."""
        return max(0.0, self.needed_bytes - self.available_bytes)


def fits(shape: Shape, setup: Setup, chip: Chip) -> Room:
    """Room of a training on a chip. Raises UsageError where the layout is impossible."""
    check_layout(shape, setup)
    needed, available = memory_of(shape, setup).total, float(chip.memory_bytes or 0)
    if needed <= available:
        return Room(needed, available, setup.tp * setup.pp * setup.dp * setup.cp)
    return Room(needed, available, devices_enough(shape, setup, available))


def refuse_without_room(shape: Shape, setup: Setup, chip: Chip) -> Room:
    """The room. Raises UsageError where there is none: how much is missing, and how many devices would do."""
    room = fits(shape, setup, chip)
    if room.fits:
        return room
    what = say("{name} needs {needed_bytes} on a device and {chip} has {available_bytes}: {missing_bytes} are missing",
               name=shape.name, chip=chip.name, needed_bytes=room.needed_bytes,
               available_bytes=room.available_bytes, missing_bytes=room.missing_bytes)
    hint = say("it fits on {count} of them with ZeRO-3 and full recomputation, micro-batch 1", count=room.devices)
    nowhere = say("it fits on no number of them: take a smaller model, shorter texts, or a chip with more memory")
    raise UsageError(what, "gpus", hint if room.devices else nowhere)


def devices_enough(shape: Shape, setup: Setup, available: float) -> int | None:
    """The least power of two of devices on which the most sparing layout has room."""
    devices = 1
    while devices <= MOST_DEVICES:
        if any(memory_of(shape, layout).total <= available for layout in sparing(shape, setup, devices)):
            return devices
        devices *= 2
    return None


def sparing(shape: Shape, setup: Setup, devices: int) -> Iterator[Setup]:
    """Layouts that need little: ZeRO-3, everything recomputed, the texts one by one, tensor parallel in a node."""
    least = replace(setup, zero=3, shard=None, recompute="full", micro_batch=min(1.0, setup.micro_batch), cp=1, pp=1,
                    chunks=1, micro_batches=1.0, sequence_parallel=True)
    for tp in (1, 2, 4, 8):
        if tp <= devices and _divides(tp, shape):
            ep = math.gcd(devices, shape.experts) if shape.experts else 1
            yield replace(least, tp=tp, dp=devices // tp, ep=ep)


def _divides(tp: int, shape: Shape) -> bool:
    """Whether every device gets whole heads; keys and values may be repeated on several devices."""
    return shape.heads % tp == 0 and (shape.kv_heads % tp == 0 or tp % shape.kv_heads == 0)


def check_shape(shape: Shape) -> None:
    """Raises UsageError where the numbers cannot be a transformer."""
    sizes = {"layers": shape.layers, "width": shape.width, "heads": shape.heads, "kv_heads": shape.kv_heads,
             "head_width": shape.head_width}
    for name, size in sizes.items():
        if not 1 <= size <= WIDEST:
            _refuse(say("{name} cannot be {size}", name=name, size=size), name,
                    say("give a whole number from 1 to a million"))
    if min(shape.ffn_width, shape.vocabulary, shape.experts, shape.expert_width, shape.shared_experts) < 0:
        _refuse(say("a width or a count of the model is negative"), "shape", say("give numbers of at least 0"))
    if shape.heads % shape.kv_heads:
        _refuse(say("{heads} heads cannot share {kv_heads} heads of keys and values", heads=shape.heads,
                    kv_heads=shape.kv_heads), "kv_heads", say("give a divisor of {heads}", heads=shape.heads))
    if shape.experts_active > shape.experts:
        _refuse(say("{active} of {experts} experts cannot be active", active=shape.experts_active,
                    experts=shape.experts), "experts_active", say("give at most {experts}", experts=shape.experts))


def check_layout(shape: Shape, setup: Setup) -> None:
    """Raises UsageError where the model cannot be divided so."""
    check_shape(shape)
    for name in ("tp", "pp", "dp", "cp", "ep", "chunks", "sequence", "micro_batch"):
        if getattr(setup, name) <= 0:
            _refuse(say("{name} cannot be {size}", name=name, size=getattr(setup, name)), name,
                    say("give a number above 0"))
    if not _divides(setup.tp, shape):
        _refuse(say("{heads} heads ({kv_heads} of keys and values) cannot be split over {count} devices",
                    heads=shape.heads, kv_heads=shape.kv_heads, count=setup.tp), "tp",
                say("one of {sizes}", sizes=[tp for tp in (1, 2, 4, 8, 16, 32) if _divides(tp, shape)]))
    if setup.pp * setup.chunks > shape.all_layers:
        _refuse(say("{layers} layers cannot make {count} stages", layers=shape.all_layers,
                    count=setup.pp * setup.chunks), "pp",
                say("give at most {layers} stages in all", layers=shape.all_layers))
    if setup.ep > 1 and (not shape.experts or shape.experts % setup.ep):
        _refuse(say("{experts} experts cannot be split over {count} devices", experts=shape.experts, count=setup.ep),
                "ep", say("give a divisor of the number of experts; 1 for a model without"))


def _refuse(what: Message, where: str, hint: Message) -> None:
    raise UsageError(what, where, hint)
