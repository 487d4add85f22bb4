"""Whether what comes in, or goes out, has become another: an effect size, and how sure it is.

Numbers are compared by the Kolmogorov-Smirnov distance, categories by the total variation distance; both lie between
0 and 1. How sure a difference is tells the p-value of the KS test, or of the chi-squared test; those of all
comparisons together are corrected by Benjamini and Hochberg (1995). An alarm needs rows enough, a sure difference
and a large one, so that no alarm comes from the number of rows alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from breakeven.core.words import Message, say
from breakeven.records.health import Shift, WordShift
from breakeven.records.record import MessageRecord

FEWEST_ROWS = 100
"""Fewer are not compared: chance alone makes large effects of them."""
SURE = 0.001
Kind = Literal["answer", "confidence", "column", "text", "cells", "words", "inputs"]
LARGE: dict[Kind, float] = {
    "answer": 0.1, "confidence": 0.1, "column": 0.1, "text": 0.1, "cells": 0.05, "words": 0.05, "inputs": 0.2,
}  # fmt: skip
"""The smallest effect of each kind that is worth an alarm, as a share of the rows that are elsewhere now. Cells that
are lost, new or out of range are faults more often than fashions, and a single word is never in all rows: half as
many are enough. What tells the inputs apart as a whole looks for the one direction in which they differ most, and
must find twice as many."""
MOST_LEVELS = 30
MISSING = "—"


@dataclass(frozen=True)
class Compared:
    """The distance of two samples, how sure it is, and how each is told to people."""

    effect: float
    p: float
    rows: int
    before: Message
    now: Message
    note: Message | None = None
    words: tuple[WordShift, ...] = ()


def compare_numbers(before: np.ndarray, now: np.ndarray) -> Compared | None:
    """Two samples of numbers, NaN for missing; None when there are too few. A share of missing ones counts too."""
    found, came = before[np.isfinite(before)], now[np.isfinite(now)]
    if min(len(found), len(came)) < FEWEST_ROWS:
        return None
    test = stats.ks_2samp(found, came, method="asymp")
    return Compared(
        float(test.statistic), float(test.pvalue), len(came),
        say("median {value}", value=float(np.median(found))), say("median {value}", value=float(np.median(came))),
    )  # fmt: skip


def compare_levels(before: Sequence[str | None], now: Sequence[str | None]) -> Compared | None:
    """Two samples of categories; the rare ones count together. None when there are too few rows."""
    if min(len(before), len(now)) < FEWEST_ROWS:
        return None
    counts = Counter(before), Counter(now)
    levels = [level for level, _ in (counts[0] + counts[1]).most_common(MOST_LEVELS)]
    table = np.array([[count[level] for level in levels] + [sum(count.values()) - sum(count[lv] for lv in levels)]
                      for count in counts], float)  # fmt: skip
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return Compared(0.0, 1.0, len(now), _commonest(counts[0]), _commonest(counts[1]))
    shares = table / table.sum(axis=1, keepdims=True)
    effect = 0.5 * float(np.abs(shares[0] - shares[1]).sum())
    p = float(stats.chi2_contingency(table).pvalue)
    moved = max(levels, key=lambda level: abs(counts[1][level] / len(now) - counts[0][level] / len(before)))
    return Compared(effect, p, len(now), _share(counts[0], moved), _share(counts[1], moved))


def _commonest(count: Counter[str | None]) -> Message:
    level, _ = count.most_common(1)[0]
    return _share(count, level)


def _share(count: Counter[str | None], level: str | None) -> Message:
    return say("{name} in {share} of the rows", name=MISSING if level is None else level[:40],
               share=count[level] / max(1, sum(count.values())))  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """Answers as text, and their confidence (n,) where they have one."""

    answers: Sequence[str | None]
    confidence: np.ndarray | None


# --- all together --------------------------------------------------------------------------------------------

TITLES = {
    "characters": say("characters"), "words": say("words"), "chinese": say("share of Chinese characters"),
    "digits": say("share of digits"), "capitals": say("share of capitals"), "new words": say("share of new words"),
    "missing": say("missing cells"), "answer": say("answer"), "confidence": say("confidence"),
    "new values": say("values never seen"), "out of range": say("numbers out of range"),
    "language": say("language"), "single words": say("single words"), "inputs": say("all inputs together"),
}  # fmt: skip


def title_of(name: str) -> Message:
    """What people call a comparison: `message: share of digits`, a column's own name, or the answer."""
    column, _, feature = name.rpartition(": ")
    if not column:
        return TITLES[name] if name in ("answer", "confidence", "inputs") else say("{column}", column=name)
    return say("{column}: {what}", column=column, what=TITLES.get(feature, say("{feature}", feature=feature)))


def shifts_of(compared: Sequence[tuple[Kind, str, Compared]]) -> tuple[Shift, ...]:
    """The comparisons with corrected p-values, the largest effect first; which are alarms."""
    corrected = stats.false_discovery_control([one.p for _, _, one in compared]) if compared else []
    found = [
        Shift(kind=kind, name=name, effect=one.effect, p=float(p), rows=one.rows,
              alarm=bool(one.effect >= LARGE[kind] and p <= SURE),
              before=MessageRecord.of(one.before), now=MessageRecord.of(one.now),
              note=MessageRecord.of(one.note) if one.note else None, words=one.words)
        for (kind, name, one), p in zip(compared, corrected, strict=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda shift: -shift.effect))


def surely_elsewhere(shifts: Sequence[Shift]) -> float:
    """The largest share of rows that is surely elsewhere, by any comparison; 0 where none is sure."""
    return max((shift.effect for shift in shifts if shift.p <= SURE), default=0.0)


def answer_shifts(before: Answers, now: Answers) -> list[tuple[Kind, str, Compared]]:
    """How answers and their confidence have moved."""
    found: list[tuple[Kind, str, Compared | None]] = []
    if before.confidence is not None and now.confidence is not None:
        found.append(("answer", "answer", compare_levels(before.answers, now.answers)))
        found.append(("confidence", "confidence", compare_numbers(before.confidence, now.confidence)))
    else:
        numbers = [np.array([np.nan if one is None else float(one) for one in side.answers]) for side in (before, now)]
        found.append(("answer", "answer", compare_numbers(*numbers)))
    return [(kind, name, one) for kind, name, one in found if one is not None]
