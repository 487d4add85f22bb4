"""How many labels the queue saves against labels drawn by chance, on real texts whose labels are known.

    python benchmarks/labels/run.py --data ../shared/data --out benchmarks/labels/results.json

A model is fitted on 100 labelled rows; then, five times, 100 more of 3,000 logged rows are picked (by the queue as
`breakeven labels next` picks, with a fifth by chance in the place of a half, by what is unsure and far apart alone, and
by chance), labelled with the truth, and the model is fitted again. The model is ridge regression on TF-IDF of words
and character groups: exact, quick to fit many times, near to the family `linear`. Accuracy is that of all test rows
(at most 2,000); three seeds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from breakeven.inputs.reader import read_table
from breakeven.monitoring.picking import pick

SETS = ("banking77", "trec6", "agnews_small")
FIRST, STEP, ROUNDS, POOL, TESTED, SEEDS = 100, 100, 5, 3_000, 2_000, 3
PENALTY, SHARPNESS = 0.2, 5.0
Picker = Callable[[list[dict[str, str]], np.ndarray, np.ndarray, int], np.ndarray]
PICKERS: dict[str, Picker] = {
    "queue": lambda rows, sure, answers, seed: pick(rows, sure, list(answers), STEP, 0.5, seed),
    "a fifth by chance": lambda rows, sure, answers, seed: pick(rows, sure, list(answers), STEP, 0.2, seed),
    "unsure alone": lambda rows, sure, answers, seed: pick(rows, sure, [""] * len(rows), STEP, 0.0, seed),
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


def fitted(rows: sparse.csr_matrix, labels: np.ndarray, *others: sparse.csr_matrix) -> tuple[np.ndarray, ...]:
    """Ridge regression on the labels, solved exactly among the rows (n is small): the classes, and for each of the
    other matrices how probable they are, by a softmax that leaves their order."""
    classes, codes = np.unique(labels, return_inverse=True)
    kernel = (rows @ rows.T).toarray()
    weights = np.linalg.solve(kernel + PENALTY * np.eye(len(codes)), np.eye(len(classes))[codes])
    found = []
    for other in others:
        raised = np.exp(SHARPNESS * ((other @ rows.T) @ weights))
        found.append(raised / raised.sum(axis=1, keepdims=True))
    return classes, *found


def curve(picker: Picker, pool: tuple[Any, Any, Any], test: tuple[Any, Any], seed: int) -> list[float]:
    """Accuracy on the test rows after each round, the first before any was picked."""
    texts, matrix, labels = pool
    chance = np.random.default_rng(seed)
    known = chance.choice(len(texts), FIRST, replace=False)
    scores = []
    for round_ in range(ROUNDS + 1):
        left = np.setdiff1d(np.arange(len(texts)), known)
        classes, likely, tested = fitted(matrix[known], labels[known], matrix[left], test[0])
        scores.append(float((classes[tested.argmax(axis=1)] == test[1]).mean()))
        answers = classes[likely.argmax(axis=1)]
        chosen = picker([{"text": texts[place]} for place in left], likely.max(axis=1), answers, seed * 100 + round_)
        known = np.concatenate([known, left[chosen]])
    return scores


def labels_for(score: float, accuracy: np.ndarray) -> float | None:
    """With how many labels a way reaches this accuracy, read between the rounds; None if it does not."""
    counts = FIRST + STEP * np.arange(ROUNDS + 1)
    rising = np.maximum.accumulate(accuracy)
    return float(np.interp(score, rising, counts)) if score <= rising[-1] else None


def main() -> None:
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
                       "labels_for_what_chance_reaches_at_last": {
                           picker: labels_for(float(means["chance"][-1]), mean) for picker, mean in means.items()}}
        print(name, json.dumps(found[name]["accuracy"]), found[name]["labels_for_what_chance_reaches_at_last"],
              f"{time.monotonic() - begun:.0f} s", flush=True)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in found.items())
    wanted.out.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
