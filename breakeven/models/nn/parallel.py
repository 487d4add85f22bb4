"""One training over several processes, as torchrun starts them (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and _PORT).

`ddp` keeps the whole net in each process and averages gradients; `fsdp` keeps a part of it in each and gathers a
layer when it is needed. Every process takes its share of each batch. Losses are divided by the scored tokens of the
whole batch, so that both give the loss of one process, step by step, up to rounding. What depends on clocks is decided
by the first process and told to the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Literal

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from breakeven.models.model import Work
from breakeven.models.nn.checkpoint import Tensors, copied
from breakeven.models.nn.curves import Points
from breakeven.models.nn.devices import Device
from breakeven.models.nn.gpt import NOT_SCORED, mean_loss
from breakeven.models.nn.loop import Batch, Pace, Trace, Watch
from breakeven.models.nn.optimizers import Groups, make_optimizer
from breakeven.models.nn.parallel_state import load_group, save_group
from breakeven.models.nn.schedule import LoopSettings, Plan, rate_share
from breakeven.records.record import digest_of

Way = Literal["ddp", "fsdp"]
AGREE_STEPS = 20
"""After so many steps the processes agree anew on how many fit into the time."""


def processes() -> int:
    """How many processes train together; 1 outside torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def own_share() -> tuple[int, int]:
    """(which process this is, of how many), as batches are split by it."""
    return int(os.environ.get("RANK", "0")), processes()


def way_of(work: Work) -> Way:
    """How a job is trained by several processes: as its setting `parallel` says, else with the whole net in each."""
    return "fsdp" if work.candidate.setting("parallel") == "fsdp" else "ddp"


@contextmanager
def process_group(kind: str) -> Iterator[None]:
    """Join the other processes: over NCCL with GPUs (one each), over gloo on processors."""
    if kind == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def spread(net: nn.Module, way: Way, device: Device) -> nn.Module:
    """The net as it is trained by all processes."""
    if way == "ddp":
        return DistributedDataParallel(net)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device.kind, (processes(),))
    for block in getattr(net, "blocks", ()):
        fully_shard(block, mesh=mesh)
    return fully_shard(net, mesh=mesh)  # type: ignore[return-value]


def whole_weights(net: nn.Module) -> Tensors:
    """All weights of a spread net, on the processor, in every process."""
    found = {}
    for name, each in net.state_dict().items():
        found[name.removeprefix("module.")] = each.full_tensor() if hasattr(each, "full_tensor") else each
    return copied(found)


def train_in_parallel(
    net: nn.Module,
    batch: Callable[[int], Batch],
    settings: LoopSettings,
    device: Device,
    seconds_left: Callable[[], float],
    way: Way = "ddp",
    watch: Watch | None = None,
    groups: Callable[[nn.Module], Groups] | None = None,
    tell: Callable[[Pace], None] = lambda pace: None,
    seen: Callable[[float], None] = lambda loss: None,
    folder: Path | None = None,
) -> tuple[Tensors, Trace]:
    """`train_net` of a language model for several processes; each gets the best weights, whole. `net` itself is spread
    and of no use any more.

    `batch(number)` gives this process's share of the batch, `ids` and `targets`. `groups` are asked of the net when it
    is spread: Muon needs whole matrices and goes with `ddp` alone. `seen` gets the loss of the whole batch after
    each step. `folder` keeps checkpoints, which need be on the first process's disk alone; a group that lost a process
    and is started again goes on from there.
    """
    spread_net = spread(net.to(device.torch).train(), way, device)
    optimizer = make_optimizer(spread_net, settings, device, groups(net) if groups and way == "ddp" else None)
    run = _Group(spread_net, optimizer, settings, device, folder, way)
    trace, plan = run.trace, run.plan
    while trace.step < trace.steps and not (watch and trace.worse >= watch.patience):
        _set_rates(optimizer, settings, trace)
        torch.manual_seed(settings.seed * 1_000_003 + trace.step)
        trace.loss = _step(spread_net, optimizer, batch, settings, device, trace)
        trace.step += 1
        run.point()
        seen(trace.loss)
        if trace.step == plan.first + 1:
            plan.start_clock(trace.step)
        elif trace.step % AGREE_STEPS == 0:
            plan.fit(trace.step, seconds_left())
            trace.steps = plan.steps = agreed(plan.steps, device)
            left = (trace.steps - trace.step) * plan.seconds_per_step(trace.step)
            tell(Pace(trace.step, trace.steps, trace.loss, 0.0, None, left))
        run.best = _look(spread_net, watch, trace, device) or run.best
        run.keep()
    weights = run.best or whole_weights(spread_net)
    run.points.read()
    trace.cut_short = trace.steps < settings.steps
    return weights, trace


class _Group:
    """The state of a training between two steps, the same in every process."""

    def __init__(
        self, net: nn.Module, optimizer: torch.optim.Optimizer, settings: LoopSettings, device: Device,
        folder: Path | None, way: Way,
    ) -> None:  # fmt: skip
        self.net, self.optimizer, self.settings, self.device, self.folder = net, optimizer, settings, device, folder
        self.trace, self.best = Trace(steps=settings.steps), Tensors()
        shapes = [(name, list(each.shape)) for name, each in net.named_parameters()]
        self.made_by = digest_of(repr(asdict(settings)), repr(shapes), way)
        kept = load_group(folder, net, optimizer, self.made_by, device) if folder else None
        if kept:
            self.best, numbers = kept
            self.trace = Trace(**numbers["trace"])
        self.plan = Plan(settings.steps, self.trace.steps, first=self.trace.step)
        self.points = Points(self.trace.points, self.trace.stride)
        self.before, self.begun, self.kept = self.trace.seconds, monotonic(), monotonic()

    def point(self) -> None:
        """A step has been made: its place on the curve."""
        self.trace.seconds = self.before + monotonic() - self.begun
        rate = self.optimizer.param_groups[0]["lr"]
        loss = torch.tensor(self.trace.loss, dtype=torch.float64)
        self.points.see(self.trace.step, self.trace.seconds, self.trace.tokens, loss, rate)

    def keep(self) -> None:
        """Write a checkpoint when the first process finds the last one old; it is asked every few steps."""
        seconds = self.settings.checkpoint_seconds
        if not self.folder or (seconds and self.trace.step % AGREE_STEPS):
            return
        if agreed(int(monotonic() - self.kept >= seconds), self.device):
            self.points.read()
            self.trace.stride = self.points.stride
            numbers = {"made_by": self.made_by, "trace": asdict(self.trace)}
            save_group(self.folder, self.net, self.optimizer, self.best, numbers)
            self.kept = monotonic()


def _set_rates(optimizer: torch.optim.Optimizer, settings: LoopSettings, trace: Trace) -> None:
    share = rate_share(trace.step, trace.steps, settings.warm_up, settings.schedule, settings.floor)
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * group["share"] * share


def _step(
    net: nn.Module, optimizer: torch.optim.Optimizer, batch: Callable[[int], Batch], settings: LoopSettings,
    device: Device, trace: Trace,
) -> float:  # fmt: skip
    """One step; the loss of the whole batch. Gradients are averaged by the wrapper, hence the factor `processes()`."""
    whole = torch.zeros((), device=device.torch)
    for part in range(settings.accumulate):
        made = batch(trace.step * settings.accumulate + part)
        ids, targets = (made.tensors[name].to(device.torch) for name in ("ids", "targets"))
        own = (targets != NOT_SCORED).sum()
        every = own.clone()
        dist.all_reduce(every)
        with device.autocast():
            loss = mean_loss(net(ids), targets) * own / every.clamp(min=1) / settings.accumulate
        (loss * processes()).backward()  # type: ignore[no-untyped-call]
        whole += loss.detach()
        trace.tokens += made.tokens * processes()
    nn.utils.clip_grad_norm_(net.parameters(), settings.clip)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    dist.all_reduce(whole)
    return float(whole)


def agreed(number: int, device: Device) -> int:
    """The first process's number, in all; outside a group the number itself."""
    if processes() == 1:
        return number
    told = torch.tensor([number], device=device.torch)
    dist.broadcast(told, 0)
    return int(told)


def _look(net: nn.Module, watch: Watch | None, trace: Trace, device: Device) -> Tensors | None:
    """The weights when their held-out loss is the least so far, at the times that `watch` says."""
    if watch is None or (trace.step % max(1, -(-trace.steps // watch.times)) and trace.step < trace.steps):
        return None
    net.eval()
    with torch.no_grad(), device.autocast():
        value = float(watch.measure(net))
    net.train()
    trace.looks.append((trace.step, value))
    trace.worse += 1
    if value >= trace.best:
        return None
    trace.best, trace.best_step, trace.worse = value, trace.step, 0
    return whole_weights(net)
