"""Training a pretrained model further, with all of its weights or with adapters: what both ways have in common.

On each fold: the head is fitted on the frozen vectors first, then all that may learn is trained (linear probing, then
fine-tuning: Kumar et al. 2022). How many steps there are is a matter of the time. With one fold its net is released;
with several, the mean of their weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from breakeven.core.words import say
from breakeven.inputs.texts import Texts
from breakeven.models.model import Declined, Work
from breakeven.models.nn.batches import LengthBatches, padded
from breakeven.models.nn.checkpoint import Tensors, forget_checkpoint
from breakeven.models.nn.decided import device_once, room_once
from breakeven.models.nn.devices import Device, choose_device
from breakeven.models.nn.encoder import most_tokens
from breakeven.models.nn.fetch import weights_named
from breakeven.models.nn.heads import fit_head
from breakeven.models.nn.loop import Batch, Pace, Trace, train_net
from breakeven.models.nn.memory import Room, make_room, process_bytes, usable_bytes
from breakeven.models.nn.schedule import LoopSettings
from breakeven.models.nn.tuned_net import (
    TunedNet,
    freeze_below,
    load_net,
    load_text_tokenizer,
    parameter_groups,
    run_net,
    separator_of,
    tells_types,
)
from breakeven.models.weights import Weights
from breakeven.records.curve import Curve
from breakeven.records.record import digest_of

LENGTH_SHARE = 0.99
"""So many of the texts are read whole; the others are cut, because the longest sets the cost of its batch."""
PROBED, PROBED_AT_ONCE, PROBE_SHARE = 5_000, 256, 0.1
"""Rows that the head is fitted on first, as many as a tenth of the time suffices for."""
STRENGTH = 10.0
"""1 / penalty of the head on frozen vectors."""
PASSES, EXACT = 3, 2
"""Learning from a row takes so many times its reading (forward, back to the inputs, back to the weights); reading it
without rounding to bf16 takes at most so many times as long."""
LEAST_STEPS = 10
CHECKPOINT_SECONDS = 30.0
APART = "adapters"
"""The folder of an artifact that holds what a method keeps apart, by fold."""
RELEASE_SHARE = 0.15
"""Of the time, what is kept for exporting and measuring, at least."""
RELEASE_SECONDS_PER_BYTE = 3e-7
GROWTH_SECONDS = 8.0


@dataclass(frozen=True)
class Recipe:
    """How a model is trained further."""

    epochs: int = 8
    learning_rate: float = 1e-4
    head_share: float = 10.0
    """The head learns so many times faster than the uppermost layer."""
    layer_decay: float = 0.9
    frozen: float = 0.0
    """The share of the layers, from below, that stays as it is; the token vectors always do."""
    rows: int = 32
    """Rows of a step."""
    smoothing: float = 0.1
    weight_decay: float = 0.01
    warm_up: float = 0.1


def all_weights(net: TunedNet) -> None:
    """Everything may learn but the token vectors: a few rows move a few of them, and they are half of a small model."""
    net.body.get_input_embeddings().requires_grad_(False)  # type: ignore[union-attr, operator]


@dataclass(frozen=True)
class Method:
    """A way to train a model further: `adapt` decides what may learn, `merge` leaves a plain net behind, `keep` writes
    what was learned apart, and gives settings for the record."""

    recipe: Recipe
    adapt: Callable[[TunedNet], None] = all_weights
    merge: Callable[[TunedNet], None] = lambda net: None
    keep: Callable[[TunedNet, Path], dict[str, int | float]] = lambda net, folder: {}
    load: Callable[[Weights, int], TunedNet] = load_net


@dataclass
class Fitted:
    """A net of one fold: what it says of the fold's scored rows (n, width), and of some rows that it was fitted on."""

    net: TunedNet
    trace: Trace
    scores: np.ndarray
    fitted: np.ndarray
    fitted_scores: np.ndarray
    kept: dict[str, int | float]


@dataclass
class Tuning:
    """All that the trainings of one candidate share."""

    work: Work
    method: Method
    weights: Weights
    view: Texts
    texts: list[Any]
    """Of each row its text, or its two."""
    ids: list[np.ndarray]
    tokenizer: Tokenizer
    most: int
    device: Device
    begun: float
    separator: int | None = None
    """The token between the two texts of a row; None where they are read as one."""
    steps: int | None = None
    """As many as the first training could make; the others make no more."""
    done: int = 0
    rooms: list[Room] = field(default_factory=list)
    frozen: dict[int, np.ndarray] = field(default_factory=dict)
    """Vectors of rows as the model gave them before it was trained."""
    reading: float = 0.0
    """Seconds that reading a row took."""
    estimated_seconds: float = 0.0
    trained_seconds: float = 0.0
    """What all trainings were foreseen to take after the first rows were read, and what they took."""
    cut_short: bool = False
    curves: list[Curve] = field(default_factory=list)
    base_bytes: int = field(default_factory=process_bytes)
    """What the process takes before any net is loaded."""

    @classmethod
    def of(cls, work: Work, method: Method) -> Tuning:
        """Find the weights, cut all texts into tokens once. Raises Declined where the weights cannot be read."""
        begun = monotonic()
        device = choose_device(work.threads)
        weights = weights_named(str(work.candidate.setting("model")), Path(str(work.candidate.setting("folder"))))
        tokenizer = load_text_tokenizer(weights)
        separator = separator_of(tokenizer) if len(work.dataset.inputs) == 2 else None
        view = Texts(work.dataset.inputs, pair=separator is not None)
        texts = view.transform(work.rows)
        most = most_tokens(weights)
        tokenizer.enable_truncation(most)
        ids = [np.asarray(each.ids, np.int64) for each in tokenizer.encode_batch_fast(texts)]
        most = max(8, int(np.quantile([len(each) for each in ids], LENGTH_SHARE, method="higher")))
        tokenizer.enable_truncation(most)
        long = [place for place, each in enumerate(ids) if len(each) > most]
        for place in long:
            ids[place] = np.asarray(tokenizer.encode_batch_fast([texts[place]])[0].ids, np.int64)
        made = cls(work, method, weights, view, texts, ids, tokenizer, most, device, begun, separator)
        made.device = device_once(made._kept_in(), device)
        return made

    @property
    def classes(self) -> bool:
        return bool(self.work.dataset.labels)

    @property
    def exact(self) -> Device:
        """The device without rounding to bf16, for answers that are compared."""
        return replace(self.device, precision="fp32")

    def known(self, rows: np.ndarray) -> np.ndarray:
        """Those of the rows whose answer is known."""
        target = self.work.target[rows]
        return rows[target >= 0 if self.classes else np.isfinite(target)]

    def release_seconds(self) -> float:
        """What exporting and measuring will take, about."""
        size = self.weights.bytes * RELEASE_SECONDS_PER_BYTE + GROWTH_SECONDS
        return min(size, 0.4 * self.work.seconds_left() + 1.0)

    def train(self, fit: np.ndarray, score: np.ndarray) -> Fitted:
        """A net fitted on some rows, and what it says of others. Raises Declined when time is too short."""
        fit = self.known(fit)
        seconds = (self.work.seconds_left() * 0.97 - self.release_seconds()) / (len(self.work.folds) - self.done)
        begun = monotonic()
        torch.manual_seed(self.work.seed)  # adapters begin at random, and on every fold with the same numbers
        net = self.method.load(self.weights, self.work.output.width(self.work.dataset.labels))
        net.separator = self.separator if tells_types(net.body) else None
        scale = Scale.of(self.work.target[fit], self.classes)
        self._probe(net, fit, scale, seconds)
        some = fit[:: max(1, -(-len(fit) // 2_000))]
        self.method.adapt(net)
        freeze_below(net, self.method.recipe.frozen)
        answering = EXACT * self.reading * (len(score) + len(some))
        if not self.done:
            foreseen = PASSES * self.reading * len(fit) * self.method.recipe.epochs
            self.estimated_seconds = len(self.work.folds) * min(seconds, foreseen + answering)
        trace = self._train(net, fit, scale, begun + seconds - answering)
        with torch.no_grad():
            scale.put_into(net)
        kept = self.method.keep(net, self.work.artifact / APART / str(self.done))
        self.method.merge(net)
        self.done += 1
        net.to(self.device.torch)
        fitted = Fitted(net, trace, self._run(net, score), some, self._run(net, some), kept)
        net.to("cpu")
        self.trained_seconds += monotonic() - begun
        return fitted

    def _run(self, net: TunedNet, rows: np.ndarray) -> np.ndarray:
        return run_net(net, [self.ids[row] for row in rows.tolist()], self.exact)

    def _probe(self, net: TunedNet, fit: np.ndarray, scale: Scale, seconds: float) -> None:
        """Fit the head on the frozen vectors of some rows; those that an earlier fold has read come first."""
        order = np.random.default_rng(self.work.seed).permutation(fit)[:PROBED]
        net.to(self.device.torch).eval()
        missing = np.array([row for row in order.tolist() if row not in self.frozen], np.int64)
        until = monotonic() + PROBE_SHARE * seconds
        for start in range(0, len(missing), PROBED_AT_ONCE):
            if self.frozen and monotonic() > until:
                break
            self._read(net, missing[start : start + PROBED_AT_ONCE])
        rows = np.array([row for row in order.tolist() if row in self.frozen], np.int64)
        part = replace(self.work, target=scale.apply(self.work.target[rows]))
        head = fit_head(part, np.stack([self.frozen[row] for row in rows.tolist()]), np.arange(len(rows)), STRENGTH)
        net.put_head(head.weights.astype(np.float32), head.bias.astype(np.float32))

    def _read(self, net: TunedNet, rows: np.ndarray) -> None:
        """Keep the frozen vectors of some rows, and how long a row took."""
        begun = monotonic()
        ids = [self.ids[row] for row in rows.tolist()]
        found = run_net(net, ids, self.device.suited(net), vectors=True)
        self.reading = (monotonic() - begun) / len(rows)
        self.frozen.update(zip(rows.tolist(), found, strict=True))

    def _train(self, net: TunedNet, fit: np.ndarray, scale: Scale, until: float) -> Trace:
        recipe, seed = self.method.recipe, self.work.seed
        rows = min(recipe.rows, max(4, len(fit) // 8))
        device, folder = self.device.suited(net), self._checkpoints(len(fit))
        room = room_once(folder, lambda: make_room(net, rows, self.most, device),
                         lambda needed: needed <= usable_bytes(device))  # fmt: skip
        self.rooms.append(room)
        if room.again:
            net.body.gradient_checkpointing_enable()  # type: ignore[union-attr, operator]
        order = LengthBatches([len(self.ids[row]) for row in fit.tolist()], room.rows, seed)
        wanted = max(LEAST_STEPS, recipe.epochs * order.per_epoch // room.accumulate)
        settings = LoopSettings(
            min(wanted, self.steps or wanted), recipe.learning_rate, recipe.warm_up, "cosine",
            weight_decay=recipe.weight_decay, beta2=0.98, accumulate=room.accumulate, seed=seed,
            checkpoint_seconds=float(self.work.candidate.setting("checkpoint_seconds", CHECKPOINT_SECONDS) or 0.0),
        )  # fmt: skip
        target = torch.from_numpy(scale.apply(self.work.target[fit]))

        def batch(number: int) -> Batch:
            chosen = order(number)
            ids, mask = padded([self.ids[row].tolist() for row in fit[chosen].tolist()])
            return Batch({"input_ids": ids, "attention_mask": mask, "target": target[chosen]}, int(mask.sum()))

        def loss(net: nn.Module, tensors: Tensors) -> Tensor:
            answers = net(tensors["input_ids"], tensors["attention_mask"]).float()
            return _loss(answers, tensors["target"], recipe.smoothing)

        groups = parameter_groups(net, recipe.layer_decay, recipe.head_share, recipe.weight_decay)
        name = f"fold {self.done + 1}"
        if not self.done:
            self.work.foresee(self.estimated_seconds, self.base_bytes + room.bytes)
        trace = train_net(net, batch, loss, settings, self.device, lambda: until - monotonic(), folder,
                          groups=groups, tell=self._tell, traced=self.work.trace_file(name))  # fmt: skip
        self.steps = trace.step
        self.curves.append(trace.curve(name))
        self.cut_short |= trace.step < wanted
        if trace.step < LEAST_STEPS:
            raise Declined(say("only {count} steps of training fit into the time", count=trace.step))
        return trace

    def _checkpoints(self, rows: int) -> Path | None:
        """Where this training keeps its state: the same for the same command, another one for each fold."""
        kept = self._kept_in()
        return kept / digest_of(str(self.done), str(rows), str(self.most)) if kept else None

    def _kept_in(self) -> Path | None:
        work, recipe = self.work, repr(self.method.recipe)
        if work.cache is None:
            return None
        name = digest_of(work.candidate.model_dump_json(), work.dataset.digest, str(work.seed), recipe)
        return work.cache / "checkpoints" / name

    def forget(self) -> None:
        """Remove the checkpoints of a candidate that is done."""
        forget_checkpoint(self._kept_in())

    def _tell(self, pace: Pace) -> None:
        self.work.progress(0.9 * (self.done + pace.step / pace.steps) / len(self.work.folds), None)


@dataclass(frozen=True)
class Scale:
    """Numbers are learned with mean 0 and spread 1; classes as they are."""

    mean: float = 0.0
    spread: float = 1.0

    @classmethod
    def of(cls, target: np.ndarray, classes: bool) -> Scale:
        return cls() if classes else cls(float(target.mean()), float(target.std()) or 1.0)

    def apply(self, target: np.ndarray) -> np.ndarray:
        """Classes stay integers; numbers (n,) become float32."""
        return target if target.dtype.kind == "i" else ((target - self.mean) / self.spread).astype(np.float32)

    def put_into(self, net: TunedNet) -> None:
        """Let the head answer in the unit of the numbers."""
        net.head.weight.mul_(self.spread)
        net.head.bias.mul_(self.spread).add_(self.mean)


def _loss(answers: Tensor, target: Tensor, smoothing: float) -> Tensor:
    if target.is_floating_point():
        return functional.mse_loss(answers[:, 0], target)
    return functional.cross_entropy(answers, target, label_smoothing=smoothing)
