"""The output `text`: sizes in bytes, scores in bits per byte, chats of which only the assistant's words count."""

from __future__ import annotations

import json
from math import exp, log

import numpy as np
import pytest

from breakeven.core.errors import DataError
from breakeven.outputs.chats import read_chat, read_said, scored_bytes
from breakeven.outputs.chrf import chrf, chrf_counts
from breakeven.outputs.text import METRICS, OUTPUT, written_counts

CHAT = json.dumps([
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Where is my parcel?"},
    {"role": "assistant", "content": "Später."},
])


def test_truth_is_the_size_in_bytes() -> None:
    assert OUTPUT.encode(["abc", "账单", CHAT]).tolist() == [3, 6, len("Später.".encode())]


def test_a_missing_text_is_an_error_with_its_row() -> None:
    with pytest.raises(DataError) as caught:
        OUTPUT.encode(["abc", None])
    assert "row 2" in str(caught.value.lines()[1])


def test_a_long_text_counts_by_its_length() -> None:
    truth, predictions = np.array([100.0, 300.0]), np.array([[2.0], [1.0]])
    mean = (100 * 2.0 + 300 * 1.0) / 400
    assert METRICS["loss"].score(truth, predictions, None) == pytest.approx(mean)
    assert METRICS["bits_per_byte"].score(truth, predictions, None) == pytest.approx(mean / log(2))
    assert METRICS["perplexity"].score(truth, predictions, None) == pytest.approx(exp(mean))
    assert METRICS["loss"].score(truth, predictions, np.array([3.0, 0.0])) == pytest.approx(2.0)
    assert np.isnan(METRICS["loss"].score(truth, predictions, np.zeros(2)))


def test_a_perplexity_beyond_all_numbers_stays_finite() -> None:
    assert np.isfinite(METRICS["perplexity"].score(np.ones(1), np.full((1, 1), 1e6), None))


PAIRS = (("the parcel is late", "the parcel was too late", 60.38605560818156),
         ("账单重复扣款", "账单被重复扣了款", 28.680990012073316), ("ab", "abcdefgh", 55.0),
         ("refund within 5 days", "", 0.0), ("a b", "ab c", 87.5))  # fmt: skip
"""(truth, written, chrF2 by sacreBLEU 2.6.0)."""


@pytest.mark.parametrize(("truth", "written", "published"), PAIRS)
def test_chrf_is_that_of_sacrebleu(truth: str, written: str, published: float) -> None:
    assert 100 * chrf(chrf_counts(truth, written)) == pytest.approx(published, abs=1e-9)


def test_written_answers_are_scored_over_all_rows_that_have_one() -> None:
    counts = np.array([written_counts(truth, written) for truth, written, _ in PAIRS[:4]])
    predictions = np.hstack([np.ones((4, 1)), counts])
    truth = np.ones(4)
    assert 100 * METRICS["chrf"].score(truth, predictions, None) == pytest.approx(32.76891420366331)
    assert METRICS["exact_match"].score(truth, predictions, None) == 0.0
    predictions[3, 1:] = written_counts(" Refund  now", "Refund now ")
    assert METRICS["exact_match"].score(truth, predictions, None) == 0.25
    predictions[:3, 1:] = np.nan
    assert METRICS["chrf"].score(truth, predictions, None) == pytest.approx(1.0)
    assert METRICS["exact_match"].score(truth, predictions, np.array([5.0, 1, 1, 2])) == 1.0
    for name in ("chrf", "exact_match"):
        assert np.isnan(METRICS[name].score(truth, predictions[:, :1], None)), "nothing was written"
        assert not METRICS[name].aim
    assert METRICS["loss"].score(truth, predictions, None) == 1.0


def test_answers_are_told_in_bits() -> None:
    predictions = np.array([[log(2)], [2 * log(2)]])
    assert OUTPUT.decode(predictions, ())["bits_per_byte"].to_pylist() == pytest.approx([1.0, 2.0])
    assert OUTPUT.shown(predictions[1], ()) == "2 bit"


@pytest.mark.parametrize("cell", [
    "[1, 2]", "[]", "[{", '[{"role": "robot", "content": "x"}]', '[{"role": "user", "content": 3}]', "plain", "",
])
def test_what_is_no_chat_is_a_plain_text(cell: str) -> None:
    assert read_chat(cell) is None
    assert scored_bytes(read_said(cell)) == len(cell)
