"""Features for peers that only take numbers: of texts the TF-IDF of tfidf_svc.py, of tables the columns as they are."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from job import Job
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

MOST = 10_000
"""Trees look at every column: of words and of characters only so many n-grams are kept, the most frequent ones."""


class Vectors:
    """Fitted on the known rows: `Vectors(job, rows)` for `vectors(rows)`."""

    def __init__(self, job: Job, rows: pd.DataFrame) -> None:
        self.input = job.input
        self.union: FeatureUnion | None = None
        self.categories: dict[str, Any] = {}
        if job.input:
            self.union = _union().fit(rows[job.input])
        else:
            words = rows.drop(columns=job.answer).select_dtypes(exclude="number")
            self.categories = {name: words[name].astype("category").dtype for name in words}

    def __call__(self, rows: pd.DataFrame) -> Any:
        if self.union is not None:
            return self.union.transform(rows[self.input]).astype("float32")
        return rows.astype(self.categories).rename(columns=lambda name: re.sub(r"\W", "_", name))


def _union() -> FeatureUnion:
    return FeatureUnion([
        ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=MOST)),
        ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=MOST)),
    ])
