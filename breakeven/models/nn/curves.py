"""The curve of a training: its loss at some steps, without making the device wait for each."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from breakeven.records.curve import Curve, Look, Point

MOST_POINTS = 400


@dataclass
class Points:
    """Rows [step, seconds, tokens, loss, learning rate] at every `stride`-th step.

    When there are too many, every other one goes and the stride doubles: which steps are kept depends on their
    number alone, so a run that was killed and continued has the same curve. Losses wait on the device until `read`.
    """

    rows: list[list[float]] = field(default_factory=list)
    stride: int = 1
    waiting: list[Tensor] = field(default_factory=list)

    def see(self, step: int, seconds: float, tokens: int, loss: Tensor, rate: float) -> None:
        if step % self.stride == 0:
            self.rows.append([step, seconds, tokens, math.nan, rate])
            self.waiting.append(loss)
            if len(self.rows) > MOST_POINTS:
                self._thin()

    def _thin(self) -> None:
        self.read()
        self.stride *= 2
        self.rows[:] = [row for row in self.rows if row[0] % self.stride == 0]

    def read(self) -> None:
        """Fetch the losses that wait on the device."""
        if not self.waiting:
            return
        values = torch.stack(self.waiting).tolist()
        for row, value in zip(self.rows[-len(values) :], values, strict=True):
            row[3] = value
        self.waiting.clear()


def curve_of(name: str, rows: list[list[float]], looks: list[tuple[int, float]]) -> Curve:
    """The record of a curve; losses that are no numbers are left out."""
    points = tuple(
        Point(step=int(step), seconds=seconds, tokens=int(tokens), loss=loss, learning_rate=rate)
        for step, seconds, tokens, loss, rate in rows
        if math.isfinite(loss)
    )
    seen = tuple(Look(step=step, loss=loss) for step, loss in looks if math.isfinite(loss))
    return Curve(name=name, points=points, looks=seen)
