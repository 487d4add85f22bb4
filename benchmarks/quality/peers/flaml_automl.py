"""FLAML: it searches learners and settings until its seconds are spent; texts as TF-IDF."""

from __future__ import annotations

import pickle  # noqa: TID251 - how this peer's users keep a model
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from flaml import AutoML
from job import Answers, Job, run_peer
from vectors import Vectors


def fit(job: Job, rows: pd.DataFrame) -> Any:
    vectors = Vectors(job, rows)
    names, target = np.unique(rows[job.answer].to_numpy(), return_inverse=True)  # one of its learners takes no strings
    search = AutoML()
    search.fit(
        vectors(rows.drop(columns=job.answer)), target, task="classification",
        metric=job.metric, time_budget=job.seconds, n_jobs=job.cores, seed=job.seed, verbose=0,
    )
    return vectors, names, search


def save(model: Any, folder: Path) -> None:
    folder.mkdir()
    (folder / "model.pickle").write_bytes(pickle.dumps(model))


def answer(model: Any, job: Job, rows: pd.DataFrame) -> Answers:
    vectors, names, search = model
    scores = search.predict_proba(vectors(rows))
    return names[scores.argmax(axis=1)].tolist(), scores[:, list(names).index(job.positive)] if job.positive else None


if __name__ == "__main__":
    run_peer(("FLAML", "lightgbm", "xgboost-cpu", "catboost", "scikit-learn"), fit, save, answer)
