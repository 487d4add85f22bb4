"""How many labels the queue saves against labels drawn by chance, on real texts whose labels are known.

    python benchmarks/labels/run.py --data ../shared/data --out benchmarks/labels/results.json

A model is fitted on 100 labelled rows; then, four times, 100 more of 2,000 logged rows are picked (by the queue as
`breakeven labels next` picks, by the queue without its random share, without the shares of the answers either, and by
chance), labelled with the truth, and the model is fitted again. The model is a logistic regression on TF-IDF of words
and character groups: quick to fit many times, near to the family `linear`. Accuracy is that of all test rows
(at most 1,000); three seeds.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from breakeven.inputs.reader import read_table
from breakeven.monitoring.picking import pick

SETS = ("banking77", "trec6", "agnews_small")
FIRST, STEP, ROUNDS, POOL, TESTED, SEEDS = 100, 100, 4, 2_000, 1_000, 3
Picker = Callable[[list[dict[str, str]], np.ndarray, np.ndarray, int], np.ndarray]
PICKERS: dict[str, Picker] = {
    "queue": lambda rows, sure, answers, seed: pick(rows, sure, list(answers), STEP, 0.2, seed),
    "without chance": lambda rows, sure, answers, seed: pick(rows, sure, list(answers), STEP, 0.0, seed),
    "without shares": lambda rows, sure, answers, seed: pick(rows, sure, [""] * len(rows), STEP, 0.0, seed),
    "chance": lambda rows, sure, answers, seed: np.random.default_rng(seed).choice(len(rows), STEP, replace=False),
}


def read(folder: Path, part: str, most: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Texts and labels (n,) of a part, drawn by a seed where there are more than `most`."""
    table = read_table(folder / f"{part}.csv.gz")
    texts, labels = table.column("text").to_pylist(), table.column("label").to_pylist()
    order = np.random.default_rng(seed).permutation(len(texts))[:most]
    return [texts[place] or "" for place in order], np.array([labels[place] for place in order])


def vectors(texts: list[str], others: list[str]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    words = TfidfVectorizer(sublinear_tf=True, max_features=15_000)
    signs = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, max_features=15_000)
    first = sparse.hstack([words.fit_transform(texts), signs.fit_transform(texts)]).tocsr()
    return first, sparse.hstack([words.transform(others), signs.transform(others)]).tocsr()


def curve(picker: Picker, pool: tuple[Any, Any, Any], test: tuple[Any, Any], seed: int) -> list[float]:
    """Accuracy on the test rows after each round, the first before any was picked."""
    texts, matrix, labels = pool
    chance = np.random.default_rng(seed)
    known = chance.choice(len(texts), FIRST, replace=False)
    scores = []
    for round_ in range(ROUNDS + 1):
        model = LogisticRegression(C=10, max_iter=30, tol=1e-2).fit(matrix[known], labels[known])
        scores.append(float((model.predict(test[0]) == test[1]).mean()))
        left = np.setdiff1d(np.arange(len(texts)), known)
        likely = model.predict_proba(matrix[left])
        answers = model.classes_[likely.argmax(axis=1)]
        chosen = picker([{"text": texts[place]} for place in left], likely.max(axis=1), answers, seed * 100 + round_)
        known = np.concatenate([known, left[chosen]])
    return scores


def labels_for(score: float, by_chance: np.ndarray) -> float | None:
    """How many labels drawn by chance give this accuracy, read between the rounds; None beyond the last."""
    counts = FIRST + STEP * np.arange(ROUNDS + 1)
    rising = np.maximum.accumulate(by_chance)
    return float(np.interp(score, rising, counts)) if score <= rising[-1] else None


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)  # near enough to rank rows by
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results.json"))
    wanted, found, begun = parser.parse_args(), {}, time.monotonic()
    for name in SETS:
        scores: dict[str, list[list[float]]] = {picker: [] for picker in PICKERS}
        for seed in range(SEEDS):
            texts, labels = read(wanted.data / name, "train", POOL, seed)
            tested, truth = read(wanted.data / name, "test", TESTED, seed)
            matrix, other = vectors(texts, tested)
            for picker, choose in PICKERS.items():
                scores[picker].append(curve(choose, (texts, matrix, labels), (other, truth), seed))
        means = {picker: np.mean(runs, axis=0) for picker, runs in scores.items()}
        found[name] = {"accuracy": {picker: [round(x, 4) for x in mean] for picker, mean in means.items()},
                       "runs": scores,
                       "labels_by_chance_for_the_last": {
                           picker: labels_for(float(mean[-1]), means["chance"]) for picker, mean in means.items()}}
        print(name, json.dumps(found[name]["accuracy"]), found[name]["labels_by_chance_for_the_last"],
              f"{time.monotonic() - begun:.0f} s", flush=True)
    wanted.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
