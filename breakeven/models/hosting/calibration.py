"""How sure a hosted model may be: two numbers learned on the scored rows make its probabilities honest.

    p = (1 - floor) · softmax(ln raw ÷ temperature) + floor · prior

A model that gives a bare answer is as sure as `1 - floor`, which is how often such an answer is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TEMPERATURES = (0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 8.0)
FLOORS = (0.001, 0.003, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9)
PARTS = 5


@dataclass(frozen=True)
class Calibration:
    """The two numbers."""

    temperature: float = 1.0
    floor: float = 0.01

    def apply(self, raw: np.ndarray, prior: np.ndarray) -> np.ndarray:
        """Probabilities (n, k) of raw ones; the order of the classes stays, but for what the prior adds."""
        import numpy as np

        sharp = np.maximum(raw, 1e-12) ** (1.0 / self.temperature)
        sharp /= sharp.sum(axis=1, keepdims=True)
        return (1 - self.floor) * sharp + self.floor * prior


def fit_calibration(raw: np.ndarray, truth: np.ndarray, prior: np.ndarray) -> Calibration:
    """The pair of the grid with the smallest log loss of the rows whose class is known (truth >= 0)."""
    import numpy as np

    known = np.flatnonzero(truth >= 0)
    if not len(known):
        return Calibration()

    def loss(pair: Calibration) -> float:
        right = pair.apply(raw[known], prior)[np.arange(len(known)), truth[known]]
        return float(-np.log(np.maximum(right, 1e-15)).mean())

    return min((Calibration(*pair) for pair in product(TEMPERATURES, FLOORS)), key=loss)


def calibrated(raw: np.ndarray, truth: np.ndarray, prior: np.ndarray, seed: int) -> np.ndarray:
    """The rows (n, k) in parts, each calibrated by the rows of the others: no row has a say in its own prediction."""
    import numpy as np

    part = np.random.default_rng(seed).permutation(len(truth)) % PARTS
    found = np.empty_like(raw)
    for number in range(PARTS):
        mine = part == number
        found[mine] = fit_calibration(raw[~mine], truth[~mine], prior).apply(raw[mine], prior)
    return found
