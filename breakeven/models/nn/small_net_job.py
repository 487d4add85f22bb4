"""What all trainings of one small net's job share: its rows, its time, its tokenizers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from breakeven.inputs.input import View
from breakeven.models.model import Work
from breakeven.models.nn.devices import choose_device
from breakeven.models.nn.loop import Trace
from breakeven.models.nn.nets import TextNet
from breakeven.models.nn.pairs import are_pairs, texts_of
from breakeven.models.nn.small_net_training import Recipe, Rows, Spent, guess_words, scores, train_recipe
from breakeven.models.nn.token_vectors import TokenVectors
from breakeven.models.nn.tokenizing import MOST_LENGTH, token_numbers, train_tokenizer
from breakeven.records.curve import Curve

RESERVE = 0.1
SHRINK_SHARE, SHRINK_MOST = 0.15, 30.0
"""Of the time, kept for the forms of the net."""
TRACED = 3
"""Trainings whose steps are traced, where traces are wanted: the later ones are more of the same."""
GUESS_SHARE = 0.4
"""Of a net's time, at most, for guessing words."""


@dataclass(frozen=True)
class Scale:
    """Numbers as a net learns them: (number - mean) / spread. Classes stay as they are."""

    mean: float = 0.0
    spread: float = 1.0

    @classmethod
    def of(cls, target: np.ndarray) -> Scale:
        known = target[np.isfinite(target)]
        return cls(float(known.mean()), float(known.std()) or 1.0)

    def apply(self, target: np.ndarray) -> np.ndarray:
        return np.asarray((target - self.mean) / self.spread, np.float32)

    def undo(self, answers: np.ndarray) -> np.ndarray:
        return answers.astype(np.float64) * self.spread + self.mean

    @torch.no_grad()
    def put_into(self, net: TextNet) -> None:
        """Let the head answer in the unit of the numbers."""
        net.head.weight *= self.spread
        net.head.bias.mul_(self.spread).add_(self.mean)


@dataclass(frozen=True)
class Found:
    """A net trained on the fit rows of a fold; its head answers unscaled, uncalibrated."""

    recipe: Recipe
    net: TextNet
    tokenizer: Tokenizer
    ids: list[np.ndarray]
    """Token numbers of all rows, by its tokenizer."""
    trace: Trace
    held: np.ndarray
    """What it answers to the scored rows of its fold (n, width)."""


def texts_view(work: Work) -> View:
    """The texts of the rows; two stay apart, as a pair."""
    return work.input.view("texts", work.dataset.inputs, **({"pair": True} if are_pairs(work.dataset.inputs) else {}))


@dataclass
class Search:
    """What all trainings of one job share."""

    work: Work
    view: View
    texts: list[Any]
    """Of each row its text, or its two."""
    more: list[Any]
    """The same of the rows without answers."""
    target: np.ndarray
    scale: Scale
    lesson: np.ndarray | None = None
    """What a teacher says of the rows, instead of their targets: probabilities (n, classes) or numbers (n,)."""
    more_lesson: np.ndarray | None = None
    """The same for the texts without answers."""
    start: TokenVectors | None = None
    """Tokens and vectors that the nets begin with; None where they make their own."""
    begun: float = field(default_factory=monotonic)
    cut_short: bool = False
    curves: list[Curve] = field(default_factory=list)
    read: dict[int, tuple[Tokenizer, list[np.ndarray]]] = field(default_factory=dict)

    @classmethod
    def of(cls, work: Work) -> Search:
        view = texts_view(work)
        more = view.transform(work.unlabelled) if work.unlabelled is not None else []
        scale = Scale() if work.dataset.labels else Scale.of(work.target[work.folds[0][0]])
        target = work.target if work.dataset.labels else scale.apply(work.target)
        return cls(work, view, view.transform(work.rows), more, target, scale)

    @property
    def classes(self) -> bool:
        return bool(self.work.dataset.labels)

    def seconds(self) -> float:
        """What is left for training: without the reserve and without what the forms of the net take."""
        total = monotonic() - self.begun + self.work.seconds_left()
        return self.work.seconds_left() - RESERVE * total - min(SHRINK_MOST, SHRINK_SHARE * total)

    def known(self, places: np.ndarray) -> np.ndarray:
        """The rows among `places` whose answers can be learned."""
        target = self.target[places]
        return places[target >= 0 if self.classes else np.isfinite(target)]

    def tokens(self, places: np.ndarray) -> tuple[Tokenizer, list[np.ndarray]]:
        """A tokenizer that has seen these rows and the unlabelled ones alone, or the one to start from; all rows by
        it."""
        key = 0 if self.start else hash(places.tobytes())
        if key not in self.read:
            tokenizer = self.start.tokenizer if self.start else self._own_tokenizer(places)
            self.read[key] = tokenizer, token_numbers(tokenizer, self.texts)
        return self.read[key]

    def _own_tokenizer(self, places: np.ndarray) -> Tokenizer:
        seen = [self.texts[place] for place in places.tolist()]
        return train_tokenizer(texts_of(seen + self.more), self.work.dataset.chinese)

    def fitted(self, tokenizer: Tokenizer, ids: list[np.ndarray], fit: np.ndarray) -> Rows:
        """The rows to fit with what they teach; a teacher has something to say of the texts without answers, too."""
        if self.lesson is None:
            return Rows(ids, self.target).take(fit)
        rows = Rows(ids, self.lesson).take(fit)
        if self.more_lesson is None:
            return rows
        more = token_numbers(tokenizer, self.more)
        return Rows([*rows.ids, *more], np.concatenate([rows.target, self.more_lesson]))

    def _net(self, recipe: Recipe, tokenizer: Tokenizer, width: int, rows: int) -> TextNet:
        """A fresh net, with the vectors to start from if there are some."""
        pair, tokens = are_pairs(self.work.dataset.inputs), tokenizer.get_vocab_size()
        net = recipe.net(len(self.start.vectors) if self.start else tokens, width, MOST_LENGTH, rows, pair)
        if self.start:
            self.start.put_into(net)
        return net

    def spent(self, seconds: float) -> Spent:
        """So many seconds from now."""
        until = monotonic() + seconds
        device = choose_device(self.work.threads)
        return Spent(lambda: until - monotonic(), device, self.work.seed, lambda pace: self.tell())

    def tell(self) -> None:
        gone = monotonic() - self.begun
        self.work.progress(min(1.0, gone / max(1e-9, gone + self.work.seconds_left())), None)

    def train(
        self, recipe: Recipe, fit: np.ndarray, score: np.ndarray | None, seconds: float, steps: int | None = None
    ) -> Found:
        """A net of that recipe, fitted on the rows `fit`, stopped by the rows `score` or after `steps`."""
        fit = self.known(fit)
        if self.start:
            recipe = self.start.recipe(recipe)
        tokenizer, ids = self.tokens(fit)
        torch.manual_seed(self.work.seed)
        width = self.work.output.width(self.work.dataset.labels)
        net = self._net(recipe, tokenizer, width, len(fit))
        until = monotonic() + seconds
        if recipe.guess_epochs:
            texts = [ids[place] for place in fit.tolist()] + token_numbers(tokenizer, self.more)
            guess_words(recipe, net, texts, self.spent(seconds * GUESS_SHARE))
        held = Rows(ids, self.target).take(score) if score is not None else None
        fitted = self.fitted(tokenizer, ids, fit)
        name = f"{recipe.name} {len(self.curves) + 1}"
        traced = self.work.trace_file(name) if len(self.curves) < TRACED else None
        spent = replace(self.spent(until - monotonic()), traced=traced)
        trace = train_recipe(recipe, net, fitted, held, spent, steps)
        self.cut_short |= trace.cut_short
        self.curves.append(trace.curve(name))
        answers = scores(net, held.ids) if held else np.empty((0, width))
        return Found(recipe, net, tokenizer, ids, trace, answers)
