"""The one training loop: small nets, fine-tuning, adapters and language models all go through `train_net`.

What decides a step is (seed, step) alone: its rows, its random numbers, its learning rate. So a run that was killed at
any step and started again with the same command ends with the same loss, bit for bit, as long as it makes as
many steps; how many it makes is kept in the checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic

import torch
from torch import Tensor, nn

from breakeven.core.errors import ModelError
from breakeven.core.words import say
from breakeven.models.nn.checkpoint import (
    Tensors,
    copied,
    load_checkpoint,
    put_back,
    save_checkpoint,
    trained_tensors,
)
from breakeven.models.nn.compiling import (
    FEWEST_STEPS,
    LONG_SECONDS,
    compile_net,
    compiled_if_faster,
    run_eagerly,
)
from breakeven.models.nn.curves import Points, curve_of
from breakeven.models.nn.decided import is_decided, once
from breakeven.models.nn.devices import Device
from breakeven.models.nn.optimizers import Groups, make_optimizer
from breakeven.models.nn.profiling import profiling
from breakeven.models.nn.schedule import LoopSettings, Plan, rate_share
from breakeven.records.curve import Curve
from breakeven.records.record import digest_of

TELL_SECONDS = 0.5


@dataclass(frozen=True)
class Batch:
    """What one forward pass gets: tensors by name, and how many tokens (padding not counted) they hold."""

    tensors: Tensors
    tokens: int


@dataclass(frozen=True)
class Watch:
    """Held-out rows: `measure` is a loss (less is better) taken `times` times, evenly spread, and at the end.

    The weights with the least loss are those that training ends with. After `patience` looks without a new least
    one it stops.
    """

    measure: Callable[[nn.Module], float]
    times: int = 10
    patience: int = 10


@dataclass(frozen=True)
class Pace:
    """How training goes, for whoever watches."""

    step: int
    steps: int
    loss: float
    """The training loss, averaged over about the last twenty steps."""
    tokens_per_second: float
    mfu: float | None
    """The share of the device's dense peak that the model's own FLOP take; None where that peak is not known."""
    seconds_left: float


@dataclass
class Trace:
    """What a run came to."""

    step: int = 0
    steps: int = 0
    loss: float = math.nan
    """The training loss of the last step."""
    mean_loss: float = math.nan
    best: float = math.inf
    """The least held-out loss, and the step after which it was seen."""
    best_step: int = 0
    worse: int = 0
    """How often in a row the held-out loss was no new least one."""
    seconds: float = 0.0
    tokens: int = 0
    cut_short: bool = False
    looks: list[tuple[int, float]] = field(default_factory=list)
    points: list[list[float]] = field(default_factory=list)
    """Of the curve, as `Points` keeps them."""
    stride: int = 1

    def curve(self, name: str) -> Curve:
        return curve_of(name, self.points, self.looks)


def train_net(
    net: nn.Module,
    batch: Callable[[int], Batch],
    loss: Callable[[nn.Module, Tensors], Tensor],
    settings: LoopSettings,
    device: Device,
    seconds_left: Callable[[], float],
    folder: Path | None = None,
    watch: Watch | None = None,
    groups: Groups | None = None,
    tell: Callable[[Pace], None] = lambda pace: None,
    traced: Path | None = None,
) -> Trace:
    """Train `net` in place and leave it on the processor, in evaluation mode, with its best weights.

    `batch(number)` gives the batch of that number, always the same; `loss(net, tensors)` its mean loss. `groups` are
    parameter groups of AdamW with a `share` of the learning rate each; left out, matrices are decayed and
    vectors are not. `seconds_left` is asked for how long training may go on; `folder` keeps checkpoints; `traced` is a
    file for a trace of a few steps. Raises ModelError when the loss is no number any more.
    """
    device = device.suited(net)
    net.to(device.torch).train()
    run = _Run(net, make_optimizer(net, settings, device, groups), settings, device, folder)
    run.choose_form(batch, loss, seconds_left)
    trace = run.trace
    with profiling(traced) as stepped:
        while trace.step < trace.steps and not (watch and trace.worse >= watch.patience):
            if seconds_left() <= 0:
                trace.cut_short = True
                break
            run.step(batch, loss)
            stepped()
            run.look(watch)
            if run.is_time_to_tell():
                run.fit(seconds_left())
                tell(run.pace())
                run.keep()
    run.end()
    return trace


class _Run:
    """The state of a run between two steps."""

    def __init__(
        self, net: nn.Module, optimizer: torch.optim.Optimizer, settings: LoopSettings, device: Device,
        folder: Path | None,
    ) -> None:  # fmt: skip
        self.net, self.optimizer, self.settings, self.device, self.folder = net, optimizer, settings, device, folder
        self.trace = Trace(steps=settings.steps)
        self.best: Tensors = {}
        self.made_by = digest_of(repr(asdict(settings)), repr([(n, p.shape) for n, p in trained_tensors(net).items()]))
        kept = load_checkpoint(folder, net, optimizer, self.made_by) if folder else None
        if kept:
            self.best, numbers = kept
            self.trace = Trace(**numbers["trace"])
        self.plan = Plan(settings.steps, self.trace.steps, first=self.trace.step)
        self.mean = torch.tensor(self.trace.mean_loss, dtype=torch.float64, device="cpu")
        self.last: Tensor | None = None
        self.begun = self.told = self.kept = monotonic()
        self.before = self.trace.seconds
        self.tokens, self.keeping = self.trace.tokens, 0.0
        self.flop = flop_per_token(net)
        self.points = Points(self.trace.points, self.trace.stride)

    def choose_form(
        self, batch: Callable[[int], Batch], loss: Callable[[nn.Module, Tensors], Tensor],
        seconds_left: Callable[[], float],
    ) -> None:  # fmt: skip
        """Eager or compiled, as a probe before a long training tells; a training that goes on keeps its form."""

        def passes(number: int) -> None:
            made = batch(number)
            with self.device.autocast():
                value = loss(self.net, _on(made.tensors, self.device))
            value.backward()  # type: ignore[no-untyped-call]
            self.net.zero_grad(set_to_none=True)

        def left(seconds: float) -> float:
            return min(seconds_left(), seconds * (self.settings.steps - self.trace.step) * self.settings.accumulate)

        short = self.settings.steps < FEWEST_STEPS or seconds_left() < LONG_SECONDS
        if short and not is_decided(self.folder, "form"):
            return
        kept = once(self.folder, "form", lambda: {
            "compiled": compiled_if_faster(self.net, passes, self.device, left)})  # fmt: skip
        if kept["compiled"]:
            compile_net(self.net)

    def step(self, batch: Callable[[int], Batch], loss: Callable[[nn.Module, Tensors], Tensor]) -> None:
        """One step of the optimizer."""
        step, settings = self.trace.step, self.settings
        torch.manual_seed(settings.seed * 1_000_003 + step)
        share = rate_share(step, self.trace.steps, settings.warm_up, settings.schedule, settings.floor)
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * group["share"] * share
        total = torch.zeros((), device=self.device.torch)
        for part in range(settings.accumulate):
            made = batch(step * settings.accumulate + part)
            with self.device.autocast():
                value = loss(self.net, _on(made.tensors, self.device)) / settings.accumulate
            value.backward()  # type: ignore[no-untyped-call]
            total += value.detach().float()
            self.trace.tokens += made.tokens
        nn.utils.clip_grad_norm_((p for p in self.net.parameters() if p.requires_grad), settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.last = total
        self._average(total)
        self.trace.step += 1
        if self.trace.step == self.plan.first + 1:
            self.device.wait()
            self.plan.start_clock(self.trace.step)
        seconds = self.before + monotonic() - self.begun
        self.points.see(self.trace.step, seconds, self.trace.tokens, total, settings.learning_rate * share)

    def _average(self, total: Tensor) -> None:
        """A moving average on the device: reading it every step would make the device wait."""
        value = total.double() if self.device.kind != "mps" else total
        old = self.mean.to(value.device)
        self.mean = torch.where(torch.isnan(old) & (self.trace.step == 0), value, old * 0.95 + value * 0.05)

    def look(self, watch: Watch | None) -> None:
        """Measure the held-out loss when it is time to, and keep the weights when it is the least so far."""
        step, steps = self.trace.step, self.trace.steps
        if not watch or (step % max(1, math.ceil(steps / watch.times)) and step < steps):
            return
        self.net.eval()
        with torch.no_grad(), self.device.autocast():
            value = float(watch.measure(self.net))
        self.net.train()
        self.trace.looks.append((step, value))
        self.trace.worse += 1
        if value < self.trace.best:
            self.trace.best, self.trace.best_step, self.trace.worse = value, step, 0
            self.best = copied(trained_tensors(self.net))

    def is_time_to_tell(self) -> bool:
        due = min(TELL_SECONDS, self.settings.checkpoint_seconds)
        return monotonic() - self.told > due or self.trace.step == self.plan.first + 1

    def fit(self, seconds_left: float) -> None:
        """See to it that the schedule ends in time. Raises ModelError when the loss is no number any more."""
        self.read()
        self.plan.fit(self.trace.step, seconds_left)
        self.trace.steps = self.plan.steps
        self.trace.cut_short = self.trace.steps < self.settings.steps
        self.told = monotonic()

    def read(self) -> None:
        """Fetch the losses from the device."""
        if self.last is not None:
            self.trace.loss, self.trace.mean_loss = float(self.last), float(self.mean)
        self.points.read()
        self.trace.stride = self.points.stride
        self.trace.seconds = self.before + monotonic() - self.begun
        if not math.isfinite(self.trace.loss) and self.last is not None:
            raise ModelError(
                say("the loss is no number any more after step {number}", number=self.trace.step),
                "",
                say("a smaller learning rate, or fp32 instead of bf16, may help"),
            )

    def pace(self) -> Pace:
        trace = self.trace
        rate = (trace.tokens - self.tokens) / max(1e-9, monotonic() - self.begun)
        left = (trace.steps - trace.step) * self.plan.seconds_per_step(trace.step)
        mfu = rate * self.flop / self.device.peak if self.device.peak else None
        return Pace(trace.step, trace.steps, trace.mean_loss, rate, mfu, left)

    def keep(self, always: bool = False) -> None:
        """Write a checkpoint when the last one is old; writing takes a twentieth of the time at most."""
        interval = max(self.settings.checkpoint_seconds, 20 * self.keeping)
        if self.folder and (always or monotonic() - self.kept > interval):
            begun = monotonic()
            save_checkpoint(self.folder, self.net, self.optimizer, self.best,
                            {"made_by": self.made_by, "trace": asdict(self.trace)})  # fmt: skip
            self.kept = monotonic()
            self.keeping = self.kept - begun

    def end(self) -> None:
        """The last state of a long run is kept too: what comes after training may be killed as well."""
        self.read()
        self.keep(always=self.trace.seconds > self.settings.checkpoint_seconds)
        if self.best:
            put_back(self.net, self.best)
        run_eagerly(self.net)
        self.net.to("cpu").eval()


def _on(tensors: Tensors, device: Device) -> Tensors:
    return {name: each.to(device.torch, non_blocking=True) for name, each in tensors.items()}


def flop_per_token(net: nn.Module) -> float:
    """FLOP of a training step for each token: 2 N forward, 2 N back to the inputs, 2 for each trained weight.

    N are the weights outside embedding tables (Kaplan et al. 2020, section 2.1); the products of attention itself are
    left out, which flatters nobody: MFU is a little too low.
    """
    every: dict[int, nn.Parameter] = {}
    for module in net.modules():
        if not isinstance(module, nn.Embedding | nn.EmbeddingBag):
            every |= {id(each): each for each in module.parameters(recurse=False)}
    return float(sum(each.numel() * (6 if each.requires_grad else 4) for each in every.values()))
