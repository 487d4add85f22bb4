"""The hash table: finds every key, nothing else, and survives packing into five bytes."""

from __future__ import annotations

import numpy as np
import pytest

from breakeven.inputs.vocabulary import Vocabulary


def hashes(count: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(0, 1 << 40, count, dtype=np.uint64)
    return np.unique(drawn << np.uint64(24))


@pytest.mark.parametrize("count", [0, 1, 7, 5_000])
def test_known_hashes_have_their_column_and_others_none(count: int) -> None:
    known = hashes(count, 1)
    vocabulary = Vocabulary(known)
    assert np.array_equal(vocabulary.find(known), np.arange(len(known)))
    strangers = np.setdiff1d(hashes(2_000, 2), known)
    assert (vocabulary.find(strangers) == -1).all()


def test_keys_that_meet_in_one_slot_are_all_found() -> None:
    known = (np.arange(1, 60, dtype=np.uint64) << np.uint64(24)) + (np.uint64(1) << np.uint64(63))
    vocabulary = Vocabulary(known)
    assert np.array_equal(vocabulary.find(known[::-1]), np.arange(len(known))[::-1])
    assert vocabulary.find(known + (np.uint64(100) << np.uint64(24))).tolist() == [-1] * len(known)


def test_packing_keeps_every_key() -> None:
    known = hashes(500, 3)
    packed = Vocabulary(known).packed()
    assert packed.shape == (len(known), 5)
    assert np.array_equal(Vocabulary.unpacked(packed).hashes, known)
