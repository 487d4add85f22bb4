"""What a run's trainings came to, in the formats of other tools: losses, tokens a second, learning rates, scores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.records.curve import Curve
from breakeven.records.job import Result
from breakeven.records.run import Run, Rung
from breakeven.stages.mlflow_store import write_mlflow
from breakeven.stages.tensorboard_events import write_events
from breakeven.stages.track import Series, Track
from breakeven.store import Store

PLACES = ("compose", "docker", "kubernetes", "ray-serve")
"""Where releases are exported to (serving/deploy)."""


def export_run(store: Store, run: Run, to: str, out: Path) -> int:
    """Write a finished run for a tool of FORMATS below `out`; returns how many trainings and rungs were written.

    Raises UsageError for a tool that is not known, StorageError.
    """
    if to not in FORMATS:
        known = (*sorted(FORMATS), *PLACES)
        raise UsageError(say("{name} is nothing that is exported to", name=to), "--to",
                         say("known: {names}", names=known))  # fmt: skip
    tracks = [track for rung in run.rungs if rung.outcome == "trained" for track in tracks_of(store, run, rung)]
    for track in tracks:
        FORMATS[to](out, run, track)
    return len(tracks)


def tracks_of(store: Store, run: Run, rung: Rung) -> list[Track]:
    """The rung with its scores and its bill, and each training of a net with its curve."""
    begun = datetime.fromisoformat(run.created).timestamp() - run.seconds
    result = store.read(Result, store.folder / rung.folder / "result.json")
    settings = tuple((name, str(value)) for name, value in sorted(result.values.items())) if result else ()
    whole = Track(rung.name, begun, (*_scores(rung), *_bill(rung)), settings)
    curves = result.curves if result else ()
    return [whole, *(Track(f"{rung.name}/{curve.name}", begun, series_of(curve)) for curve in curves)]


def _scores(rung: Rung) -> list[Series]:
    found = rung.evaluation.scores if rung.evaluation else ()
    return [Series(f"validation/{each.metric}", ((0, 0.0, each.value),)) for each in found if each.value is not None]


def _bill(rung: Rung) -> list[Series]:
    if rung.bill is None:
        return []
    values = {"seconds": rung.bill.seconds, "peak_bytes": float(rung.bill.peak_bytes), "usd": rung.bill.usd}
    return [Series(f"bill/{name}", ((0, 0.0, value),)) for name, value in values.items() if value is not None]


def series_of(curve: Curve) -> tuple[Series, ...]:
    """Loss, learning rate and tokens a second of a training, and its loss on held-out rows where it looked."""
    points = curve.points
    rates = [(point, curve.tokens_per_second(place)) for place, point in enumerate(points)]
    seconds = {point.step: point.seconds for point in points}
    series = (
        Series("train/loss", tuple((point.step, point.seconds, point.loss) for point in points)),
        Series("train/learning_rate", tuple((point.step, point.seconds, point.learning_rate) for point in points)),
        Series("train/tokens_per_second", tuple((each.step, each.seconds, rate) for each, rate in rates if rate)),
        Series("held_out/loss", tuple((look.step, _at(seconds, look.step), look.loss) for look in curve.looks)),
    )
    return tuple(each for each in series if each.points)


def _at(seconds: dict[int, float], step: int) -> float:
    """The seconds at a step, or at the last point before it."""
    return max((value for known, value in seconds.items() if known <= step), default=0.0)


FORMATS: dict[str, Callable[[Path, Run, Track], None]] = {
    "tensorboard": lambda out, run, track: write_events(out / track.name, track),
    "mlflow": lambda out, run, track: write_mlflow(out, run.project.product.name, run.id, track),
}
