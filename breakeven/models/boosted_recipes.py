"""The recipes of boosted trees: a short list of settings that are good together on tables of very different kinds.

A recipe says how trees see a table and how they grow. They were found by repeated cross-validation on tables of
800 to 33,000 rows (docs/models/boosted.md has the figures); each is there because mixing it in pays on some of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Literal

import numpy as np

Codes = Literal["levels", "order", "both"]
"""How trees may split a category: any set of levels against the others; by the order of the codes; either way."""

MOST_CROSSED = 8
"""Numbers are crossed only where they are few: 8 of them make 84 features."""
FEATURES_A_TREE = 7
"""A tree sees about so many features at least; a fraction of few features would leave it blind."""
FEW_ROWS = 12_000
"""Splits drawn from half the features help where rows are few; with more of them they only take time."""
SHARE_OF_LEAF = 0.02
"""A leaf holds at most this share of few rows, so that a small table can be cut at all."""


@dataclass(frozen=True)
class Recipe:
    """How trees see a table (`codes`, `crosses`) and how they grow (LightGBM's own parameter names)."""

    name: str
    codes: Codes
    settings: Mapping[str, float | int | bool]
    crosses: bool = False
    most_rows: int | None = None

    def suits(self, rows: int, numeric: tuple[int, ...]) -> bool:
        """Whether it can pay on so many rows with numbers in these places."""
        few_enough = self.most_rows is None or rows <= self.most_rows
        return few_enough and (not self.crosses or 2 <= len(numeric) <= MOST_CROSSED)

    def features(self, frame: np.ndarray, categorical: tuple[int, ...], numeric: tuple[int, ...]) -> np.ndarray:
        """The matrix (n, d) that its trees see, made of the frame (n, columns)."""
        parts = [frame]
        if self.codes == "both":
            parts.append(frame[:, list(categorical)])
        if self.crosses:
            parts.append(crossed(frame[:, list(numeric)]))
        return np.hstack(parts) if len(parts) > 1 else frame

    def parameters(self, rows: int, width: int) -> dict[str, float | int | bool]:
        """The settings for a matrix of so many rows and features."""
        settings = dict(self.settings)
        share = float(settings.get("feature_fraction", 1.0))
        settings["feature_fraction"] = min(1.0, max(share, FEATURES_A_TREE / max(1, width)))
        settings["min_data_in_leaf"] = max(1, min(int(settings["min_data_in_leaf"]), round(rows * SHARE_OF_LEAF)))
        return settings


def crossed(numbers: np.ndarray) -> np.ndarray:
    """The product, difference and ratio of each pair of columns (n, m) -> (n, 3 m (m - 1) / 2).

    Trees cut one feature at a time; a limit on a power (torque times speed) or on a gap (of two temperatures) is one
    cut on a cross and a long staircase without.
    """
    crosses = []
    for one, other in combinations(range(numbers.shape[1]), 2):
        a, b = numbers[:, one], numbers[:, other]
        ratio = np.divide(a, b, out=np.full_like(a, np.nan), where=b != 0)
        crosses += [a * b, a - b, ratio]
    return np.stack(crosses, axis=1)


def _recipe(
    name: str, codes: Codes, crosses: bool = False, most_rows: int | None = None, **settings: float | int | bool
) -> Recipe:
    return Recipe(name, codes, MappingProxyType(settings), crosses, most_rows)


RECIPES: tuple[Recipe, ...] = (
    _recipe(
        "broad",
        "both",
        learning_rate=0.05,
        num_leaves=16,
        min_data_in_leaf=10,
        feature_fraction=0.3,
        bagging_fraction=0.9,
        bagging_freq=1,
        max_bin=64,
        cat_smooth=40,
        cat_l2=20,
        max_cat_to_onehot=8,
    ),
    _recipe(
        "ordered",
        "order",
        most_rows=FEW_ROWS,
        learning_rate=0.05,
        num_leaves=8,
        min_data_in_leaf=10,
        feature_fraction_bynode=0.5,
        bagging_fraction=0.8,
        bagging_freq=1,
    ),
    _recipe(
        "crossed",
        "both",
        crosses=True,
        learning_rate=0.05,
        num_leaves=8,
        min_data_in_leaf=10,
        feature_fraction=0.5,
        bagging_fraction=0.9,
        bagging_freq=1,
        cat_smooth=40,
        cat_l2=20,
        max_cat_to_onehot=8,
    ),
)
"""In the order in which they are tried; the first one is the best single one on the whole."""
