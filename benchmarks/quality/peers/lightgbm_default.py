"""LightGBM as it comes: its default settings, categories as categories, texts as TF-IDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from job import Answers, Job, run_peer
from lightgbm import LGBMClassifier
from vectors import Vectors


def fit(job: Job, rows: pd.DataFrame) -> Any:
    vectors = Vectors(job, rows)
    trees = LGBMClassifier(n_jobs=job.cores, random_state=job.seed, verbose=-1)
    return vectors, trees.fit(vectors(rows.drop(columns=job.answer)), rows[job.answer])


def save(model: Any, folder: Path) -> None:
    folder.mkdir()
    model[1].booster_.save_model(folder / "model.txt")


def answer(model: Any, job: Job, rows: pd.DataFrame) -> Answers:
    vectors, trees = model
    scores = trees.predict_proba(vectors(rows))
    labels = trees.classes_[scores.argmax(axis=1)]
    return labels, scores[:, list(trees.classes_).index(job.positive)] if job.positive else None


if __name__ == "__main__":
    run_peer(("lightgbm", "scikit-learn"), fit, save, answer)
