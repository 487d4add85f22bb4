"""Drawing the next token: temperature, the nucleus of the most probable tokens, a seed."""

from __future__ import annotations

import numpy as np


def draw(logits: np.ndarray, temperature: float, top_p: float, random: np.random.Generator) -> int:
    """The next token by its log-probabilities (vocabulary,), unnormalised. Temperature 0 takes the most probable.

    `top_p` keeps the fewest tokens, the most probable first, whose probabilities sum to it (A. Holtzman et al., "The
    curious case of neural text degeneration", 2020).
    """
    if temperature <= 0:
        return int(np.argmax(logits))
    scaled = logits.astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max())
    shares /= shares.sum()
    if top_p < 1:
        order = np.argsort(-shares, kind="stable")
        enough = int(np.searchsorted(np.cumsum(shares[order]), top_p)) + 1
        shares[order[enough:]] = 0.0
        shares /= shares.sum()
    return min(int(np.searchsorted(np.cumsum(shares), random.random())), len(shares) - 1)
