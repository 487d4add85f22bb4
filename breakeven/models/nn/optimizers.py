"""The optimizers of a training run and what each of them is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from breakeven.models.nn.devices import Device
from breakeven.models.nn.muon import Muon
from breakeven.models.nn.schedule import LoopSettings

Groups = Iterable[dict[str, Any]]


def make_optimizer(
    net: nn.Module, settings: LoopSettings, device: Device, groups: Groups | None = None
) -> torch.optim.Optimizer:
    """AdamW, fused where the device has it; Muon where a group asks for it (`orthogonal`)."""
    made = [{"share": 1.0, **group} for group in groups or decay_groups(net, settings.weight_decay)]
    kind = Muon if any(group.get("orthogonal") for group in made) else torch.optim.AdamW
    return kind(
        made, lr=settings.learning_rate, betas=(0.9, settings.beta2), weight_decay=settings.weight_decay,
        fused=device.kind in ("cuda", "cpu"),
    )  # fmt: skip


def decay_groups(net: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices are decayed; biases and the gains of norms are not."""
    trained = [each for each in net.parameters() if each.requires_grad]
    flat = {"params": [each for each in trained if each.ndim < 2], "weight_decay": 0.0}
    deep = {"params": [each for each in trained if each.ndim >= 2], "weight_decay": weight_decay}
    return [group for group in (deep, flat) if group["params"]]
