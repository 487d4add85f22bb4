"""A small training run in a process of its own, for tests that kill it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from breakeven.models.nn.batches import LengthBatches
from breakeven.models.nn.devices import choose_device
from breakeven.models.nn.loop import Batch, Trace, Watch, train_net
from breakeven.models.nn.schedule import LoopSettings

SETTINGS = LoopSettings(steps=60, learning_rate=3e-3, checkpoint_seconds=0.0, accumulate=2, seed=5)


def small_net() -> nn.Module:
    """A net with dropout, so that a run that draws other random numbers ends elsewhere."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 3))


def rows() -> tuple[Tensor, Tensor]:
    random = np.random.default_rng(2)
    inputs = random.normal(size=(200, 8)).astype(np.float32)
    return torch.from_numpy(inputs), torch.from_numpy((inputs[:, 0] > 0) + (inputs[:, 1] > 0).astype(np.int64))


def loss(net: nn.Module, tensors: dict[str, Tensor]) -> Tensor:
    return nn.functional.cross_entropy(net(tensors["inputs"]), tensors["answers"])


def train(
    folder: Path | None, settings: LoopSettings = SETTINGS, seconds: float = 60.0, pause: float = 0.0
) -> tuple[Trace, nn.Module]:
    """Train the small net; `pause` seconds of sleep a batch make its steps slow."""
    import time

    net, (inputs, answers) = small_net(), rows()
    order = LengthBatches(np.ones(160, np.int64), rows=16, seed=settings.seed)
    until = time.monotonic() + seconds

    def batch(number: int) -> Batch:
        time.sleep(pause)
        chosen = order(number)
        return Batch({"inputs": inputs[chosen], "answers": answers[chosen]}, tokens=len(chosen))

    held_out = {"inputs": inputs[160:], "answers": answers[160:]}
    watch = Watch(lambda each: float(loss(each, held_out)), times=6, patience=6)
    trace = train_net(
        net, batch, loss, settings, choose_device(1), lambda: until - time.monotonic(), folder, watch=watch
    )
    return trace, net


def write_loss(folder: str, out: str) -> None:
    """Train with checkpoints in `folder` and write the last loss, bit for bit, and the net's sum to `out`."""
    trace, net = train(Path(folder), pause=0.004)
    total = sum(float(each.double().sum()) for each in net.state_dict().values())
    Path(out).write_text(f"{trace.loss.hex()} {trace.best.hex()} {total.hex()} {trace.step} {trace.tokens}")
