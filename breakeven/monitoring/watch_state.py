"""The series of a watch, as they begin and as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.monitoring.change import Detector, Side, Usual
from breakeven.monitoring.running import Series, Weighted
from breakeven.records.artifact import Artifact


def series_of(artifact: Artifact, labels: Sequence[str], about: Sequence[str], shift: float,
              items_a_false_alarm: float) -> list[Series]:  # fmt: skip
    """A series for every label, or the number, and every word; the false alarms are shared out among them.

    Raises UsageError for a label that the release does not give.
    """
    known = [str(label) for label in artifact.labels]
    unknown = [label for label in labels if label not in known]
    if unknown:
        raise UsageError(say("the release gives no label {name}", name=unknown[0]), "--label",
                         say("it gives: {names}", names=known))
    followed = list(labels) or known or [""]
    words = list(about) or [""]
    each = items_a_false_alarm * len(followed) * len(words)
    return [Series(word, label, Detector(shift, each, two_valued=bool(label))) for word in words for label in followed]


def series_kept(series: Series) -> dict[str, Any]:
    """A series as JSON. What was never begun (a sum of nothing) is null."""
    kept = asdict(series)
    for side in kept["detector"]["sides"]:
        side["log_sum"] = None if side["log_sum"] == float("-inf") else side["log_sum"]
    return kept


def series_from(kept: dict[str, Any]) -> Series:
    """A series as it was kept."""
    found = kept["detector"]
    sides = [Side(**side | {"log_sum": float("-inf") if side["log_sum"] is None else side["log_sum"]})
             for side in found["sides"]]  # fmt: skip
    usual = Usual(**found["usual"]) if found["usual"] else None
    detector = Detector(**found | {"usual": usual, "sides": sides})
    scale = tuple(kept["scale"]) if kept["scale"] else None
    return Series(**kept | {"detector": detector, "weighted": Weighted(**kept["weighted"]), "scale": scale})
