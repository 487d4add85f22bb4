"""How a step is divided over devices: one layout, or a thousand as arrays, and those that are worth looking at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from breakeven.estimate.network import Numbers
from breakeven.estimate.work import Work

RECOMPUTE = {"none": 0.0, "selective": 0.0, "full": 1.0}


@dataclass(frozen=True)
class Layouts:
    """Arrays of equal length, one place a layout. `device_tokens` are those of one micro-batch on one device."""

    tp: Numbers
    pp: Numbers
    dp: Numbers
    cp: Numbers
    ep: Numbers
    chunks: Numbers
    """Virtual stages a device holds in an interleaved pipeline; 1 = plain."""
    zero: Numbers
    shard: Numbers
    """Over how many replicas the optimizer's state is split at most."""
    recompute_share: Numbers
    """Of the forward pass that is computed again: 1 full, 0 none or selective."""
    selective: Numbers
    micro_batches: Numbers
    """How many follow each other in a step on one device."""
    device_tokens: Numbers
    micro_batch: Numbers

    @property
    def bubble(self) -> Numbers:
        """Idle time of a pipeline, as a part of its work: (p-1)/(v·m)."""
        return (self.pp - 1.0) / (self.chunks * self.micro_batches)

    def __len__(self) -> int:
        return len(self.tp)


@dataclass(frozen=True)
class Asked:
    """What the user has said about the layout; None where it is left to us. `batch` and `micro_batch` in sequences."""

    tp: int | None = None
    pp: int | None = None
    dp: int | None = None
    cp: int | None = None
    ep: int | None = None
    chunks: int | None = None
    zero: int | None = None
    shard: int | None = None
    recompute: str | None = None
    micro_batch: float | None = None
    batch: float | None = None

    @property
    def parts_known(self) -> int:
        """How many of the four that matter most are told: recomputation, micro-batch, batch, division."""
        told = (self.recompute, self.micro_batch, self.batch, self.tp or self.zero)
        return sum(one is not None for one in told)


MICRO_BATCHES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
LONG = 32_768
"""Sequences from which on it is usual to divide them over devices."""
USUAL_BUBBLE = 0.1
STEPS_OF_PIPELINE = 4.0
"""Nobody runs a pipeline on one micro-batch: a batch is cut into at least this many for each stage, if it can be."""


def usual_batch_tokens(params: float, modern: bool = True) -> float:
    """Tokens in a batch where none is told: 4 million for 7 B parameters, growing with their power 0.4.

    A curve through published batches: LLaMA 4 M, Llama 3.1 405B 16 M. Before 2023 they were those of GPT-3
    (arXiv:2005.14165 table 2.1): 0.5 M at 125 M parameters, 3.2 M at 175 B.
    """
    if modern:
        return float(np.clip(4e6 * (params / 7e9) ** 0.4, 2.5e5, 1.6e7))
    return float(np.clip(3.2e6 * (params / 1.75e11) ** 0.26, 2.5e5, 4e6))


def _powers(top: float) -> list[int]:
    return [2**power for power in range(int(np.log2(max(1.0, top))) + 1)]


def candidates(work: Work, chips: int, asked: Asked, domain: int, fused: bool) -> Layouts:
    """Every way to divide the work over `chips` devices that agrees with what was asked; memory is not looked at."""
    rows = [(tp, pp, cp, ep, zero, again, micro)
            for tp in _tensor(work, chips, asked, domain)
            for pp in _stages(work, chips // tp, asked)
            for cp in _context(work, chips // (tp * pp), asked)
            for ep in _experts(work, chips // pp, asked)
            for zero in _zero(asked, pp)
            for again in ([asked.recompute] if asked.recompute else ["full", "none" if fused else "selective"])
            for micro in ([asked.micro_batch] if asked.micro_batch else MICRO_BATCHES)]
    return _layouts(rows, work, chips, asked, usual_batch_tokens(work.params_total, fused) / work.sequence)


def _tensor(work: Work, chips: int, asked: Asked, domain: int) -> list[int]:
    if asked.tp:
        return [asked.tp]
    return [tp for tp in _powers(min(chips, domain, 8)) if work.heads % tp == 0] or [1]


def _stages(work: Work, devices: int, asked: Asked) -> list[int]:
    if asked.pp:
        return [asked.pp]
    if asked.zero == 3 or work.params_total < 3e9:
        return [1]
    return [pp for pp in _powers(min(devices, work.layers, 64)) if devices % pp == 0] or [1]


def _context(work: Work, devices: int, asked: Asked) -> list[int]:
    if asked.cp:
        return [asked.cp]
    return _powers(min(devices, 16)) if work.sequence >= LONG else [1]


def _experts(work: Work, devices: int, asked: Asked) -> list[int]:
    if asked.ep or not work.experts:
        return [asked.ep or 1]
    return [ep for ep in _powers(min(devices, work.experts, 64)) if devices % ep == 0] or [1]


def _zero(asked: Asked, pp: int) -> list[int]:
    if asked.zero is not None:
        return [asked.zero]
    return [1] if pp > 1 else [1, 3]


def _usual_chunks(work: Work, pp: Numbers, micro_batches: Numbers) -> Numbers:
    """Virtual stages where none are told: so many that the bubble is a tenth, as far as there are layers for them."""
    return np.clip((pp - 1.0) / micro_batches / USUAL_BUBBLE, 1.0, np.maximum(1.0, work.layers / pp))


def _layouts(rows: list[tuple[int, int, int, int, int, str, float]], work: Work, chips: int, asked: Asked,
             usual: float) -> Layouts:
    """The rows as arrays, with the batch cut into micro-batches."""
    tp, pp, cp, ep, zero, micro = (np.array([row[place] for row in rows], float) for place in (0, 1, 2, 3, 4, 6))
    again = [row[5] for row in rows]
    dp = np.full(len(rows), float(asked.dp)) if asked.dp else np.maximum(1.0, chips / (tp * pp * cp))
    batch = np.maximum(asked.batch or np.maximum(usual, (asked.micro_batch or 1.0) * dp), dp)
    micro = np.minimum(micro, batch / dp)
    enough = np.minimum(batch / dp, STEPS_OF_PIPELINE * pp)
    count = np.where(pp > 1, np.maximum(batch / dp / micro, enough), batch / dp / micro)
    micro = batch / dp / count
    return Layouts(
        tp=tp, pp=pp, dp=dp, cp=cp, ep=ep, zero=zero,
        chunks=np.full(len(rows), float(asked.chunks)) if asked.chunks else _usual_chunks(work, pp, count),
        shard=np.full(len(rows), float(asked.shard or 1e9)),
        recompute_share=np.array([RECOMPUTE[name] for name in again]),
        selective=np.array([float(name == "selective") for name in again]),
        micro_batches=count, device_tokens=micro * work.sequence / cp, micro_batch=micro,
    )
