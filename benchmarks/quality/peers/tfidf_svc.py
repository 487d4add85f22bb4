"""scikit-learn: TF-IDF of words (1-2) and characters, LinearSVC with its C by cross-validation.

Characters in words (2-5); where the texts are Chinese, characters as they stand (1-3), which measures better there.
"""

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


def features(texts: pd.Series) -> FeatureUnion:
    """Words and pieces of words; in Chinese no blank parts the words."""
    chinese = texts.str.contains("[\u4e00-\u9fff]").mean() > 0.5
    pieces = {"analyzer": "char", "ngram_range": (1, 3)} if chinese else {"analyzer": "char_wb", "ngram_range": (2, 5)}
    return FeatureUnion([
        ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
        ("characters", TfidfVectorizer(**pieces, sublinear_tf=True)),
    ])


def fit(job: Job, rows: pd.DataFrame) -> Any:
    union = features(rows[job.input])
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
