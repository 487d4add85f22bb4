"""Splits and folds: nothing on two sides, nothing lost, the same seed the same rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import DataError, ProjectError
from breakeven.inputs.split import FEW, MOST, make_folds, split_rows
from breakeven.records.dataset import Dataset
from breakeven.records.project import Data

SEEDS = st.integers(0, 1000)


def table(answers: list[str | None], **columns: list[str | None]) -> pa.Table:
    text = {name: pa.array(cells, pa.large_string()) for name, cells in {"answer": answers, **columns}.items()}
    return pa.table({**text, "_row": pa.array(range(1, len(answers) + 1), pa.int64())})


def data(**settings: object) -> Data:
    return Data(train="rows.csv", answer="answer", **settings)


def rows_of(parts: dict[str, pa.Table]) -> dict[str, list[int]]:
    return {part: rows.column("_row").to_pylist() for part, rows in parts.items()}


def dataset(train: int, validation: int, folds: int = 5, seed: int = 0) -> Dataset:
    return Dataset(digest="0", folder="", task="sentiment", columns=(), answer="answer", folds=folds, seed=seed,
                   rows={"train": train, "validation": validation, "test": 0}, split="stratified")


def drawn(rows: int, seed: int, classes: int = 5) -> list[str]:
    """Answers of which some are common and some are rare."""
    generator = np.random.default_rng(seed)
    chances = 1.0 / np.arange(1, classes + 1) ** 2
    return [f"c{c}" for c in generator.choice(classes, rows, p=chances / chances.sum())]


@pytest.mark.parametrize("way", ["stratified", "random", "group", "time"])
@given(rows=st.integers(12, 400), seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_every_row_goes_to_one_part_and_the_seed_decides_which(way: str, rows: int, seed: int) -> None:
    source = table(drawn(rows, seed), who=[str(i % 9) for i in range(rows)], when=[str(i) for i in range(rows)])
    project = data(split=way, group="who", time="when", seed=seed)
    found = split_rows({"train": source}, project)
    parts = rows_of(found.parts)
    assert sorted(row for part in parts.values() for row in part) == list(range(1, rows + 1))
    assert all(part == sorted(part) and part for part in parts.values())
    assert parts == rows_of(split_rows({"train": source}, project).parts)
    assert found.way == way
    assert all(str(sentence) for sentence in found.why)


def test_another_seed_gives_another_split() -> None:
    source = table(drawn(100, 0))
    one, two = (rows_of(split_rows({"train": source}, data(seed=seed)).parts) for seed in (0, 1))
    assert one != two


@given(rows=st.integers(30, 400), seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_stratified_keeps_the_share_of_each_class(rows: int, seed: int) -> None:
    answers = drawn(rows, seed)
    parts = split_rows({"train": table(answers)}, data(split="stratified", seed=seed)).parts
    whole, test = Counter(answers), Counter(parts["test"].column("answer").to_pylist())
    splittable = sum(count for count in whole.values() if count >= 3)
    for label, count in whole.items():
        expected = parts["test"].num_rows * count / splittable if count >= 3 else 0
        assert abs(test[label] - expected) <= 1
    assert set(parts["train"].column("answer").to_pylist()) == set(answers)


def test_classes_of_one_or_two_rows_go_to_training() -> None:
    answers = ["a"] * 40 + ["b"] * 40 + ["once"] + ["twice"] * 2
    parts = split_rows({"train": table(answers)}, data(split="stratified")).parts
    kept = Counter(parts["train"].column("answer").to_pylist())
    assert kept["once"] == 1
    assert kept["twice"] == 2


def test_answers_that_are_nearly_all_different_are_split_at_random() -> None:
    found = split_rows({"train": table([str(i) for i in range(50)])}, data(split="stratified"))
    assert found.way == "random"
    assert found.parts["test"].num_rows == 8


@given(groups=st.lists(st.integers(0, 12), min_size=20, max_size=200), seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_no_group_is_on_two_sides(groups: list[int], seed: int) -> None:
    source = table(["x"] * len(groups), who=[f"g{g}" if g else None for g in groups])
    try:
        parts = split_rows({"train": source}, data(group="who", seed=seed)).parts
    except DataError:
        assert len(set(groups) - {0}) + groups.count(0) < 3
        return
    sides = [set(part.column("who").to_pylist()) - {None} for part in parts.values()]
    assert sum(map(len, sides)) == len(set.union(*sides))


def test_the_newest_rows_are_the_test_and_a_tie_stays_on_one_side() -> None:
    days = [f"2025-01-{1 + i // 5:02d}" for i in range(100)]
    order = np.random.default_rng(0).permutation(100)
    source = table(["x"] * 100, day=[days[i] for i in order])
    found = split_rows({"train": source}, data(time="day"))
    train, validation, test = (found.parts[p].column("day").to_pylist() for p in ("train", "validation", "test"))
    assert max(train) < min(validation) <= max(validation) < min(test)
    assert len(test) == 15
    assert found.folds == 1


def test_times_are_compared_as_times_and_not_as_text() -> None:
    days = ["9/1/2025", "10/1/2025", "2/1/2026", "11/30/2025", None, "12/1/2025", "8/1/2025"]
    parts = split_rows({"train": table(["x"] * 7, day=days)}, data(time="day")).parts
    assert parts["test"].column("day").to_pylist() == ["2/1/2026"]
    assert None in parts["train"].column("day").to_pylist()


@pytest.mark.parametrize(("columns", "settings"), [
    ({"day": ["soon"] * 20}, {"time": "day"}),
    ({"day": ["2025-01-01"] * 20}, {"time": "day"}),
    ({"who": ["me"] * 20}, {"group": "who"}),
    ({}, {"split": "time"}),
    ({}, {"split": "group"}),
])
def test_what_cannot_be_split_is_refused(columns: dict[str, list[str]], settings: dict[str, str]) -> None:
    with pytest.raises((DataError, ProjectError)):
        split_rows({"train": table(["x"] * 20, **columns)}, data(**settings))


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_rows_are_refused(rows: int) -> None:
    with pytest.raises(DataError):
        split_rows({"train": table(["x"] * rows)}, data())


def test_given_parts_stay_as_they_are() -> None:
    parts = {"train": table(["a", "b"] * 50), "validation": table(["a", "b"] * 5), "test": table(["b"])}
    found = split_rows(parts, data())
    assert found.parts == parts
    assert found.way == "given"
    only_test = split_rows({"train": parts["train"], "test": parts["test"]}, data(), "stratified")
    assert only_test.parts["test"] == parts["test"]
    assert [only_test.parts[p].num_rows for p in ("train", "validation")] == [85, 15]


def test_folds_when_rows_are_few() -> None:
    few, many = table(["a", "b"] * 3000), table(["a", "b"] * 40_000)
    assert split_rows({"train": few}, data()).folds == 5
    assert split_rows({"train": many}, data()).folds == 1
    assert split_rows({"train": many.slice(0, 20_000), "validation": few.slice(0, 500)}, data()).folds == 5
    assert split_rows({"train": many, "validation": few.slice(0, 500)}, data()).folds == 1
    capped = split_rows({"train": many}, data())
    assert [capped.parts[p].num_rows for p in ("validation", "test")] == [MOST, MOST]
    assert FEW >= 10_000


# --- folds


@given(rows=st.integers(6, 300), classes=st.integers(2, 6), seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_folds_score_every_row_once_by_models_that_did_not_see_it(rows: int, classes: int, seed: int) -> None:
    target = np.random.default_rng(seed).integers(0, classes, rows)
    folds = make_folds(dataset(rows, 0, seed=seed), target)
    scored = np.concatenate([score for _, score in folds])
    counts = np.bincount(target, minlength=classes)
    alone = counts[target] == 1
    assert len(scored) == len(set(scored.tolist()))
    assert set(np.flatnonzero(~alone)) <= set(scored.tolist())
    for fit, score in folds:
        assert not set(fit.tolist()) & set(score.tolist())
        assert len(fit) + len(score) == rows
        assert max(np.bincount(target[score], minlength=classes) * len(folds) - counts) < len(folds)


def test_same_seed_same_folds() -> None:
    target = np.random.default_rng(0).integers(0, 3, 100)
    one, again, other = (make_folds(dataset(80, 20, seed=seed), target) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for p, q in zip(one, again, strict=True) for a, b in zip(p, q, strict=True))
    assert not np.array_equal(one[0][1], other[0][1])


def test_every_fold_scores_two_classes_even_when_one_is_small() -> None:
    target = np.array([0] * 50 + [1] * 3)
    folds = make_folds(dataset(53, 0), target)
    assert [sorted(set(target[score])) for _, score in folds] == [[0, 1]] * 3


def test_the_only_row_of_a_class_is_always_fitted() -> None:
    target = np.array([0] * 20 + [1] * 20 + [2])
    for fit, score in make_folds(dataset(41, 0), target):
        assert 40 in fit
        assert 40 not in score


def test_rows_of_a_class_never_seen_are_scored_but_not_fitted() -> None:
    target = np.array([0, 1] * 10 + [-1, -1, 0, 1])
    for folds in (make_folds(dataset(20, 4), target), make_folds(dataset(20, 4, folds=1), target)):
        assert all((target[fit] >= 0).all() for fit, _ in folds)
        assert {20, 21} <= set(np.concatenate([score for _, score in folds]).tolist())


def test_a_single_fold_fits_training_rows_and_scores_validation_rows() -> None:
    ((fit, score),) = make_folds(dataset(7, 3, folds=1), np.linspace(0, 1, 10))
    assert fit.tolist() == list(range(7))
    assert score.tolist() == [7, 8, 9]


def test_numbers_are_dealt_without_classes() -> None:
    folds = make_folds(dataset(100, 0), np.linspace(0, 1, 100))
    assert [len(score) for _, score in folds] == [20] * 5


@given(groups=st.lists(st.integers(0, 20), min_size=10, max_size=200), seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_no_group_is_fitted_and_scored_in_one_fold(groups: list[int], seed: int) -> None:
    names = [f"g{g}" if g else None for g in groups]
    target = np.random.default_rng(seed).integers(0, 2, len(groups))
    for fit, score in make_folds(dataset(len(groups), 0, seed=seed), target, names):
        both = {names[i] for i in fit} & {names[i] for i in score}
        if len(set(names)) > 1:
            assert both <= {None}


def test_folds_of_next_to_nothing() -> None:
    assert len(make_folds(dataset(2, 0), np.array([0, 1]))) == 2
    assert len(make_folds(dataset(3, 0), np.array([0, 1, 2]))) == 3
    assert len(make_folds(dataset(3, 0), np.array([0, 0, 0]))) == 3
