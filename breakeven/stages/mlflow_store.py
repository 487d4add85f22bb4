"""Runs in the file store of MLflow, written without it: a folder an experiment, a folder a run, a file a metric.

Layout as in MLflow (mlflow/store/tracking/file_store.py): `meta.yaml` of experiment and run, `params/NAME`
and `tags/NAME` with the value, `metrics/NAME` with a line "milliseconds value step" for each point.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from breakeven.records.record import digest_of
from breakeven.stages.track import Track
from breakeven.store import write_bytes

FINISHED = 3
"""MLflow's number for a run that has ended well."""
LOCAL_SOURCE = 4
MOST_CHARACTERS = 500
"""Of a parameter's value, as older versions of MLflow allow."""


def write_mlflow(out: Path, experiment: str, run: str, track: Track) -> None:
    """One training as an MLflow run below `out`; the same training again replaces it."""
    number = str(int(digest_of(experiment), 16) % 10**18)
    folder = out / number
    began = int(track.begun * 1000)
    ended = began + int(1000 * max((point[1] for series in track.series for point in series.points), default=0.0))
    _meta(folder / "meta.yaml", {
        "artifact_location": folder.resolve().as_uri(), "creation_time": began, "experiment_id": number,
        "last_update_time": ended, "lifecycle_stage": "active", "name": experiment,
    })  # fmt: skip
    name = digest_of(run, track.name) + digest_of(track.name, run)
    own = folder / name
    _meta(own / "meta.yaml", {
        "artifact_uri": (own / "artifacts").resolve().as_uri(), "end_time": ended, "entry_point_name": "",
        "experiment_id": number, "lifecycle_stage": "active", "run_id": name, "run_name": track.name,
        "run_uuid": name, "source_name": "", "source_type": LOCAL_SOURCE, "source_version": "", "start_time": began,
        "status": FINISHED, "tags": [], "user_id": "breakeven",
    })  # fmt: skip
    for kind in ("artifacts", "metrics", "params", "tags"):
        (own / kind).mkdir(exist_ok=True)
    for key, value in (("mlflow.runName", track.name), ("breakeven.run", run)):
        write_bytes(own / "tags" / key, value.encode())
    for key, value in track.settings:
        write_bytes(own / "params" / _safe(key), value[:MOST_CHARACTERS].encode())
    for series in track.series:
        lines = [f"{began + int(seconds * 1000)} {value!r} {step}\n" for step, seconds, value in series.points]
        write_bytes(own / "metrics" / _safe(series.name), "".join(lines).encode())


def _safe(name: str) -> str:
    """The name with the signs alone that MLflow allows; `/` makes a folder of it."""
    return re.sub(r"[^\w./ -]", "_", name)


def _meta(file: Path, content: dict[str, str | int | list[str]]) -> None:
    """YAML, as JSON writes the values of it."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in sorted(content.items())]
    write_bytes(file, "".join(lines).encode())
