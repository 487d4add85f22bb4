"""Quasi-random points: a rank-1 lattice, moved by a random step for each dimension.

    u[j, i] = fraction(i × GENERATOR[j] ÷ draws + shift[j])            i = 0 … draws − 1

Every dimension is cut evenly (each of `draws` slices of it holds one point), and the generator was searched component
by component so that pairs and triples of dimensions are even too: for 8,192 points, the worst-case error of the
Korobov space of smoothness 2 with weights 1 ÷ j (Sloan and Reztsov, Mathematics of Computation 71, 2002), by
`dev/lattice.py`. Smaller powers of two take the same numbers. Dimensions beyond the table are evenly cut and shuffled
at random (Latin hypercube).
"""

from __future__ import annotations

import numpy as np

from breakeven.plan.replay import Draws

GENERATOR = (
    1, 2433, 1715, 3703, 2149, 2697, 3469, 1671, 185, 3373, 2497, 1325, 871, 2485, 1303, 1357, 1579, 1199, 797,
    3721, 975, 227, 3521, 1811, 2117, 3943, 3499, 3299, 417, 1769, 59, 4059, 2349, 1969, 2317, 1937, 3647, 2191,
    375, 2813, 3025, 333, 2919, 713, 3573, 3869, 2011, 2771, 2539, 1367, 459, 1525, 2581, 723, 3489, 3679, 1821,
    37, 4017, 1061, 1483, 153, 1705, 3035,
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
