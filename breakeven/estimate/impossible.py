"""Trainings that cannot be: refused with what to change, before anything is computed of them."""

from __future__ import annotations

import math

import numpy as np

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.layout_search import Search, state_bytes
from breakeven.estimate.memory import Setup
from breakeven.estimate.room import devices_enough
from breakeven.estimate.shape import Shape
from breakeven.estimate.training_spec import TrainingSpec
from breakeven.estimate.work import Work

BYTES_A_PARAMETER = 18.0
"""Weights, gradients and Adam's states in mixed precision."""
FILLED = 0.9


def refuse_impossible(spec: TrainingSpec, shape: Shape, chips: int) -> None:
    """Raises UsageError for a layout that the model or the devices cannot have."""
    _refuse_experts(spec, shape)
    _refuse_heads(spec, shape)
    asked = spec.asked
    pp = asked.pp or 1
    if pp > shape.all_layers:
        raise UsageError(say("{pp} stages are more than the {layers} layers", pp=pp, layers=shape.all_layers),
                         "layout: pp", say("give at most {count} stages", count=shape.all_layers))
    least = (asked.tp or 1) * pp * (asked.cp or 1)
    if least > chips:
        raise UsageError(say("tp x pp x cp are {least} devices, and there are {count}", least=least, count=chips),
                         "layout", say("give {least} devices or a smaller division", least=least))


def _refuse_experts(spec: TrainingSpec, shape: Shape) -> None:
    if shape.experts and shape.experts_active > shape.experts:
        raise UsageError(
            say("{active} experts are active of {count}", active=shape.experts_active, count=shape.experts),
            "experts", say("give at most as many active experts as there are"))
    if (spec.asked.ep or 1) > max(1, shape.experts):
        raise UsageError(say("experts cannot be divided over {ep} devices: there are {count}", ep=spec.asked.ep,
                             count=shape.experts), "layout: ep",
                         say("give at most {count}", count=max(1, shape.experts)))


def _refuse_heads(spec: TrainingSpec, shape: Shape) -> None:
    """Heads are only known where the shape, or their number, was told; the heads of a typical shape bind nobody."""
    tp = spec.asked.tp or 1
    known = spec.shape is not None or spec.heads is not None
    if known and shape.heads % tp:
        fitting = [one for one in range(1, 65) if shape.heads % one == 0]
        raise UsageError(say("tp {tp} does not divide the {heads} attention heads", tp=tp, heads=shape.heads),
                         "layout: tp", say("take one of {numbers}", numbers=fitting))


def refuse_far_too_large(spec: TrainingSpec, shape: Shape, setup: Setup, needed: float) -> None:
    """Raises UsageError where even the smallest layout needs much more than a device has, activations included.

    Measured trainings are known whose count is half as much again as their device holds (offloading, fused losses): up
    to there an answer is given, and its memory tells.
    """
    room = float(spec.chip.memory_bytes or 0)
    if room and needed > STILL_SEEN * room:
        enough = devices_enough(shape, setup, room)
        fix = say("it fits on {count} of them with ZeRO-3 and full recomputation, micro-batch 1", count=enough)
        nowhere = say("it fits on no number of them: take a smaller model, shorter texts, or a chip with more memory")
        raise UsageError(
            say("{name} needs {needed_bytes} on a device and {chip} has {available_bytes}: {missing_bytes} are missing",
                name=shape.name, chip=spec.chip.name, needed_bytes=needed, available_bytes=room,
                missing_bytes=needed - room), "memory", fix if enough else nowhere)


STILL_SEEN = 1.6


def refuse_without_room(spec: TrainingSpec, work: Work, found: Search, chips: int) -> None:
    """Raises UsageError where weights and optimizer alone are more than the devices hold, in every layout tried."""
    room = float(spec.chip.memory_bytes or 16 << 30)
    needed = float(np.min(state_bytes(work, found.layouts)))
    if needed <= room:
        return
    enough = math.ceil(BYTES_A_PARAMETER * work.params_total / (FILLED * room))
    raise UsageError(
        say("weights and optimizer take {needed_bytes} on each of {count} devices of {room_bytes}",
            needed_bytes=needed, room_bytes=room, count=chips), "memory",
        say("take at least {count} of them with zero=3, a larger memory, or a smaller model",
            count=max(enough, chips + 1)) if enough > chips else
        say("divide more: zero=3, or a larger tp or pp; {count} of them are enough", count=enough))
