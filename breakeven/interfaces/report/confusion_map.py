"""The confusion matrix as a heat map, and the pairs of classes that are taken for each other most."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from breakeven.interfaces.report.svg import WIDTH, element, fitted, picture, titled
from breakeven.interfaces.report.voice import Subject
from breakeven.records.evaluation import Confusion

MOST_WITH_NUMBERS = 14
MOST_DRAWN = 60
"""With more classes squares are too small to be seen: then only the pairs are told."""
MOST_PAIRS = 12


@dataclass(frozen=True)
class Pair:
    """A class that was answered as another one, how often, and as which part of its rows."""

    truth: str
    answer: str
    count: int
    share: float


def worst_pairs(confusion: Confusion) -> list[Pair]:
    """The most frequent confusions, by count."""
    found = []
    for truth, row in zip(confusion.labels, confusion.counts, strict=True):
        rows = sum(row)
        for answer, count in zip(confusion.labels, row, strict=True):
            if count and answer != truth:
                found.append(Pair(truth, answer, count, count / rows))
    return sorted(found, key=lambda pair: (-pair.count, -pair.share))[:MOST_PAIRS]


def confusion_map(confusion: Confusion, subject: Subject) -> Markup | None:
    """Rows are the truth, columns the answers; darker is a larger part of the row. None with too many classes."""
    count = len(confusion.labels)
    if count == 0 or count > MOST_DRAWN:
        return None
    names = count <= MOST_DRAWN // 2
    left, top = (190, 120) if names else (40, 40)
    size = min(46.0, (WIDTH - left - 20) / count)
    parts = _names(confusion.labels, left, top, size) if names else []
    parts.append(element("text", subject.voice.say("answer →"), x=left, y=14, class_="axis"))
    parts.append(element("text", subject.voice.say("truth ↓"), x=left - 10, y=top - 8, class_="axis end"))
    for number, row in enumerate(confusion.counts):
        parts += _row(confusion.labels, number, row, left, top + number * size, size, count <= MOST_WITH_NUMBERS)
    return picture(parts, top + size * count + 10, subject.voice.say("confusion matrix"))


def _names(labels: tuple[str, ...], left: float, top: float, size: float) -> list[str]:
    parts = []
    for number, label in enumerate(labels):
        middle = (number + 0.5) * size
        parts.append(element("text", fitted(label, left - 24), x=left - 10, y=top + middle + 4, class_="tick end"))
        x, y = left + middle + 4, top - 8
        turn = f"rotate(-50 {x:.1f} {y:.1f})"
        parts.append(element("text", fitted(label, 128), x=x, y=y, transform=turn, class_="tick"))
    return parts


def _row(labels: tuple[str, ...], true: int, row: tuple[int, ...], left: float, y: float, size: float,
         numbers: bool) -> list[str]:
    rows, parts = sum(row) or 1, []
    for number, count in enumerate(row):
        share, x = count / rows, left + number * size
        kind = "right" if number == true else "wrong"
        cell = {"x": x, "y": y, "width": size - 1, "height": size - 1}
        parts.append(element("rect", "", **cell, class_="empty"))
        if count:
            words = f"{labels[true]} → {labels[number]}: {count}"
            parts.append(titled("rect", words, **cell, fill_opacity=0.12 + 0.88 * share, class_=kind))
        if count and numbers:
            dark = " on-dark" if share > 0.55 else ""
            parts.append(element("text", str(count), x=x + size / 2, y=y + size / 2 + 4, class_=f"tick middle{dark}"))
    return parts
