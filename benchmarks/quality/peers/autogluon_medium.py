"""AutoGluon with the preset of medium quality; it holds out its own validation rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from autogluon.tabular import TabularPredictor
from job import Answers, Job, run_peer


def fit(job: Job, rows: pd.DataFrame) -> Any:
    predictor = TabularPredictor(job.answer, eval_metric=job.metric, path=str(Path(job.folder) / "artifact"))
    return predictor.fit(rows, presets="medium_quality", time_limit=job.seconds, num_cpus=job.cores, num_gpus=0)


def save(model: Any, folder: Path) -> None:
    """Nothing to do: it saves itself while it trains."""


def answer(model: Any, job: Job, rows: pd.DataFrame) -> Answers:
    if job.kind == "text":
        return model.predict(rows), None
    scores = model.predict_proba(rows)
    return scores.idxmax(axis=1), scores[job.positive]


if __name__ == "__main__":
    run_peer(("autogluon.tabular", "torch", "lightgbm", "catboost", "xgboost-cpu", "fastai"), fit, save, answer)
