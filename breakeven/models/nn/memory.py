"""What training a net will take of memory, and how the batch is cut so that it fits."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
import torch
from torch import nn

from breakeven.core.words import say
from breakeven.models.model import Declined
from breakeven.models.nn.devices import Device

USABLE = 0.8
"""Of the memory that is free: the rest is for what the libraries take on the way."""
LEAST_ROWS = 2


@dataclass(frozen=True)
class Room:
    """How a step is cut: rows of a forward pass, passes for a step, whether activations are made again going back."""

    rows: int
    accumulate: int
    again: bool
    bytes: int
    """What training will take at its peak, as foreseen."""


def foreseen_bytes(net: nn.Module, rows: int, tokens: int, device: Device, again: bool = False) -> int:
    """Weights, gradients, two moments of Adam, and activations of a batch (rows, tokens).

    Activations: 34 bytes for each token, layer and unit of width with 16-bit numbers (Korthikanti et al. 2022, equation
    2, without the products of attention, which are not kept), twice that with 32 bits; made again, one layer and
    the inputs of the others.
    """
    weights = sum(each.numel() * each.element_size() for each in net.parameters())
    trained = sum(each.numel() for each in net.parameters() if each.requires_grad)
    width, layers = _size(net)
    unit = rows * tokens * width * (2 if device.precision == "bf16" else 4)
    kept = unit * (17 + layers) if again else unit * 17 * layers
    return weights + 12 * trained + kept


def _size(net: nn.Module) -> tuple[int, int]:
    """Width and layers of the transformer inside; a guess by its matrices where it has no config."""
    config = next((each.config for each in net.modules() if hasattr(each, "config")), None)
    if config is not None:
        return int(config.hidden_size), int(config.num_hidden_layers)  # type: ignore[union-attr, arg-type]
    return max((each.shape[0] for each in net.parameters() if each.ndim == 2), default=1), 1


def make_room(net: nn.Module, rows: int, tokens: int, device: Device, free: int | None = None) -> Room:
    """The largest batch up to `rows` that fits beside the net; the rest of a step is accumulated.

    Raises Declined when not even the weights and what the optimizer keeps of them fit.
    """
    free = usable_bytes(device) if free is None else int(free * USABLE)
    part, again = rows, False
    while foreseen_bytes(net, part, tokens, device, again) > free:
        if part > max(LEAST_ROWS, rows // 8):
            part = -(-part // 2)
        elif not again:
            part, again = rows, True
        else:
            needed = foreseen_bytes(net, part, tokens, device, again)
            raise Declined(say("training takes about {needed_bytes} of memory, and {free_bytes} are free",
                               needed_bytes=needed, free_bytes=free))  # fmt: skip
    return Room(part, -(-rows // part), again, foreseen_bytes(net, part, tokens, device, again))


def process_bytes() -> int:
    """What this process has in memory now."""
    return int(psutil.Process().memory_info().rss)


def usable_bytes(device: Device) -> int:
    """What training may take of the memory that is free now."""
    free = torch.cuda.mem_get_info()[0] if device.kind == "cuda" else psutil.virtual_memory().available
    return int(free * USABLE)
