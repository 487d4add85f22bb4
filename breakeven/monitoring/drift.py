"""Whether what comes in, or goes out, has become another: an effect size, and how sure it is.

Numbers are compared by the Kolmogorov-Smirnov distance, categories by the total variation distance; both lie between
0 and 1. How sure a difference is tells the p-value of the KS test, or of the chi-squared test; those of all
comparisons together are corrected by Benjamini and Hochberg (1995). An alarm needs rows enough, a sure difference
and a large one, so that no alarm comes from the number of rows alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from breakeven.core.words import Message, say
from breakeven.records.dataset import Column
from breakeven.records.health import Shift
from breakeven.records.record import MessageRecord

FEWEST_ROWS = 100
"""Fewer are not compared: chance alone makes large effects of them."""
SURE = 0.001
LARGE = {"answer": 0.1, "confidence": 0.1, "column": 0.1, "text": 0.1}
"""The smallest effect of each kind that is worth an alarm, as a share of the rows that are elsewhere now."""
MOST_LEVELS = 30
MISSING, THERE = "—", "✓"


@dataclass(frozen=True)
class Compared:
    """The distance of two samples, how sure it is, and how each is told to people."""

    effect: float
    p: float
    rows: int
    before: Message
    now: Message


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


# --- what is compared ----------------------------------------------------------------------------------------

TEXT_FEATURES: dict[str, Callable[[str], float]] = {
    "characters": lambda text: float(len(text)),
    "words": lambda text: float(len(text.split())),
    "chinese": lambda text: sum("一" <= sign <= "鿿" for sign in text) / max(1, len(text)),
    "digits": lambda text: sum(sign.isdigit() for sign in text) / max(1, len(text)),
    "capitals": lambda text: sum(sign.isupper() for sign in text) / max(1, len(text)),
}
"""What of a text is compared; its words are, beside these, as the share that the tested texts never had."""


Cells = Sequence[str | None]


def column_shifts(column: Column, before: Cells, now: Cells) -> list[tuple[str, Compared]]:
    """All comparisons of one input column: its values, whether it is missing, and what its texts are like."""
    found = [("missing", _missing(before, now))]
    if column.kind == "number":
        found.append(("", compare_numbers(_numbers(before), _numbers(now))))
    elif column.kind == "category":
        found.append(("", compare_levels(before, now)))
    elif column.kind == "text":
        found += _texts([cell or "" for cell in before], [cell or "" for cell in now])
    return [(name, compared) for name, compared in found if compared is not None]


def _missing(before: Sequence[str | None], now: Sequence[str | None]) -> Compared | None:
    return compare_levels(*([None if cell is None else THERE for cell in cells] for cells in (before, now)))


def _numbers(cells: Sequence[str | None]) -> np.ndarray:
    from breakeven.outputs.number import read_number

    return np.array([read_number(cell) for cell in cells], float)


def _texts(before: Sequence[str], now: Sequence[str]) -> list[tuple[str, Compared | None]]:
    found = [
        (name, compare_numbers(np.array([feature(text) for text in before]), np.array([feature(t) for t in now])))
        for name, feature in TEXT_FEATURES.items()
    ]
    half = len(before) // 2  # words are learned on one half of the tested texts, and the other half is the measure
    known = {word for text in before[:half] for word in _words(text)}
    return [*found, ("new words", compare_numbers(_strange(before[half:], known), _strange(now, known)))]


def _words(text: str) -> list[str]:
    """Words between blanks, and each Chinese character."""
    parts = "".join(f" {sign} " if "一" <= sign <= "鿿" else sign for sign in text.lower()).split()
    return [part.strip(".,;:!?\"'()[]") for part in parts]


def _strange(texts: Sequence[str], known: set[str]) -> np.ndarray:
    """Of each text the share of words that are not known."""
    parts = [_words(text) for text in texts]
    return np.array([np.mean([word not in known for word in words]) if words else np.nan for words in parts], float)


TITLES = {
    "characters": say("characters"), "words": say("words"), "chinese": say("share of Chinese characters"),
    "digits": say("share of digits"), "capitals": say("share of capitals"), "new words": say("share of new words"),
    "missing": say("missing cells"), "answer": say("answer"), "confidence": say("confidence"),
}  # fmt: skip


def title_of(name: str) -> Message:
    """What people call a comparison: `message: share of digits`, a column's own name, or the answer."""
    column, _, feature = name.rpartition(": ")
    if not column:
        return TITLES[name] if name in ("answer", "confidence") else say("{column}", column=name)
    return say("{column}: {what}", column=column, what=TITLES.get(feature, say("{feature}", feature=feature)))


# --- all together --------------------------------------------------------------------------------------------

Kind = Literal["answer", "confidence", "column", "text"]


def shifts_of(compared: Sequence[tuple[Kind, str, Compared]]) -> tuple[Shift, ...]:
    """The comparisons with corrected p-values, the largest effect first; which are alarms."""
    corrected = stats.false_discovery_control([one.p for _, _, one in compared]) if compared else []
    found = [
        Shift(kind=kind, name=name, effect=one.effect, p=float(p), rows=one.rows,
              alarm=bool(one.effect >= LARGE[kind] and p <= SURE),
              before=MessageRecord.of(one.before), now=MessageRecord.of(one.now))
        for (kind, name, one), p in zip(compared, corrected, strict=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda shift: -shift.effect))


def answer_shifts(before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> list[tuple[Kind, str, Compared]]:
    """How answers and their confidence have moved; each row has `answer` and `confidence`."""
    found: list[tuple[Kind, str, Compared | None]] = []
    if all(row["confidence"] is not None for row in (*before[:1], *now[:1])):
        found.append(("answer", "answer", compare_levels([r["answer"] for r in before], [r["answer"] for r in now])))
        confident = [np.array([row["confidence"] for row in rows], float) for rows in (before, now)]
        found.append(("confidence", "confidence", compare_numbers(*confident)))
    else:
        numbers = [_numbers([row["answer"] for row in rows]) for rows in (before, now)]
        found.append(("answer", "answer", compare_numbers(*numbers)))
    return [(kind, name, one) for kind, name, one in found if one is not None]
