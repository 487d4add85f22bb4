"""Pre-training a small decoder from scratch on the rows of a project.

How large it is follows from the processor time and the text that there are; how long it is trained, from the loss on
rows that it does not learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from breakeven.models.model import Trained, Work
from breakeven.models.nn.checkpoint import forget_checkpoint
from breakeven.models.nn.devices import Device, choose_device
from breakeven.models.nn.gpt import Gpt, GptShape, mean_loss
from breakeven.models.nn.language_answers import nats_of, save_language_model
from breakeven.models.nn.language_data import Encoded, Packed, PackedBatches
from breakeven.models.nn.language_tokens import BYTES, ByteTokens
from breakeven.models.nn.loop import Pace, Trace, Watch, train_net
from breakeven.models.nn.parallel import agreed, own_share, process_group, processes, train_in_parallel, way_of
from breakeven.models.nn.schedule import LoopSettings
from breakeven.models.rendering import Reading, per_byte
from breakeven.outputs.chats import Said
from breakeven.records.curve import Curve
from breakeven.records.record import digest_of

SIZES = ((2, 2, 64), (3, 3, 96), (4, 4, 128), (6, 4, 256), (8, 6, 384), (12, 8, 512), (12, 12, 768), (24, 16, 1024))
"""(layers, heads, width)."""
TOKENS_A_WEIGHT = 20
"""Of the training time that pays best (Hoffmann et al. 2022); see SLACK."""
SLACK = 10
"""So many times more work than is there may be asked for: a larger net cut short beats a small one trained out."""
CORE_FLOPS = 2e10
"""What a core does in a second on matrices of this size; an accelerator, ACCELERATOR_SHARE of its peak."""
ACCELERATOR_SHARE = 0.35
EPOCHS, LEAST_STEPS = 10, 200
LEAST_BATCHES = 16
"""Little text is not all read in every step."""
MERGES_FROM = 400_000
"""Bytes of text from which neighbouring bytes are merged to tokens; below, merges learn chance."""
HELD_OUT_ROWS = 40
RESERVE, LOOKS_AFTER = 0.12, 3
TABLE_RATE, MATRIX_RATE = 0.01, 0.05
"""Learning rates: of the table and norms (AdamW), of the hidden matrices (Muon)."""
DECAY = 0.01
SAMPLE_CHARACTERS = 300


@dataclass(frozen=True)
class Recipe:
    """What a net is made with; all of it follows from the rows and the machine."""

    shape: GptShape
    rows: int
    """Windows a batch."""


def train_from_scratch(work: Work) -> Trained:
    """Train on the fit rows of each fold and score the others. The net of a single fold is the artifact; of several
    folds, one more is trained on all rows. Under torchrun all processes come here and train together."""
    device = choose_device(work.threads)
    if processes() == 1:
        return _train(work, device)
    with process_group(device.kind):
        return _train(work, device)


def _train(work: Work, device: Device) -> Trained:
    reading = Reading.of((column.name for column in work.dataset.inputs), work.dataset.answer)
    said = reading.said(work.rows)
    tokens = learn_tokens([said[row] for row in work.folds[0][0]])
    rows = [tokens.encode(each) for each in said]
    rounds = 1 if len(work.folds) == 1 else len(work.folds) + 1
    recipe = choose_recipe(tokens.vocabulary, sum(len(ids) for ids, _ in rows), device, work, rounds)
    predictions = np.empty((len(work.scored), 1))
    traces, net = [], None
    foreseen: list[float] = []
    for number, (fit, score) in enumerate(work.folds):
        until = Share(work, number, rounds, told=foreseen)
        net, trace = train_one(work, recipe, [rows[r] for r in fit], [rows[r] for r in score], device, until)
        traces.append(trace)
        predictions[np.searchsorted(work.scored, score)] = _score(net, rows, said, score)
    assert net is not None
    train_value = work.metric.score(*_on_some(work, net, rows, said), None)
    if rounds > 1:
        net, trace = train_one(work, recipe, rows, [], device, Share(work, rounds - 1, rounds, told=foreseen),
                               traces[0].best_step)  # fmt: skip
        traces.append(trace)
    chat = any(each[-1].role for each in said)
    save_language_model(work.artifact, net, tokens, reading, chat)
    forget_checkpoint(kept_in(work))
    settings = _settings(recipe, traces, net, work) | seconds_told(foreseen, traces)
    return Trained(predictions, train_value, settings, any(t.cut_short for t in traces), curves=curves_of(traces))


def curves_of(traces: Sequence[Trace]) -> tuple[Curve, ...]:
    return tuple(trace.curve(f"fold {number}") for number, trace in enumerate(traces, 1))


def seconds_told(foreseen: list[float], traces: Sequence[Trace]) -> dict[str, str | int | float | bool | None]:
    """For the record: the seconds that training was foreseen to take, and those that it took."""
    if not foreseen:
        return {}
    took = sum(trace.seconds for trace in traces)
    return {"estimated_seconds": round(foreseen[0], 1), "trained_seconds": round(took, 1)}


def learn_tokens(said: Sequence[tuple[Said, ...]]) -> ByteTokens:
    """Bytes for little text; for more, frequent neighbours are merged, the more the more text there is."""
    texts = [each.text for row in said for each in row]
    size = sum(len(text.encode()) for text in texts)
    merged = 0 if size < MERGES_FROM else int(2 ** np.clip(round(np.log2(size / 2_000)), 9, 15))
    return ByteTokens.learn(texts, BYTES + merged)


def choose_recipe(vocabulary: int, tokens: int, device: Device, work: Work, rounds: int) -> Recipe:
    """The largest net that time and text feed."""
    speed = device.peak * ACCELERATOR_SHARE if device.peak else CORE_FLOPS * work.threads
    flop = speed * work.seconds_left() / rounds
    context = 256 if device.peak else 128
    fed = min((SLACK * flop / (6 * TOKENS_A_WEIGHT)) ** 0.5, 2.0 * tokens)
    shapes = [GptShape(vocabulary, *size, context) for size in SIZES]
    fitting = sum(12 * shape.layers * shape.width**2 <= fed for shape in shapes)
    chosen = agreed(max(1, fitting) - 1, device)
    rows = int(np.clip(tokens // (LEAST_BATCHES * context), 2, 256 if device.peak else 12))
    return Recipe(shapes[chosen], max(rows, processes()))


@dataclass(frozen=True)
class Share:
    """A part of the time that `train` has: the `number`-th of `rounds` equal ones, scoring included."""

    work: Work
    number: int
    rounds: int
    look_seconds: float = 0.0
    """What scoring held-out rows takes: it is done a few times more when training has ended."""
    told: list[float] = field(default_factory=list)
    """The seconds that all rounds were foreseen to take, once they are known."""

    def seconds_left(self) -> float:
        after = self.rounds - self.number - 1
        whole = self.work.seconds_left()
        return max(0.0, whole * (1 - RESERVE) - after * whole / (after + 1) - LOOKS_AFTER * self.look_seconds)

    def tell(self, pace: Pace) -> None:
        if not self.told and pace.step > 1:
            self.told.append(self.rounds * pace.steps * pace.seconds_left / max(1, pace.steps - pace.step))
            self.work.foresee(self.told[0], None)
        self.work.progress((self.number + pace.step / max(1, pace.steps)) / self.rounds, None)


def train_one(
    work: Work, recipe: Recipe, fit: Sequence[Encoded], held: Sequence[Encoded], device: Device, share: Share,
    most_steps: int = 0,
) -> tuple[Gpt, Trace]:  # fmt: skip
    """One net, with the weights that had the least loss on the held-out rows."""
    torch.manual_seed(work.seed)
    net = Gpt(recipe.shape).to(device.torch)
    packed = Packed.of(fit, work.seed)
    length = max(1, min(recipe.shape.context, len(packed) - 1))
    batches = PackedBatches(packed, recipe.rows, length, work.seed, own_share())
    steps = most_steps or max(LEAST_STEPS, round(EPOCHS * len(packed) / (recipe.rows * length)))
    settings = LoopSettings(steps, TABLE_RATE, warm_up=0.02, schedule="cosine", floor=0.02, beta2=0.99,
                            seed=work.seed)  # fmt: skip
    watch = None
    if held:
        watch = Watch(held_out_loss(held, recipe.shape.context, work.seed), times=8, patience=2)
        begun = monotonic()
        watch.measure(net)
        scored = max(1.0, len(held) / HELD_OUT_ROWS)
        share = replace(share, look_seconds=(monotonic() - begun) * scored)
    kept = kept_in(work)
    folder = kept / str(share.number) if kept else None
    if processes() > 1:
        weights, trace = train_in_parallel(net, batches, settings, device, share.seconds_left, way_of(work), watch,
                                           muon_groups, share.tell, folder=folder)  # fmt: skip
        whole = Gpt(recipe.shape)
        whole.load_state_dict(weights)
        return whole.eval(), trace
    trace = train_net(net, batches, loss_of, settings, device, share.seconds_left, folder, watch, muon_groups(net),
                      share.tell, work.trace_file(f"fold {share.number + 1}"))  # fmt: skip
    return net, trace


def kept_in(work: Work) -> Path | None:
    """Where an unfinished training is kept."""
    if work.cache is None:
        return None
    return work.cache / "training" / digest_of(work.candidate.model_dump_json(), work.dataset.digest, str(work.seed))


def loss_of(net: nn.Module, tensors: dict[str, Tensor]) -> Tensor:
    return mean_loss(net(tensors["ids"]), tensors["targets"])


def muon_groups(net: nn.Module) -> list[dict[str, Any]]:
    """Hidden matrices take Muon's step, the table and the norms AdamW's."""
    named = list(net.named_parameters())
    hidden = [each for name, each in named if name.startswith("blocks.") and each.ndim == 2]
    rest = [each for name, each in named if not (name.startswith("blocks.") and each.ndim == 2)]
    return [
        {"params": hidden, "orthogonal": True, "share": MATRIX_RATE / TABLE_RATE, "weight_decay": DECAY},
        {"params": rest, "share": 1.0, "weight_decay": 0.0},
    ]


def held_out_loss(rows: Sequence[Encoded], context: int, seed: int) -> Callable[[nn.Module], float]:
    """The mean loss a token on at most HELD_OUT_ROWS rows drawn by the seed."""
    chosen = np.random.default_rng(seed).permutation(len(rows))[:HELD_OUT_ROWS]
    some = [rows[row] for row in chosen]
    count = max(1, sum(int(marks.sum()) for _, marks in some))

    def measure(net: nn.Module) -> float:
        place = next(net.parameters()).device
        return float(nats_of(lambda ids: net(ids.to(place)).cpu(), some, context).sum()) / count

    return measure


def _score(net: Gpt, rows: list[Encoded], said: list[tuple[Said, ...]], chosen: np.ndarray) -> np.ndarray:
    nats = nats_of(net, [rows[row] for row in chosen], net.shape.context)
    return per_byte(nats, [said[row] for row in chosen])


def _on_some(
    work: Work, net: Gpt, rows: list[Encoded], said: list[tuple[Said, ...]]
) -> tuple[np.ndarray, np.ndarray]:
    """Truth and predictions of a few rows that the last net was fitted on."""
    some = work.folds[-1][0][:HELD_OUT_ROWS]
    return work.target[some], _score(net, rows, said, some)


def _settings(recipe: Recipe, traces: list[Trace], net: Gpt, work: Work) -> dict[str, str | int | float | bool | None]:
    from breakeven.models.nn.language_answers import load_language_model

    sample = "".join(load_language_model(work.artifact).stream("", 100, seed=work.seed))[:SAMPLE_CHARACTERS]
    return {
        "vocabulary": recipe.shape.vocabulary, "layers": recipe.shape.layers, "width": recipe.shape.width,
        "context": recipe.shape.context, "parameters": sum(each.numel() for each in net.parameters()),
        "steps": traces[-1].step, "best_step": traces[0].best_step,
        "tokens_per_second": round(traces[0].tokens / max(1e-9, traces[0].seconds)),
        "loss_per_token": round(traces[0].best, 4), "sample": sample,
    }  # fmt: skip
