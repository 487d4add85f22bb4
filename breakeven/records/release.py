"""A numbered release: an artifact that was chosen, with its test score."""

from __future__ import annotations

from breakeven.records.evaluation import Evaluation
from breakeven.records.record import Record


class Release(Record):
    """`releases/N/release.json`; the artifact lies beside it, each file with its digest."""

    number: int
    candidate: str
    run: str
    path: str
    files: tuple[tuple[str, str], ...]
    """(path below the artifact, SHA-256)."""
    test: Evaluation
    test_opened: int
    """How many times the test rows of this dataset have been opened so far."""
    created: str
