"""Nearly equal texts: what is found is what comparing all pairs would find."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pyarrow as pa
import pytest
from check_cases import headlines, sentences

from breakeven.checks.near import near_pairs, ngrams


def grams(text: str) -> set[str]:
    """The n-grams by their definition, letter by letter."""
    letters = [sign for sign in text.lower() if sign.isalnum()]
    spaceless = [0x2E80 <= ord(sign) < 0xD7B0 for sign in letters]
    return {"".join(letters[i : i + (2 if spaceless[i] else 3)]) for i in range(len(letters))}


def all_pairs(texts: list[str], threshold: float) -> set[tuple[int, int]]:
    """Every pair whose Jaccard similarity is at least the threshold, by comparing all."""
    sets = [grams(text) for text in texts]
    pairs = itertools.combinations(range(len(texts)), 2)
    return {(i, j) for i, j in pairs if len(sets[i] & sets[j]) >= threshold * len(sets[i] | sets[j])}


def mutated(texts: list[str], changes: int, seed: int) -> list[str]:
    """Each text with a few letters replaced."""
    random = np.random.default_rng(seed)
    result = []
    for text in texts:
        letters = list(text)
        for place in random.choice(len(letters), changes, replace=False):
            letters[place] = "q" if text.isascii() else "囧"
        result.append("".join(letters))
    return result


def found(texts: list[str], threshold: float = 0.8) -> set[tuple[int, int]]:
    pairs = near_pairs(pa.chunked_array([pa.array(texts, pa.large_string())]), threshold=threshold)
    return {(int(low), int(high)) for low, high in pairs}


@pytest.mark.parametrize("make", [sentences, headlines])
@pytest.mark.parametrize("changes", [1, 2, 4])
def test_all_pairs_above_the_threshold_are_found_and_no_others(make, changes: int) -> None:
    texts = make(80, seed=changes)
    texts += mutated(texts, changes, seed=7)
    wanted = all_pairs(texts, 0.8)
    got = found(texts)
    assert got <= wanted
    assert len(got) >= 0.97 * len(wanted)


def test_case_width_spaces_and_punctuation_do_not_count() -> None:
    texts = ["Where is my parcel, please?", "where is my parcel please", "ｗｈｅｒｅ is my PARCEL please!!"]
    texts += ["账单 不对！", "账单不对"]
    assert found(texts) == {(0, 1), (0, 2), (1, 2), (3, 4)}


def test_texts_without_a_letter_are_passed_over() -> None:
    assert found(["", "!!!", "...", "?"]) == set()
    assert near_pairs(pa.chunked_array([], pa.large_string())).shape == (0, 2)
    assert near_pairs(pa.chunked_array([pa.array([None, None], pa.large_string())])).shape == (0, 2)


def test_ngrams_stop_at_the_end_of_a_text() -> None:
    together, counts = ngrams(pa.array(["parcel", "late"]))
    alone, _ = ngrams(pa.array(["parcel"]))
    assert counts.tolist() == [6, 4]
    assert together[:6].tolist() == alone.tolist()


def test_rows_keep_their_numbers_across_batches() -> None:
    texts = sentences(30)
    table = pa.chunked_array([pa.array(texts), pa.array([], pa.string()), pa.array([*mutated(texts[:2], 1, 3), None])])
    assert near_pairs(table).tolist() == [[0, 30], [1, 31]]


def test_fifty_thousand_texts_take_seconds() -> None:
    texts = pa.chunked_array([pa.array(headlines(50_000))])
    started = time.process_time()
    near_pairs(texts)
    assert time.process_time() - started < 4


def test_a_crowd_of_nearly_equal_texts_does_not_explode() -> None:
    texts = [f"Your parcel number {number} will be brought to you tomorrow by our courier" for number in range(5_000)]
    started = time.process_time()
    pairs = near_pairs(pa.chunked_array([pa.array(texts)]))
    assert time.process_time() - started < 8
    assert len(np.unique(pairs)) > 0.99 * len(texts)
