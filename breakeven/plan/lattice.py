"""Quasi-random points: a rank-1 lattice, moved by a random step for each dimension.

    u[j, i] = fraction(i × GENERATOR[j] ÷ draws + shift[j])            i = 0 … draws − 1

Every dimension is cut evenly (each of `draws` slices of it holds one point), and the generator was searched component
by component so that pairs and triples of dimensions are even too: for 16,384 points, the worst-case error of the
Korobov space of smoothness 2 with weights 1 ÷ j (Sloan and Reztsov, Mathematics of Computation 71, 2002), by
`dev/lattice.py`. Smaller powers of two take the same numbers. Dimensions beyond the table are evenly cut and shuffled
at random (Latin hypercube).
"""

from __future__ import annotations

import numpy as np

from breakeven.plan.replay import Draws

GENERATOR = (
    1, 6915, 3959, 3235, 1905, 7883, 7837, 4079, 2469, 3009, 807, 7589, 5619, 377, 1165, 6893, 3347, 1863, 3595,
    7093, 253, 5801, 7457, 1739, 1559, 7475, 579, 3663, 6397, 5351, 2853, 185, 4023, 4551, 4709, 2145, 287,
    1063, 2403, 4619, 535, 3887, 7939, 1637, 7241, 849, 7781, 5103, 6701, 6543, 219, 3359, 6139, 5249, 2819,
    4653, 8153, 5407, 7849, 4755, 1401, 3539, 7973, 129,
)
"""In the order of dimensions; odd, so that each is even for every power of two."""
SMALLEST = 2.0**-40


def points(dimensions: int, draws: int, seed: int) -> Draws:
    """Points (dimensions, draws) between 0 and 1, ends excluded. Raises ValueError if `draws` is no power of two."""
    if draws < 1 or draws & (draws - 1):
        raise ValueError(f"the number of draws must be a power of two, not {draws}")
    random = np.random.Generator(np.random.PCG64(seed))
    shifts = random.random((dimensions, 1))
    inside = min(dimensions, len(GENERATOR))
    steps = np.array(GENERATOR[:inside], dtype=np.int64)[:, None] * np.arange(draws)
    rest = [random.permutation(draws) for _ in range(dimensions - inside)]
    places = np.concatenate([steps % draws, np.array(rest, dtype=np.int64).reshape(-1, draws)])
    return np.clip((places / draws + shifts) % 1.0, SMALLEST, 1 - SMALLEST)
