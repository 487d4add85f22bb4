"""How a training of a net went, step by step."""

from __future__ import annotations

from breakeven.records.record import Record


class Point(Record):
    """The state after a step: seconds of training and tokens so far, the loss of the step, the learning rate in it."""

    step: int
    seconds: float
    tokens: int
    loss: float
    learning_rate: float


class Look(Record):
    """The loss on held-out rows after a step."""

    step: int
    loss: float


class Curve(Record):
    """One training: a fold of a candidate, or what else its family trains; points are evenly spread over its steps."""

    name: str
    points: tuple[Point, ...]
    looks: tuple[Look, ...] = ()

    def tokens_per_second(self, place: int) -> float | None:
        """Between a point and the one before it; None for the first one, and where no time went by."""
        if place < 1:
            return None
        before, here = self.points[place - 1], self.points[place]
        seconds = here.seconds - before.seconds
        return (here.tokens - before.tokens) / seconds if seconds > 0 else None
