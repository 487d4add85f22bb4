"""What is exported of one training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """Values of one name: (step, seconds since the training began, value)."""

    name: str
    points: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Track:
    """All series of one training, or of a rung as a whole; `begun` is a time in seconds since 1970."""

    name: str
    begun: float
    series: tuple[Series, ...]
    settings: tuple[tuple[str, str], ...] = ()
