"""Whether the accuracy that is expected without any truth holds the true one, on real data after natural shifts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from answered import answered
from shifted_sets import SETS, Shifted

from breakeven.inputs.reader import read_table
from breakeven.monitoring.drift import Answers, surely_elsewhere
from breakeven.monitoring.health import Reference, compare
from breakeven.monitoring.quality import expected_accuracy
from breakeven.records.artifact import Artifact


def measure(scratch: Path) -> list[dict[str, Any]]:
    """One record a set, those that were looked at while the method was made first."""
    return [_of(one, scratch) for one in SETS]


def _of(one: Shifted, scratch: Path) -> dict[str, Any]:
    tested_answers, met_answers = answered(one, scratch)
    folder = scratch / one.name.replace(" ", "-")
    artifact = _artifact(folder)
    known = pa.concat_tables([read_table(folder / f"{part}.csv") for part in ("train", "test")])
    met = read_table(folder / "met.csv")
    then, now = (Answers(rows.column("answer").to_pylist(), rows.column("confidence").to_numpy())
                 for rows in (tested_answers, met_answers))  # fmt: skip
    right = np.asarray(tested_answers.column("right"))
    step = max(1, known.num_rows // 5_000)
    tested = Reference(known.take(list(range(0, known.num_rows, step))), then, right)
    shifts = compare(artifact.columns, tested, now, {c.name: met.column(c.name).to_pylist() for c in artifact.columns})
    elsewhere = surely_elsewhere(shifts)
    assert then.confidence is not None
    assert now.confidence is not None
    found = expected_accuracy(now.confidence, then.confidence, right, elsewhere, len(artifact.labels))
    assert found is not None
    truth = float(np.asarray(met_answers.column("right")).mean())
    return {
        "part": "quality", "set": one.name, "what": one.what, "held_out": one.held_out, "tested": float(right.mean()),
        "truth": truth, "value": found.value, "low": found.low, "high": found.high, "elsewhere": elsewhere,
        "inside": found.low <= truth <= found.high, "rows": found.rows,
        "thresholded": _thresholded(then.confidence, right, now.confidence),
        "mean_confidence": float(now.confidence.mean()),
    }  # fmt: skip


def _artifact(folder: Path) -> Artifact:
    path = folder / ".breakeven" / "releases" / "1" / "artifact" / "artifact.json"
    return Artifact.model_validate_json(path.read_bytes())


def _thresholded(then: np.ndarray, right: np.ndarray, now: np.ndarray) -> float:
    """Average thresholded confidence (Garg et al. 2022), for comparison: as many tested answers lie above the
    threshold as were right."""
    return float((now >= np.quantile(then, 1 - right.mean())).mean())
