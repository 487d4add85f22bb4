"""Search the generator of `breakeven/plan/lattice.py`: component by component, the least worst-case error.

    python dev/lattice.py [POWER] [DIMENSIONS]

In the Korobov space of smoothness 2 with product weights γ_j = 1 ÷ j the squared error of a lattice of N points is
−1 + 1/N Σ_i Π_j (1 + γ_j ω({i z_j ÷ N})) with ω(x) = 2π²(x² − x + 1/6). Each z_j is the best odd number below N ÷ 2
(z and N − z are the same lattice mirrored) that is not used yet. About ten seconds for 16,384 points and 64 dimensions.
"""

from __future__ import annotations

import sys

import numpy as np


def generator(points: int, dimensions: int) -> list[int]:
    """The generator, one odd number a dimension."""
    index = np.arange(points)
    place = index / points
    omega = 2 * np.pi**2 * (place**2 - place + 1 / 6)
    product, found = 1 + omega, [1]
    candidates = [int(z) for z in range(3, points // 2, 2)]
    for dimension in range(2, dimensions + 1):
        errors = {z: float(product @ omega[index * z % points]) for z in candidates}
        best = min(candidates, key=errors.__getitem__)
        candidates.remove(best)
        found.append(best)
        product *= 1 + omega[index * best % points] / dimension
    return found


if __name__ == "__main__":
    power, dimensions = (int(word) for word in [*sys.argv[1:], "14", "64"][:2])
    print(generator(1 << power, dimensions))
