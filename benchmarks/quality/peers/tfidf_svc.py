"""scikit-learn: TF-IDF of words (1-2) and characters in words (2-5), LinearSVC with its C by cross-validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from job import Answers, Job, run_peer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

STRENGTHS = [0.1, 0.3, 1.0, 3.0]
FOLDS = 3


def features() -> FeatureUnion:
    """Words and pieces of words; the pieces read Chinese, where no blank parts the words."""
    return FeatureUnion([
        ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
        ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)),
    ])


def fit(job: Job, rows: pd.DataFrame) -> Any:
    union = features()
    vectors = union.fit_transform(rows[job.input])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=job.seed)
    search = GridSearchCV(LinearSVC(random_state=job.seed), {"C": STRENGTHS}, cv=folds, n_jobs=job.cores)
    search.fit(vectors, rows[job.answer])
    return union, search.best_estimator_


def save(model: Any, folder: Path) -> None:
    folder.mkdir()
    joblib.dump(model, folder / "model.joblib")  # noqa: TID251 - how this peer's users keep a model


def answer(model: Any, job: Job, rows: pd.DataFrame) -> Answers:
    union, classifier = model
    return classifier.predict(union.transform(rows[job.input])), None


if __name__ == "__main__":
    run_peer(("scikit-learn",), fit, save, answer)
