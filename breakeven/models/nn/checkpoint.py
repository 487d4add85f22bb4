"""A training run on the disk: one safetensors file with weights, optimizer state and the loop's own numbers.

One file, written under another name and renamed: a process killed at any moment leaves the last whole state.
Random numbers need no keeping, because every step seeds its own from (seed, step).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save

from breakeven.store import write_bytes

FILE = "checkpoint.safetensors"

Tensors = dict[str, torch.Tensor]


def trained_tensors(net: torch.nn.Module) -> Tensors:
    """What training changes: parameters that take a gradient, and kept buffers. Tied weights occur once."""
    kept = net.state_dict().keys()
    found = {name: each.detach() for name, each in net.named_parameters() if each.requires_grad}
    return found | {name: each for name, each in net.named_buffers() if name in kept}


def copied(tensors: Tensors) -> Tensors:
    """The same values in memory of their own, on the processor."""
    return {name: each.detach().to("cpu", copy=True).contiguous() for name, each in tensors.items()}


@torch.no_grad()
def put_back(net: torch.nn.Module, tensors: Tensors) -> None:
    """Write kept values into a net, in place, so that optimizers and tied weights go on seeing them."""
    for name, each in trained_tensors(net).items():
        each.copy_(tensors[name])


def save_checkpoint(
    folder: Path, net: torch.nn.Module, optimizer: torch.optim.Optimizer, best: Tensors, numbers: dict[str, Any]
) -> None:
    """Write the state of a run. `numbers` are JSON values; `best` are the best weights so far (may be empty)."""
    tensors = {f"net.{name}": each for name, each in copied(trained_tensors(net)).items()}
    tensors |= {f"best.{name}": each for name, each in best.items()}
    for place, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{key}": each for key, each in copied(state).items()}
    write_bytes(folder / FILE, save(tensors, {"numbers": json.dumps(numbers)}))


def load_checkpoint(
    folder: Path, net: torch.nn.Module, optimizer: torch.optim.Optimizer, made_by: str
) -> tuple[Tensors, dict[str, Any]] | None:
    """Bring net and optimizer to where a run was; None when there is none, or it was made by something else."""
    if not (folder / FILE).is_file():
        return None
    with safe_open(folder / FILE, framework="pt") as file:
        numbers: dict[str, Any] = json.loads(file.metadata()["numbers"])
        if numbers.get("made_by") != made_by:
            return None
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    put_back(net, _below("net.", tensors))
    _load_optimizer(optimizer, _below("optimizer.", tensors))
    return _below("best.", tensors), numbers


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    state: dict[int, Tensors] = {}
    for name, each in tensors.items():
        place, _, key = name.partition(".")
        state.setdefault(int(place), {})[key] = each.clone()
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _below(prefix: str, tensors: Tensors) -> Tensors:
    return {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}


def forget_checkpoint(folder: Path | None) -> None:
    """Remove what a finished run kept."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
