"""torch.compile where it measures faster here: a short probe before a long training, eager otherwise."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter

import torch
from torch import nn

from breakeven.models.nn.devices import Device

LONG_SECONDS = 1_200.0
"""Compiling takes half a minute to some minutes: it is tried where training is expected to take so long at least."""
FEWEST_STEPS = 200
"""With fewer no probe is made."""
WORTH = 0.95
"""The share of the eager time that a compiled pass may take at most."""
WARM, TIMED = 2, 4
"""Passes before the clock runs, and while it does."""


def compiled_if_faster(
    net: nn.Module, passes: Callable[[int], None], device: Device, left: Callable[[float], float]
) -> bool:
    """Try a compiled net against the eager one, and leave it compiled (in place) where it is faster.

    `passes(number)` goes forward and back with the batch of a number and leaves no gradients. `left(seconds a pass)`
    is how long training will take. Nothing that the net holds is changed.
    """
    if not can_compile(device):
        return False
    kept = {name: each.clone() for name, each in net.named_buffers()}
    try:
        eager = _seconds(passes, device)
        if left(eager) < LONG_SECONDS:
            return False
        compile_net(net)
        faster = _seconds(passes, device) < WORTH * eager
    except Exception:  # the compiler is a program of its own, with faults of its own
        faster = False
    with torch.no_grad():
        for name, each in net.named_buffers():
            each.copy_(kept[name])
    if not faster:
        run_eagerly(net)
    return faster


def compile_net(net: nn.Module) -> None:
    """In place: names and weights stay; batches of any length share a graph."""
    net.compile(dynamic=True)


def run_eagerly(net: nn.Module) -> None:
    net._compiled_call_impl = None


def can_compile(device: Device) -> bool:
    """Whether the compiler's own tools are here: Triton for a GPU, a C++ compiler for a processor."""
    if device.kind == "cuda":
        return find_spec("triton") is not None
    return device.kind == "cpu" and shutil.which(os.environ.get("CXX") or "g++") is not None


def _seconds(passes: Callable[[int], None], device: Device) -> float:
    """Of a pass, the least of some."""
    for number in range(WARM):
        passes(number)
    taken = []
    for number in range(TIMED):
        device.wait()
        begun = perf_counter()
        passes(number)
        device.wait()
        taken.append(perf_counter() - begun)
    return min(taken)
