"""One of the processes of test_parallel.py, started as torchrun starts them: `python parallel_child.py OUT.json`; with
a folder behind it, a slow training that keeps checkpoints there, for being killed."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from breakeven.models.nn.devices import Device
from breakeven.models.nn.gpt import Gpt, GptShape
from breakeven.models.nn.language_data import Packed, PackedBatches
from breakeven.models.nn.language_training import loss_of, muon_groups
from breakeven.models.nn.loop import Batch, Watch, train_net
from breakeven.models.nn.parallel import Way, own_share, process_group, train_in_parallel
from breakeven.models.nn.schedule import LoopSettings
from breakeven.models.nn.writing import GptReader

SHAPE = GptShape(vocabulary=31, layers=2, heads=2, width=16, context=12)
SETTINGS = LoopSettings(8, 0.01, warm_up=0.1, clip=0.5, seed=3)
CPU = Device("cpu", "processor", "fp32", None)


def packed() -> Packed:
    random = np.random.default_rng(0)
    return Packed((np.arange(300) * 7 % 31).astype(np.int32), random.random(300) < 0.6)


def make_net() -> Gpt:
    torch.manual_seed(1)
    net = Gpt(SHAPE)
    with torch.no_grad():
        for weight in net.parameters():
            weight.normal_(std=0.2)
    return net


def alone(orthogonal: bool) -> tuple[list[float], Gpt]:
    """The losses of train_net, step by step."""
    net, losses = make_net(), []
    batches = PackedBatches(packed(), 4, 10, 0)

    def loss(given, tensors):  # type: ignore[no-untyped-def]
        value = loss_of(given, tensors)
        losses.append(float(value.detach()))
        return value

    groups = muon_groups(net) if orthogonal else None
    train_net(net, batches, loss, SETTINGS, CPU, lambda: 1e9, groups=groups)
    return losses, net


def together(way: Way, orthogonal: bool) -> tuple[list[float], Gpt]:
    net, losses = make_net(), []
    batches = PackedBatches(packed(), 4, 10, 0, own_share())
    groups = muon_groups if orthogonal else None
    weights, _ = train_in_parallel(net, batches, SETTINGS, CPU, lambda: 1e9, way, groups=groups, seen=losses.append)
    whole = Gpt(SHAPE)
    whole.load_state_dict(weights)
    return losses, whole.eval()


def told(losses: list[float], net: Gpt) -> dict[str, list[float]]:
    return {"losses": losses, "logits": GptReader(net, 1).read(0, [1, 2, 3]).tolist()}


def main(out: Path) -> None:
    torch.set_num_threads(1)
    with process_group("cpu"):
        found = {
            "ddp": told(*together("ddp", orthogonal=False)),
            "ddp-muon": told(*together("ddp", orthogonal=True)),
            "fsdp": told(*together("fsdp", orthogonal=False)),
        }
    if own_share()[0] == 0:
        found |= {"one": told(*alone(orthogonal=False)), "one-muon": told(*alone(orthogonal=True))}
        out.write_text(json.dumps(found))


def kept(way: Way, folder: Path) -> str:
    """The losses of a slow training with a checkpoint after each step, and its weights, to the bit."""
    batches = PackedBatches(packed(), 4, 10, 0, own_share())

    def slow(number: int) -> Batch:
        time.sleep(0.03)
        return batches(number)

    watch = Watch(lambda net: float(sum(each.sum() for each in net.state_dict().values() if way == "ddp")), times=4)
    settings = replace(SETTINGS, steps=24, checkpoint_seconds=0.0)
    weights, trace = train_in_parallel(make_net(), slow, settings, CPU, lambda: 1e9, way, watch=watch, folder=folder)
    total = sum(float(each.double().sum()) for each in weights.values())
    points = [(row[0], row[2], row[3].hex()) for row in trace.points]
    return f"{points} {total.hex()} {[tuple(look) for look in trace.looks]}"


def main_kept(out: Path, folder: Path) -> None:
    torch.set_num_threads(1)
    with process_group("cpu"):
        found = [kept("ddp", folder / "ddp"), kept("fsdp", folder / "fsdp")]
    if own_share()[0] == 0:
        out.write_text("\n".join(found))


if __name__ == "__main__":
    main_kept(Path(sys.argv[1]), Path(sys.argv[2])) if len(sys.argv) > 2 else main(Path(sys.argv[1]))
