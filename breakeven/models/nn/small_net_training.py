"""Training a small net: its recipes, its batches with what is changed in them at random, and words guessed first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from breakeven.models.nn.batches import LengthBatches, padded, sorted_batches
from breakeven.models.nn.checkpoint import Tensors
from breakeven.models.nn.devices import Device
from breakeven.models.nn.loop import Batch, Pace, Trace, Watch, train_net
from breakeven.models.nn.nets import Bag, Cnn, Rnn, TextNet, Transformer
from breakeven.models.nn.schedule import LoopSettings
from breakeven.models.nn.tokenizing import BETWEEN, MASK, SPECIAL

GUESSED = 0.15
"""The share of the tokens that are masked and guessed before labels are learned (Devlin et al. 2019)."""
LEAST_STEPS = 200
"""Few rows are passed more often than a recipe says."""
LOOKED_AT = 2_000
"""Held-out rows by which training is stopped; of more, a part spread evenly."""


@dataclass(frozen=True)
class Recipe:
    """How one kind of net is made and trained."""

    name: str
    learning_rate: float
    epochs: int
    rows: int = 64
    """Rows of a batch."""
    guess_epochs: int = 0
    """Epochs over all texts in which masked words are guessed first; 0 for none."""
    dropout: float = 0.3
    smoothing: float = 0.05
    """Label smoothing."""
    drop_words: float = 0.1
    """The share of the tokens that are masked in each pass; half of the rows lose a short run of them as well."""
    weight_decay: float = 0.01
    wide: int = 128
    layers: int = 2
    least_rows: int = 0
    """It is not tried on fewer."""
    mask: int = MASK
    between: int = BETWEEN
    """The tokenizer's numbers of what hides a token, and of what stands between two texts."""

    def net(self, tokens: int, width: int, longest: int, rows: int, pair: bool = False) -> TextNet:
        """A fresh net for a vocabulary, a width of answers, and texts, or pairs, of at most `longest` tokens."""
        encoder, pool = self._encoder(tokens, longest, rows)
        return TextNet(encoder, pool, width, self.dropout, self.between if pair else None)

    def _encoder(self, tokens: int, longest: int, rows: int) -> tuple[nn.Module, str]:
        """The encoder, and how its vectors are pooled."""
        if self.name == "bag":
            return Bag(tokens, self.wide, 1 << int(np.clip(math.log2(rows + 1) + 1, 10, 15))), "mean"
        if self.name == "cnn":
            return Cnn(tokens, self.wide, self.wide, (1, 2, 3, 4), self.dropout), "max"
        if self.name == "rnn":
            return Rnn(tokens, self.wide, self.wide, self.dropout), "both"
        return Transformer(tokens, self.wide, self.layers, max(1, self.wide // 32), longest, self.dropout / 2), "both"


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("bag", 5e-3, 15, drop_words=0.2),
        Recipe("cnn", 1.5e-3, 15, drop_words=0.2, dropout=0.4),
        Recipe("transformer", 1e-3, 15, guess_epochs=15, dropout=0.2, least_rows=1_000),
        Recipe("rnn", 2e-3, 12),
    )
}


@dataclass(frozen=True)
class Rows:
    """Token numbers of rows and their targets: classes (n,) int64, standardised numbers (n,) float32, or, of a teacher,
    the probabilities of the classes (n, classes) float32."""

    ids: Sequence[np.ndarray]
    target: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(ids) for ids in self.ids])

    def take(self, places: np.ndarray) -> Rows:
        return Rows([self.ids[place] for place in places.tolist()], self.target[places])


@dataclass(frozen=True)
class Spent:
    """What one training has to go by: how long, where, and whom to tell."""

    seconds_left: Callable[[], float]
    device: Device
    seed: int
    tell: Callable[[Pace], None] = lambda pace: None
    traced: Path | None = None
    """A file for a trace of a few steps."""


def train_recipe(
    recipe: Recipe, net: TextNet, fit: Rows, held: Rows | None, spent: Spent, steps: int | None = None
) -> Trace:
    """Train `net` on the rows `fit`; with `held` it ends with the weights that did best there.

    `steps` instead of the recipe's epochs, for a training without held-out rows.
    """
    batches = LengthBatches(fit.lengths, min(recipe.rows, max(8, len(fit.ids) // 8)), spent.seed)
    wanted = max(recipe.epochs * batches.per_epoch, LEAST_STEPS)
    settings = LoopSettings(
        steps or wanted, recipe.learning_rate, weight_decay=recipe.weight_decay,
        seed=spent.seed, warm_up=0.1,
    )  # fmt: skip
    watch = Watch(lambda net: held_out_loss(net, held), times=recipe.epochs, patience=4) if held else None

    def batch(number: int) -> Batch:
        rows = fit.take(batches(number))
        return _batch(_shaken(rows.ids, recipe, (spent.seed, number)), rows.target)

    def loss(net: nn.Module, tensors: Tensors) -> Tensor:
        answers = net(tensors["input_ids"], tensors["attention_mask"])
        return _loss(answers.float(), tensors["target"], recipe.smoothing)

    trace = train_net(net, batch, loss, settings, spent.device, spent.seconds_left, watch=watch, tell=spent.tell,
                      traced=spent.traced)  # fmt: skip
    if held and not trace.looks:  # the time ended before the first look
        trace.best, trace.best_step = held_out_loss(net, held), trace.step
    return trace


def _batch(ids: Sequence[np.ndarray], target: np.ndarray) -> Batch:
    numbers, mask = padded([row.tolist() for row in ids])
    tensors = {"input_ids": numbers, "attention_mask": mask, "target": torch.from_numpy(target)}
    return Batch(tensors, int(mask.sum()))


def _loss(answers: Tensor, target: Tensor, smoothing: float) -> Tensor:
    if target.ndim == 2:
        return functional.cross_entropy(answers, target)
    if target.is_floating_point():
        return functional.mse_loss(answers[:, 0], target)
    return functional.cross_entropy(answers, target, label_smoothing=smoothing)


def _shaken(ids: Sequence[np.ndarray], recipe: Recipe, seed: tuple[int, int]) -> list[np.ndarray]:
    """Rows with some tokens masked and, in half of the longer ones, a run of up to a fifth cut out; what stands between
    two texts stays."""
    random = np.random.default_rng(seed)
    shaken = []
    for row in ids:
        stays = row == recipe.between
        masked = np.where((random.random(len(row)) < recipe.drop_words) & ~stays, recipe.mask, row)
        masked[0] = row[0]
        longest = len(row) // 5
        if longest and random.random() < 0.5:
            length = int(random.integers(1, longest + 1))
            begun = int(random.integers(1, len(row) - length + 1))
            stays[:begun] = stays[begun + length :] = True
            masked = masked[stays]
        shaken.append(masked)
    return shaken


def scores(net: nn.Module, ids: Sequence[np.ndarray], rows: int = 128) -> np.ndarray:
    """What the net answers (n, width), float32, in the order of the rows."""
    device = next(net.parameters()).device
    order = sorted_batches([len(row) for row in ids], rows)
    with torch.inference_mode():
        parts = [net(*(each.to(device) for each in padded([ids[place].tolist() for place in places])))
                 for places in order]  # fmt: skip
    found = np.empty((len(ids), parts[0].shape[1] if parts else 1), np.float32)
    for places, part in zip(order, parts, strict=True):
        found[places] = part.float().cpu().numpy()
    return found


def held_out_loss(net: nn.Module, held: Rows) -> float:
    """The mean loss, without smoothing, of rows that the net was not fitted on; an unknown class does not count."""
    known = np.flatnonzero(held.target >= 0 if held.target.dtype.kind == "i" else np.isfinite(held.target))
    some = held.take(known[:: max(1, -(-len(known) // LOOKED_AT))])
    if not len(some.target):
        return math.inf
    answers = torch.from_numpy(scores(net, some.ids))
    return float(_loss(answers, torch.from_numpy(some.target), 0.0))


class Guesser(nn.Module):
    """An encoder that guesses masked tokens: its vectors against the vectors of all tokens."""

    def __init__(self, encoder: nn.Module, wide: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.bridge = nn.Sequential(nn.Linear(int(encoder.out), wide), nn.GELU(), nn.LayerNorm(wide))  # type: ignore[arg-type]

    def forward(self, ids: Tensor, mask: Tensor, hidden: Tensor) -> Tensor:
        """Scores (masked tokens, vocabulary); `hidden` (n, length) is true where a token is to be guessed."""
        vectors = self.bridge(self.encoder(ids, mask)[hidden])
        return functional.linear(vectors, self.encoder.tokens.weight)  # type: ignore[union-attr, arg-type]


def guess_words(recipe: Recipe, net: TextNet, ids: Sequence[np.ndarray], spent: Spent) -> Trace:
    """Teach the encoder of `net` the language of all texts, before it sees a label."""
    batches = LengthBatches([len(row) for row in ids], recipe.rows, spent.seed)
    settings = LoopSettings(recipe.guess_epochs * batches.per_epoch, recipe.learning_rate, seed=spent.seed)
    tokens = int(net.encoder.tokens.num_embeddings)  # type: ignore[union-attr, arg-type]

    def batch(number: int) -> Batch:
        return _masked([ids[place] for place in batches(number).tolist()], tokens, (spent.seed, number))

    def loss(guesser: nn.Module, tensors: Tensors) -> Tensor:
        hidden = tensors["hidden"]
        guesses = guesser(tensors["input_ids"], tensors["attention_mask"], hidden)
        return functional.cross_entropy(guesses.float(), tensors["target"][hidden])

    guesser = Guesser(net.encoder, recipe.wide)
    return train_net(guesser, batch, loss, settings, spent.device, spent.seconds_left, tell=spent.tell)


def _masked(rows: Sequence[np.ndarray], tokens: int, seed: tuple[int, int]) -> Batch:
    """Of the tokens to guess 8 in 10 are masked, one is another token, one stays as it is."""
    random = np.random.default_rng(seed)
    truth, mask = padded([row.tolist() for row in rows])
    chosen = (random.random(truth.shape) < GUESSED) & (mask.numpy() == 1)
    chosen[:, 0] = False
    chosen &= truth.numpy() != BETWEEN
    if not chosen.any():
        chosen[0, min(1, chosen.shape[1] - 1)] = True
    how = random.random(truth.shape)
    ids = np.where(chosen & (how < 0.8), MASK, truth.numpy())
    ids = np.where(chosen & (how > 0.9), random.integers(len(SPECIAL), tokens, truth.shape), ids)
    tensors = {"input_ids": torch.from_numpy(ids), "attention_mask": mask, "target": truth,
               "hidden": torch.from_numpy(chosen)}  # fmt: skip
    return Batch(tensors, int(mask.sum()))


def with_changes(recipe: Recipe, **changes: float | int | str) -> Recipe:
    """The recipe with some of its settings changed."""
    return replace(recipe, **changes)  # type: ignore[arg-type]
