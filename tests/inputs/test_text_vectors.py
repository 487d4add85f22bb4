"""TF-IDF of texts: by hand, fold by fold, and the same after forgetting and loading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.inputs.text_vectors import TextVectors
from breakeven.records.dataset import Column

WORDS = (("word 1",),)


def table(texts: list[str | None], more: list[str | None] | None = None) -> pa.Table:
    columns = {"text": pa.array(texts, pa.large_string())}
    return pa.table(columns if more is None else columns | {"more": pa.array(more, pa.large_string())})


def view(**settings: object) -> TextVectors:
    return TextVectors((Column(name="text", kind="text"),), **settings)  # type: ignore[arg-type]


def test_values_are_tf_idf_of_length_one() -> None:
    matrix = view(blocks=WORDS).fit(table(["red red blue", "blue"]), np.zeros(2))
    red = (1 + np.log(2)) * (np.log(3 / 2) + 1)
    blue = np.log(3 / 3) + 1
    expected = sorted(np.array([red, blue]) / np.hypot(red, blue))
    assert np.allclose(sorted(matrix[0].data), expected, atol=1e-6)
    assert np.allclose(matrix[1].data, [1.0])


def test_each_block_has_length_one() -> None:
    matrix = view(blocks=(("word 1",), ("character 2", "character 3"))).fit(table(["a b c", "c d"]), np.zeros(2))
    assert np.allclose(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel(), 2.0)


def test_folds_know_their_own_rows_only() -> None:
    rows = table(["red fox", "red dog", "blue cat", "blue fox"])
    target = np.zeros(4)
    fold = (np.array([0, 1]), np.array([2, 3]))
    (fitted, scored), = view(blocks=WORDS).fit_folds(rows, target, [fold])
    alone = view(blocks=WORDS)
    expected = alone.fit(rows.take(fold[0]), target)
    assert np.allclose(np.sort(fitted.toarray())[:, -2:], np.sort(expected.toarray())[:, -2:])
    unseen = alone.transform(rows.take(fold[1]))
    assert np.allclose(scored.sum(axis=1), unseen.sum(axis=1))
    assert scored.sum(axis=1).ravel().tolist() == [[0.0, 1.0]]  # nothing of "blue cat" is known, of "blue fox" fox


def test_forgetting_columns_and_loading(tmp_path: Path) -> None:
    texts = ["red fox jumps", "red dog", "blue cat jumps"]
    learned = view()
    whole = learned.fit(table(texts), np.zeros(3))
    kept = np.arange(0, whole.shape[1], 2)
    learned.keep(kept)
    learned.save(tmp_path)
    again = TextVectors.load(tmp_path)
    matrix = again.transform(table(texts))
    assert matrix.shape == (3, len(kept))
    assert np.array_equal(matrix.toarray(), learned.transform(table(texts)).toarray())
    assert (matrix.toarray() > 0).sum() == (whole[:, kept].toarray() > 0).sum()


def test_at_most_so_many_columns_the_frequent_ones() -> None:
    rows = table([f"often rare{i}" for i in range(30)])
    learned = view(blocks=WORDS, most=5)
    matrix = learned.fit(rows, np.zeros(30))
    assert matrix.shape[1] == 5
    assert matrix.getnnz(axis=0).max() == 30


def test_many_classes_leave_fewer_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("breakeven.inputs.text_vectors.MOST_WEIGHTS", 100)
    rows = table([f"word{i} again" for i in range(50)])
    assert view(blocks=WORDS).fit(rows, np.arange(50) % 10).shape[1] == 10


def test_batches_do_not_change_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table([f"text number {i % 13} of {i}" for i in range(300)])
    whole = view().fit(rows, np.zeros(300)).toarray()
    monkeypatch.setattr("breakeven.inputs.text_vectors.BATCH_CHARACTERS", 200)
    assert np.array_equal(view().fit(rows, np.zeros(300)).toarray(), whole)


def test_several_columns_are_read_one_after_the_other() -> None:
    columns = tuple(Column(name=name, kind="text") for name in ("text", "more", "last"))
    rows = table(["red", None], ["fox", "dog"]).append_column("last", pa.array([None, "cat"], pa.string()))
    every = TextVectors(columns, blocks=WORDS).fit(rows, np.zeros(2))
    assert every.getnnz(axis=1).tolist() == [2, 2]
    pair = TextVectors(columns[:2], blocks=WORDS).fit(rows, np.zeros(2))
    assert pair.getnnz(axis=1).tolist() == [2 + 5, 1 + 5], "of two also how much they have in common"


def test_a_name_that_is_no_ngram() -> None:
    with pytest.raises(ValueError, match="no n-grams are named 'verse 2'"):
        view(blocks=(("verse 2",),)).fit(table(["a"]), np.zeros(1))
