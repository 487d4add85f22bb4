"""The rows that are fitted: those with a known answer, and no more than a family can use, so that memory is bounded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from breakeven.models.model import Work

MOST_BYTES = 24_000_000
"""Of cells that are fitted at once; about 100,000 news texts of 200 characters."""


def thinned(work: Work, most_bytes: int = MOST_BYTES) -> tuple[Work, np.ndarray]:
    """The work with so few fit rows in each fold that their cells fit into `most_bytes`; scored rows all stay.

    Rows of a class that training rows have not (-1) or without a number (NaN) are not fitted. The second value are the
    rows (ascending) for the fit on all rows.
    """
    known = work.target >= 0 if work.dataset.labels else np.isfinite(work.target)
    everything = np.flatnonzero(known)
    if not known.all():
        work = replace(work, folds=tuple((fit[known[fit]], score) for fit, score in work.folds))
    most = max(1_000, int(most_bytes * work.rows.num_rows / max(1, work.rows.nbytes)))
    if len(everything) <= most:
        return work, everything
    drawn = np.random.default_rng(work.seed).permutation(work.rows.num_rows)
    folds = tuple((_first(fit, drawn, most), score) for fit, score in work.folds)
    return replace(work, folds=folds), _first(everything, drawn, most)


def _first(rows: np.ndarray, drawn: np.ndarray, most: int) -> np.ndarray:
    """Of the rows the `most` that come first in the drawn order, ascending."""
    place = np.empty(len(drawn), np.int64)
    place[drawn] = np.arange(len(drawn))
    return np.sort(rows[np.argsort(place[rows], kind="stable")[:most]])
