"""A layout as it is shown: its division, what it needs, and what limits it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from breakeven.core.words import N_
from breakeven.estimate.layout_search import FULL, Search
from breakeven.estimate.memory import Setup, memory_of
from breakeven.estimate.residual import calibration
from breakeven.estimate.shape import Shape
from breakeven.estimate.step import ADDED


@dataclass(frozen=True)
class ChosenLayout:
    """A division of the work. `limit` is the part of the step that takes most time after the matrices themselves, or
    `memory` where there is no room; `slower` is its time, the fastest being 1."""

    tp: int
    pp: int
    dp: int
    cp: int
    ep: int
    zero: int
    chunks: int
    recompute: str
    micro_batch: float
    micro_batches: float
    limit: str
    slower: float

    def setup(self, sequence: float, fused: bool) -> Setup:
        """The same for the ledger of memory."""
        return Setup(
            sequence=sequence, micro_batch=self.micro_batch, micro_batches=self.micro_batches, tp=self.tp, pp=self.pp,
            dp=self.dp, cp=self.cp, ep=self.ep, chunks=self.chunks, zero=self.zero, recompute=self.recompute,
            sequence_parallel=fused, flash=fused,
        )  # fmt: skip


LIMIT_NAMES = {"bubble": N_("the pipeline's bubble"), "memory": N_("no room")}


def layout_at(found: Search, place: int) -> ChosenLayout:
    """One layout of a search."""
    layouts = found.layouts
    again = "full" if layouts.recompute_share[place] else "selective" if layouts.selective[place] else "none"
    tp, pp, dp, cp, ep, zero, chunks = (
        int(getattr(layouts, name)[place]) for name in ("tp", "pp", "dp", "cp", "ep", "zero", "chunks"))
    return ChosenLayout(
        tp, pp, dp, cp, ep, zero, chunks, again, float(layouts.micro_batch[place]),
        float(layouts.micro_batches[place]), limit_of(found, place),
        float(found.seconds_per_token[place] / found.seconds_per_token[found.best]),
    )  # fmt: skip


def shown(found: Search, shape: Shape, sequence: float, fused: bool, room: float) -> tuple[ChosenLayout, float]:
    """The fastest layout that has room by the full ledger of memory, and its bytes; where none has, the smallest."""
    smallest: tuple[ChosenLayout, float] | None = None
    for place in _one_of_each(found, WAYS, TRIED):
        layout = layout_at(found, place)
        needed = memory_of(shape, layout.setup(sequence, fused)).total
        if needed <= room:
            return layout, needed
        if smallest is None or needed < smallest[1]:
            smallest = layout, needed
    assert smallest is not None
    return smallest


WAYS = ("tp", "pp", "cp", "ep", "zero", "recompute_share")
TRIED = 60


def _one_of_each(found: Search, names: tuple[str, ...], count: int) -> list[int]:
    """The best place of every way to divide, in order, at most `count` of them."""
    seen: dict[tuple[float, ...], int] = {}
    columns = [getattr(found.layouts, name) for name in names]
    for place in np.argsort(-found.say):
        seen.setdefault(tuple(float(column[place]) for column in columns), int(place))
        if len(seen) >= count:
            break
    return list(seen.values())


def limit_of(found: Search, place: int) -> str:
    """What keeps a layout from being better."""
    if found.used[place] > FULL:
        return "memory"
    weights, size = calibration().weights, len(found.layouts)
    parts = {name: weights[name] * float(np.broadcast_to(part, size)[place]) for name, part in found.parts.items()}
    busy = sum(parts[name] for name in ADDED if name in parts)
    parts["bubble"] = busy * float(found.layouts.bubble[place])
    return max((name for name in parts if name != "matrix"), key=lambda name: parts[name])


def alternatives(found: Search, count: int) -> tuple[ChosenLayout, ...]:
    """The best layout of each way to divide (tp, pp, cp, ep, ZeRO), the `count` best of them in order."""
    return tuple(layout_at(found, place) for place in _one_of_each(found, WAYS[:-1], count))
