"""Boosted trees of one recipe: fitted on folds with early stopping, and on all rows with the rounds found there."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np

from breakeven.models.boosted_recipes import Recipe

MOST_ROUNDS = 4000
PATIENCE = 60
"""Rounds without a better loss after which a fit ends."""
MORE_ROUNDS = 1.1
"""A fit on all rows gets so many times the rounds that were best on a part of them."""


def lightgbm() -> Any:
    """The library, without the scikit-learn interface that it would load as well if it could (a second or more)."""
    if "lightgbm" not in sys.modules and "sklearn" not in sys.modules:
        sys.modules["sklearn"] = None  # type: ignore[assignment]
        try:
            import lightgbm as library
        finally:
            del sys.modules["sklearn"]
        return library
    import lightgbm as library

    return library


@dataclass(frozen=True)
class Table:
    """What is fitted: a recipe's features (n, d), the places of category codes among them, the target (n,).

    `width` is that of predictions: 1 for a number, else the number of classes.
    """

    recipe: Recipe
    features: np.ndarray
    levels: tuple[int, ...]
    target: np.ndarray
    width: int
    threads: int
    seed: int

    def parameters(self, rows: int) -> dict[str, Any]:
        """LightGBM's parameters for a fit on so many rows."""
        objective = {1: "regression", 2: "binary"}.get(self.width, "multiclass")
        return {
            **self.recipe.parameters(rows, self.features.shape[1]),
            "objective": objective,
            "num_class": self.width if objective == "multiclass" else 1,
            "metric": {"regression": "l2", "binary": "binary_logloss"}.get(objective, "multi_logloss"),
            "num_threads": self.threads,
            "seed": self.seed,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }

    def data(self, rows: np.ndarray, parameters: dict[str, Any]) -> Any:
        """LightGBM's own form of some rows."""
        levels = list(self.levels) if self.recipe.codes != "order" else []
        return lightgbm().Dataset(
            self.features[rows], self.target[rows], categorical_feature=levels, params=parameters
        )


@dataclass(frozen=True)
class Fit:
    """A booster, its best number of rounds, the learning rate it ended with, and whether time cut it short."""

    booster: Any
    rounds: int
    learning_rate: float
    cut_short: bool = False


def fit_part(table: Table, rows: np.ndarray, stop: np.ndarray, until: float) -> Fit:
    """Fit some rows; end when the loss of the `stop` rows gets no better, or at the monotonic time `until`."""
    library = lightgbm()
    parameters = table.parameters(len(rows))
    data = table.data(rows, parameters)
    watched = library.Dataset(table.features[stop], table.target[stop], reference=data, params=parameters)
    pace = Pace(until, parameters["learning_rate"])
    callbacks = [library.early_stopping(PATIENCE, verbose=False), pace.check]
    booster = library.train(parameters, data, MOST_ROUNDS, valid_sets=[watched], callbacks=callbacks)
    return Fit(booster, max(1, booster.best_iteration), pace.learning_rate, pace.cut_short)


def fit_all(table: Table, rows: np.ndarray, like: Fit, until: float) -> Fit:
    """Fit these rows as `like` was fitted on a part of them, or until the monotonic time `until`."""
    parameters = {**table.parameters(len(rows)), "learning_rate": like.learning_rate}
    pace = Pace(until, like.learning_rate, typical=0)
    rounds = round(like.rounds * MORE_ROUNDS)
    booster = lightgbm().train(parameters, table.data(rows, parameters), rounds, callbacks=[pace.check])
    return Fit(booster, booster.current_iteration(), like.learning_rate, pace.cut_short)


class Pace:
    """Keeps a fit inside its time: takes larger steps where small ones would take too long, and stops it at the end.

    `typical` is how many rounds a fit wants at `learning_rate`; more steps of a smaller size give better trees, so
    the rate is raised only as far as time asks, and never above `FASTEST`.
    """

    FASTEST = 0.3
    LOOK_AFTER = 15
    """Rounds after which the speed is known, as the median round's: a pause of the machine is not the speed."""

    def __init__(self, until: float, learning_rate: float, typical: int = 500) -> None:
        self.until = until
        self.learning_rate = learning_rate
        self.typical = typical
        self.ends: list[float] = []
        self.cut_short = False

    def check(self, state: Any) -> None:
        """The callback after each round; raises what LightGBM takes as a wish to stop."""
        self.ends.append(monotonic())
        if len(self.ends) == self.LOOK_AFTER and self.typical:
            self._hurry(state.model)
        if self.ends[-1] > self.until:
            self.cut_short = True
            raise lightgbm().callback.EarlyStopException(state.iteration, state.evaluation_result_list or [])

    def _hurry(self, booster: Any) -> None:
        possible = max(1.0, (self.until - self.ends[-1]) / max(float(np.median(np.diff(self.ends))), 1e-9))
        if possible < self.typical:
            self.learning_rate = min(self.FASTEST, self.learning_rate * self.typical / possible)
            booster.reset_parameter({"learning_rate": self.learning_rate})


def answers(booster: Any, features: np.ndarray, width: int, rounds: int | None = None) -> np.ndarray:
    """Predictions (n, width): probabilities, or numbers. Few rows are not worth waking other threads."""
    threads = 1 if len(features) < 256 else 0
    raw = booster.predict(features, num_iteration=rounds, num_threads=threads)
    if width == 2:
        return np.stack([1.0 - raw, raw], axis=1)
    return np.asarray(raw, dtype=np.float64).reshape(len(features), width)
