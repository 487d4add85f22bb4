"""Fewer rows for fitting where there are more than a family can use: memory stays bounded, and time with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from breakeven.models.model import Work

MOST_BYTES = 24_000_000
"""Of cells that are fitted at once; about 100,000 news texts of 200 characters."""


def thinned(work: Work, most_bytes: int = MOST_BYTES) -> tuple[Work, np.ndarray]:
    """The work with so few fit rows in each fold that their cells fit into `most_bytes`; scored rows all stay.

    The second value are the rows (ascending) for the fit on all rows.
    """
    everything = np.arange(work.rows.num_rows)
    most = max(1_000, int(most_bytes * work.rows.num_rows / max(1, work.rows.nbytes)))
    if len(everything) <= most:
        return work, everything
    drawn = np.random.default_rng(work.seed).permutation(len(everything))
    folds = tuple((_first(fit, drawn, most), score) for fit, score in work.folds)
    return replace(work, folds=folds), _first(everything, drawn, most)


def _first(rows: np.ndarray, drawn: np.ndarray, most: int) -> np.ndarray:
    """Of the rows the `most` that come first in the drawn order, ascending."""
    place = np.empty(len(drawn), np.int64)
    place[drawn] = np.arange(len(drawn))
    return np.sort(rows[np.argsort(place[rows], kind="stable")[:most]])
