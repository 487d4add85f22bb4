"""Pairs of texts: how much they have in common, in the vectors of a linear model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.inputs.overlap import SEPARATOR, overlap_grams, paired_cells, shares
from breakeven.inputs.text_vectors import PLAIN, TextVectors
from breakeven.inputs.texts import Texts
from breakeven.records.dataset import Column

COLUMNS = tuple(Column(name=name, kind="text", missing=0, distinct=1) for name in ("first", "second"))
WORDS = ["refund", "parcel", "invoice", "login", "password", "delivery", "crash", "payment", "size", "音乐", "天气"]


def pairs(count: int = 400) -> tuple[pa.Table, np.ndarray]:
    """Half of the pairs have most words in common; which words these are tells nothing."""
    random = np.random.default_rng(0)
    first, second, same = [], [], random.integers(0, 2, count)
    for alike in same:
        words = random.permutation(WORDS)
        first.append(" ".join(words[:4]))
        second.append(" ".join(random.permutation(words[1:5] if alike else words[4:8])))
    return pa.table({"first": first, "second": second}), same


def test_shares_are_those_of_words_and_character_pairs() -> None:
    assert shares("a b c", "B c d") == pytest.approx((2 / 4, 2 / 3, 2 / 6, 2 / 4, 1.0))
    assert shares("退款 到账", "退款")[0] == pytest.approx(2 / 4), "a Chinese character is a word"
    assert shares("", "x") == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert shares("same words", "same words") == (1.0, 1.0, 1.0, 1.0, 1.0)


def test_every_share_is_one_n_gram() -> None:
    table = pa.table({"first": ["a b", None], "second": ["a b", "c"]})
    hashes, rows = overlap_grams([*paired_cells(table, ("first", "second")), "no pair", None])
    assert rows.tolist() == [0] * 5 + [1] * 5
    assert len(set(hashes[:5].tolist())) == 5
    assert not set(hashes[:5].tolist()) & set(hashes[5:].tolist())
    assert not (hashes & np.uint64(0xFFFFFF)).any()


def test_a_linear_model_learns_from_them_what_words_do_not_tell(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    rows, same = pairs()
    joined = [f"{row['first']}\n{row['second']}" for row in rows.to_pylist()]
    tables = {"joined": (pa.table({"first": joined}), COLUMNS[:1]), "pair": (rows, COLUMNS)}
    right = {}
    for name, (table, columns) in tables.items():
        view = TextVectors(columns, PLAIN)
        vectors = view.fit(table.slice(0, 300), same[:300])
        model = LogisticRegression(C=10.0).fit(vectors, same[:300])
        view.save(tmp_path)
        found = TextVectors.load(tmp_path).transform(table.slice(300))
        assert (found != view.transform(table.slice(300))).nnz == 0
        right[name] = model.score(found, same[300:])
    assert right["pair"] > 0.97 > 0.93 > right["joined"], right


def test_columns_that_are_one_text_are_read_as_before() -> None:
    rows, same = pairs(40)
    view = TextVectors(COLUMNS[:1], PLAIN)
    view.fit(rows, same)
    assert view.blocks == PLAIN
    assert SEPARATOR not in "".join(view._texts(rows))  # type: ignore[arg-type]


def test_texts_may_stay_apart(tmp_path: Path) -> None:
    table = pa.table({"first": ["a", None], "second": [None, "d"]})
    assert Texts(COLUMNS).transform(table) == ["a", "d"]
    view = Texts(COLUMNS, pair=True)
    view.save(tmp_path)
    assert Texts.load(tmp_path).transform(table) == [("a", ""), ("", "d")]
