"""Boosted trees in training: each recipe on the folds while time allows, then the mixture that scores best, kept.

With cross-validation the boosters of the folds are the artifact (their average is as good as fits on all rows, and it
is there already); with one validation part each chosen recipe is fitted again on all rows, twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import numpy as np

from breakeven.models.boosted_fits import Fit, Table, answers, fit_all, fit_part
from breakeven.models.boosted_recipes import RECIPES, Recipe
from breakeven.models.boosted_text import average_text
from breakeven.models.mixing import beyond_chance, greedy_weights, mixed
from breakeven.models.model import Trained, Work
from breakeven.store import write_bytes

FEW_CELLS = 200_000
"""Below so many cells, threads cost more than they bring."""
LEAST_WEIGHT = 0.05
"""Recipes with less in the mixture are left out: they cost as much to serve as the others."""
FIT_SHARE = 0.3
"""Of the time left, what one recipe may take at most for its folds when it must be fitted again afterwards."""
SEEDS = 2
"""How often a recipe is fitted on all rows; the average of two fits that differ by chance is as good as five folds'."""


@dataclass(frozen=True)
class Trial:
    """A recipe after its folds: a fit for each, the predictions (scored, width), the seconds it took."""

    recipe: Recipe
    table: Table
    fits: tuple[Fit, ...]
    predictions: np.ndarray
    seconds: float


class Training:
    """One run of `train`; the frame is learned once and shared by all recipes."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.view: Any = work.input.view("frame", work.dataset.inputs)
        self.frame: np.ndarray = self.view.fit(work.rows, work.target)
        self.width = work.output.width(work.dataset.labels)
        labelled = self.width > 1
        self.known = work.target >= 0 if labelled else np.isfinite(work.target)
        self.bagged = len(work.folds) > 1

    def run(self) -> Trained:
        """Try, mix, keep."""
        trials = self._try_recipes()
        weights = self._weights(trials)
        chosen = [(trial, float(weight)) for trial, weight in zip(trials, weights, strict=True) if weight]
        self._keep(chosen)
        predictions = mixed([trial.predictions for trial, _ in chosen], np.array([weight for _, weight in chosen]))
        cut_short = len(trials) < len(self._recipes()) or any(fit.cut_short for trial in trials for fit in trial.fits)
        return Trained(predictions, self._train_value(chosen), self._settings(chosen, trials), cut_short)

    def _recipes(self) -> list[Recipe]:
        return [recipe for recipe in RECIPES if recipe.suits(int(self.known.sum()), self.view.numeric)]

    def _try_recipes(self) -> list[Trial]:
        recipes = self._recipes()
        trials: list[Trial] = []
        for recipe in recipes:
            if trials and self._too_late(trials):
                break
            trials.append(self._try(recipe))
            best = max(self._score(trial.predictions) * self._sign for trial in trials) * self._sign
            self.work.progress(0.9 * len(trials) / len(recipes), best)
        return trials

    def _too_late(self, trials: list[Trial]) -> bool:
        """Whether another recipe, and fitting the chosen ones again, would take more than the time left."""
        next_one = 1.5 * max(trial.seconds for trial in trials)
        again = 0.0 if self.bagged else SEEDS * 1.5 * sum(trial.seconds for trial in trials) + next_one
        return any(fit.cut_short for fit in trials[-1].fits) or next_one + again > self.work.seconds_left()

    def _try(self, recipe: Recipe) -> Trial:
        begun = monotonic()
        table = self._table(recipe)
        scored = self.work.scored
        predictions = np.empty((len(scored), self.width))
        fits: list[Fit] = []
        for fold, (rows, score) in enumerate(self.work.folds):
            share = (0.9 if self.bagged else FIT_SHARE) / (len(self.work.folds) - fold)
            until = monotonic() + self.work.seconds_left() * share
            fit = fit_part(table, rows, score[self.known[score]], until)
            predictions[np.searchsorted(scored, score)] = answers(
                fit.booster, table.features[score], self.width, fit.rounds
            )
            fits.append(fit)
        return Trial(recipe, table, tuple(fits), predictions, monotonic() - begun)

    def _table(self, recipe: Recipe) -> Table:
        features = recipe.features(self.frame, self.view.categorical, self.view.numeric)
        threads = 1 if features.size < FEW_CELLS else self.work.threads
        target = self.work.target.astype(np.float64)
        return Table(recipe, features, self.view.categorical, target, self.width, threads, self.work.seed)

    @property
    def _sign(self) -> int:
        return 1 if self.work.metric.higher else -1

    def _score(self, predictions: np.ndarray) -> float:
        known = self.known[self.work.scored]
        return self.work.metric.score(self.work.target[self.work.scored][known], predictions[known], None)

    def _weights(self, trials: list[Trial]) -> np.ndarray:
        """How much each trial counts: the mixture of the least loss, or the best one alone if that is as good."""
        known = self.known[self.work.scored]
        truth = self.work.target[self.work.scored][known]
        parts = [trial.predictions[known] for trial in trials]
        losses = [self.work.output.loss(truth, part) for part in parts]
        best = int(np.argmin([loss.mean() for loss in losses]))
        weights = greedy_weights(parts, truth, self.work.output.loss)
        weights[weights < LEAST_WEIGHT] = 0.0
        weights = np.asarray(weights / weights.sum())
        gains = losses[best] - self.work.output.loss(truth, mixed(parts, weights))
        return weights if beyond_chance(gains) else np.eye(len(trials))[best]

    def _keep(self, chosen: list[tuple[Trial, float]]) -> None:
        """Write the artifact: what the frame learned, the boosters as LightGBM's text, and who counts how much."""
        folder = self.work.artifact
        parts = []
        for trial, weight in chosen:
            texts = [fit.booster.model_to_string(num_iteration=fit.rounds) for fit in self._final(trial)]
            name, trees = f"{trial.recipe.name}.txt", average_text(texts).encode()
            write_bytes(folder / name, trees)
            seen = {"codes": trial.recipe.codes, "crosses": trial.recipe.crosses}
            parts.append({**seen, "weight": weight, "trees": name, "sha256": hashlib.sha256(trees).hexdigest()})
        content = {
            "width": self.width,
            "categorical": self.view.categorical,
            "numeric": self.view.numeric,
            "parts": parts,
        }
        write_bytes(folder / "boosted.json", json.dumps(content).encode())
        self.view.save(folder)

    def _final(self, trial: Trial) -> tuple[Fit, ...]:
        """The fits of a recipe that answer: those of the folds, or new ones on all rows."""
        if self.bagged:
            return trial.fits
        fits: list[Fit] = []
        rows = np.flatnonzero(self.known)
        for number in range(SEEDS):
            left = self.work.seconds_left()
            if fits and 2 * trial.seconds > left:
                break
            table = replace(trial.table, seed=self.work.seed + number)
            fits.append(fit_all(table, rows, trial.fits[0], monotonic() + 0.5 * left))
        return tuple(fits)

    def _train_value(self, chosen: list[tuple[Trial, float]]) -> float:
        """The metric of the first fold's models on the rows that they were fitted on."""
        rows = self.work.folds[0][0]
        parts = [
            answers(trial.fits[0].booster, trial.table.features[rows], self.width, trial.fits[0].rounds)
            for trial, _ in chosen
        ]
        predictions = mixed(parts, np.array([weight for _, weight in chosen]))
        return self.work.metric.score(self.work.target[rows], predictions, None)

    def _settings(
        self, chosen: list[tuple[Trial, float]], trials: list[Trial]
    ) -> dict[str, str | int | float | bool | None]:
        mixture = ", ".join(f"{trial.recipe.name} {weight:.2f}" for trial, weight in chosen)
        trees = sum(fit.rounds for trial, _ in chosen for fit in trial.fits)
        rate = max(fit.learning_rate for trial, _ in chosen for fit in trial.fits)
        tried = ", ".join(trial.recipe.name for trial in trials)
        return {"mixture": mixture, "tried": tried, "rounds": trees, "learning_rate": rate, "bagged": self.bagged}
