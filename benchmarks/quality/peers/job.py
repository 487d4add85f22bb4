"""What every peer has in common: read the job, fit on the known rows, save, answer the test rows, tell how it went.

A peer gives three functions: `fit(job, rows) -> model`, `save(model, folder)` and
`answer(model, rows) -> (labels, score of the positive class or None)`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

Answers = tuple[Sequence[Any], Sequence[float] | None]


@dataclass(frozen=True)
class Job:
    """One set for one tool. `started` is the clock when its process was started, so that imports count."""

    kind: str
    known: list[str]
    test: str
    input: str | None
    answer: str
    drop: list[str]
    positive: str
    metric: str
    seconds: float
    seed: int
    cores: int
    folder: str
    started: float

    def rows(self, files: list[str]) -> pd.DataFrame:
        """The columns that may be read, and the answer. In texts "NA" is a word, in tables an empty cell is missing."""
        options: dict[str, Any] = {"keep_default_na": False} if self.kind == "text" else {}
        table = pd.concat([pd.read_csv(file, **options) for file in files], ignore_index=True)
        columns = [self.input, self.answer] if self.input else [c for c in table if c not in self.drop]
        return table[columns].astype({self.answer: str})


def run_peer(
    packages: Sequence[str],
    fit: Callable[[Job, pd.DataFrame], Any],
    save: Callable[[Any, Path], None],
    answer: Callable[[Any, Job, pd.DataFrame], Answers],
) -> None:
    """The whole life of a peer's process. Leaves `answers.csv`, `artifact/` and `result.json` in the job's folder."""
    job = Job(**json.loads(Path(sys.argv[1]).read_text()))
    folder = Path(job.folder)
    model = fit(job, job.rows(job.known))
    save(model, folder / "artifact")
    ready = time.time() - job.started
    labels, scores = answer(model, job, job.rows([job.test]).drop(columns=job.answer))
    written = pd.DataFrame({"label": list(labels)})
    if scores is not None:
        written["score"] = list(scores)
    written.to_csv(folder / "answers.csv", index=False)
    told = {"ready_seconds": ready, "versions": {name: version(name) for name in packages}}
    (folder / "result.json").write_text(json.dumps(told))
