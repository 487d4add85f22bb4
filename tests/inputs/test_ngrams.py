"""N-grams: the same as counted by hand and by scikit-learn, whatever stands beside a text in its batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from breakeven.inputs.ngrams import Grams, Units, leading, ngrams, read_units

TEXTS = ["the cat  sat", "The CAT, the hat!", "", "a", "退货 怎么退？", "ＡＢＣ123 abc123", " \n spaced\tout "]


def of_row(grams: Grams, row: int) -> list[int]:
    return sorted(int(h) for h, r in zip(*grams, strict=True) if r == row)


def count(units: Units) -> list[int]:
    """Words or characters a text, without the boundaries."""
    return np.bincount(units.rows[~units.ends], minlength=int(units.rows[-1])).tolist()


def test_words_are_runs_of_letters_and_digits_single_chinese_characters_and_signs() -> None:
    _, words = read_units(TEXTS)
    assert count(words) == [3, 6, 0, 1, 6, 2, 2]


def test_case_width_and_spaces_do_not_count() -> None:
    for first, second in [("The  Cat", "the cat"), ("ＡＢＣ１２３", "abc123"), (" x \n y", "x y"), ("a\0b", "a b")]:
        for units in (0, 1):
            one, two = read_units([first])[units], read_units([second])[units]
            assert of_row(ngrams(one, 2), 0) == of_row(ngrams(two, 2), 0)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_as_many_distinct_word_ngrams_as_scikit_learn_counts(n: int) -> None:
    texts = ["the cat sat on the mat", "a dog sat on a cat", "dogs"]
    counts = CountVectorizer(ngram_range=(n, n), token_pattern=r"\w+").fit_transform(texts)
    hashes, rows = ngrams(read_units(texts)[1], n)
    for row, text in enumerate(texts):
        with_boundaries = len(text.split()) + 3 - n if n > 1 else len(text.split())
        assert (rows == row).sum() == with_boundaries
    if n == 1:
        assert len(np.unique(hashes)) == counts.shape[1]
        assert np.array_equal(np.unique(np.bincount(np.unique(hashes, return_inverse=True)[1])),
                              np.unique(np.asarray(counts.sum(axis=0))))


def test_character_ngrams_cross_words_but_not_texts() -> None:
    characters, _ = read_units(["ab cd", "cd"])
    trigrams = ngrams(characters, 3)
    assert len(of_row(trigrams, 0)) == 5
    assert len(of_row(trigrams, 1)) == 2
    assert len(set(of_row(trigrams, 0)) & set(of_row(trigrams, 1))) == 1  # cd with the boundary behind it


def test_an_ngram_at_the_end_is_not_the_same_inside() -> None:
    characters, _ = read_units(["ab", "abc"])
    pairs = ngrams(characters, 2)
    assert len(set(of_row(pairs, 0)) & set(of_row(pairs, 1))) == 2  # boundary+a, ab; not b+boundary


def test_skip_grams_leave_one_word_out() -> None:
    words = read_units(["not at all good", "not so all bad"])[1]
    one, two = (set(of_row(ngrams(words, 2, gap=1), row)) for row in (0, 1))
    assert len(one) == 4  # not_all, at_good, and one with each boundary
    assert len(one & two) == 2  # not_all, and all with the boundary behind it


def test_leading_words_know_their_place() -> None:
    words = read_units(["what is what", "is what"])[1]
    first = leading(words, 2)
    assert len(of_row(first, 0)) == 2
    assert not set(of_row(first, 0)) & set(of_row(first, 1))


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6), st.integers(1, 4), st.integers(0, 5))
def test_a_text_has_the_same_ngrams_alone_and_among_others(texts: list[str], n: int, place: int) -> None:
    row = place % len(texts)
    for kind in (0, 1):
        among = ngrams(read_units(texts)[kind], n)
        alone = ngrams(read_units([texts[row]])[kind], n)
        assert of_row(among, row) == of_row(alone, 0)
        assert (np.diff(among[1]) >= 0).all()


def test_no_texts_and_missing_texts() -> None:
    for texts in ([], [None], ["", None]):
        characters, words = read_units(texts)
        for units in (characters, words):
            for n in (1, 2, 3):
                assert len(ngrams(units, n)[0]) == 0
