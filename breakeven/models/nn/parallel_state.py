"""Checkpoints of a training over several processes: the first one writes the whole state, and tells it to the others.

Weights and the optimizer's state are gathered (FSDP holds parts of them) into one safetensors file, as a single process
writes it, so that a group of another size can go on with it. What is told goes as tensors: nothing is pickled.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import torch
import torch.distributed as dist
from safetensors import safe_open
from safetensors.torch import save
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    get_state_dict,
    set_state_dict,
)

from breakeven.models.nn.checkpoint import Tensors
from breakeven.models.nn.devices import Device
from breakeven.store import write_bytes

FILE = "group.safetensors"


def save_group(
    folder: Path, net: nn.Module, optimizer: torch.optim.Optimizer, best: Tensors, numbers: dict[str, Any]
) -> None:
    """Every process calls it; rank 0 writes. `numbers` are JSON values, `best` the best weights so far, or none."""
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights, state = cast(tuple[Tensors, dict[str, Any]], get_state_dict(net, optimizer, options=options))
    if dist.get_rank():
        return
    tensors = {f"net.{name}": each for name, each in weights.items()}
    tensors |= {f"best.{name}": each for name, each in best.items()}
    for name, kept in state["state"].items():
        tensors |= {f"optimizer.{name}.{key}": torch.as_tensor(each) for key, each in kept.items()}
    whole = {name: each.detach().clone().contiguous() for name, each in tensors.items()}
    write_bytes(folder / FILE, save(whole, {"numbers": json.dumps(numbers)}))


def load_group(
    folder: Path, net: nn.Module, optimizer: torch.optim.Optimizer, made_by: str, device: Device
) -> tuple[Tensors, dict[str, Any]] | None:
    """Bring a group to where one was, as rank 0 finds it on its disk; None when there is nothing, in every process."""
    tensors, numbers = _read(folder) if dist.get_rank() == 0 else ({}, {})
    numbers = json.loads(told(json.dumps(numbers), device))
    if numbers.get("made_by") != made_by:
        return None
    tensors = shared(tensors, device)
    groups = get_optimizer_state_dict(net, optimizer)["param_groups"]
    kept: dict[str, Tensors] = {}
    for name, each in _below("optimizer.", tensors).items():
        parameter, _, key = name.rpartition(".")
        kept.setdefault(parameter, {})[key] = each
    whole: Any = {"state": kept, "param_groups": groups}
    weights: dict[str, Any] = dict(_below("net.", tensors))
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    set_state_dict(net, optimizer, model_state_dict=weights, optim_state_dict=whole, options=options)
    return _below("best.", tensors), numbers


def _read(folder: Path) -> tuple[Tensors, dict[str, Any]]:
    if not (folder / FILE).is_file():
        return {}, {}
    with safe_open(folder / FILE, framework="pt") as file:
        numbers: dict[str, Any] = json.loads(file.metadata()["numbers"])
        return {name: file.get_tensor(name) for name in file.keys()}, numbers  # noqa: SIM118


def _below(prefix: str, tensors: Tensors) -> Tensors:
    return {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}


def shared(tensors: Tensors, device: Device) -> Tensors:
    """The tensors of rank 0, in every process, on the processor."""
    named = [(name, list(each.shape), str(each.dtype).removeprefix("torch.")) for name, each in tensors.items()]
    found = {}
    for name, shape, kind in json.loads(told(json.dumps(named), device)):
        own = tensors.get(name)
        each = torch.empty(shape, dtype=getattr(torch, kind), device=device.torch)
        if own is not None:
            each.copy_(own)
        dist.broadcast(each, 0)
        found[name] = each.cpu()
    return found


def told(text: str, device: Device) -> str:
    """The text of rank 0, in every process."""
    content = torch.tensor(list(text.encode()), dtype=torch.uint8, device=device.torch)
    size = torch.tensor([len(content)], device=device.torch)
    dist.broadcast(size, 0)
    if dist.get_rank():
        content = torch.empty(int(size), dtype=torch.uint8, device=device.torch)
    dist.broadcast(content, 0)
    return bytes(content.cpu().tolist()).decode()
