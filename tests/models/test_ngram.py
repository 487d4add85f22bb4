"""Byte n-grams: probabilities that are ones, counting that matches the formulas, writing that repeats by its seed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.models import MODELS
from breakeven.models.byte_ngrams import ByteNgrams
from breakeven.models.drawing import draw
from breakeven.models.model import Writer
from breakeven.models.rendering import Reading, prompt_of, read_prompt, rendered
from breakeven.models.writing import MOST_HELD, Unfolding
from breakeven.outputs.chats import Said, read_said
from breakeven.records.candidate import Candidate
from breakeven.testing import TOY_TASKS, toy_work

TEXTS = [b"\x02the cat sat on the mat\x03", b"\x02the dog sat on the log\x03", b"\x02a cat and a dog\x03"]
TASK = next(task for task in TOY_TASKS if task.output == "text")


@pytest.mark.parametrize("order", [1, 2, 5, 8])
def test_probabilities_sum_to_one_after_any_bytes(order: int) -> None:
    model = ByteNgrams.fit(TEXTS, order)
    for context in (b"\x02", b"\x02the c", b"never seen before", b""):
        assert model.next(context).sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("order", [1, 3, 7])
def test_nats_are_those_of_byte_after_byte(order: int) -> None:
    model = ByteNgrams.fit(TEXTS, order)
    text, marks = rendered((Said("", "the hog sat"),))
    one_by_one = -sum(np.log(model.next(text[:place])[text[place]]) for place in range(1, len(text)))
    assert model.nats([(text, marks)])[0] == pytest.approx(one_by_one, rel=1e-6)


def test_order_two_follows_the_formula_by_hand() -> None:
    """Bigrams of "aab" and the signs around it: every count is one, so the discount is the one for too few."""
    model = ByteNgrams.fit([b"\x02aab\x03"], 2)
    unigram = {97: 2, 98: 1, 3: 1}  # of how many different bytes each is a continuation
    discounts = {1: 0.5, 2: 0.75}
    left = sum(discounts[count] for count in unigram.values()) / 4
    below = (unigram[98] - 0.5) / 4 + left / 256
    expected = (1 - 0.5) / 2 + (0.5 + 0.5) / 2 * below  # a is followed by a and b, each once
    assert model.next(b"a")[98] == pytest.approx(expected, rel=1e-6)


def test_an_artifact_scores_and_writes_the_same_after_loading(tmp_path: Path) -> None:
    model = MODELS.get("ngram")
    candidate = Candidate(name="ngram", family=model.tag, cost_rank=1)
    work = toy_work(TASK, candidate, tmp_path)
    trained = model.train(work)
    assert trained.predictions.shape == (len(work.scored), 1)
    loaded = model.load(tmp_path, None)
    assert isinstance(loaded, Writer)
    question = work.rows["message"][0].as_py()
    first = "".join(loaded.stream(question, max_tokens=40, seed=3))
    assert first == "".join(loaded.stream(question, max_tokens=40, seed=3))
    assert "".join(loaded.stream(question, max_tokens=40, temperature=0)).startswith("we will look into it")
    assert loaded.write(work.rows.slice(0, 2)) == loaded.write(work.rows.slice(0, 2))


def test_a_better_order_is_worth_it_on_real_text(real_data: Path) -> None:
    folder = real_data / "tinyshakespeare"
    train, held_out = (gzip.decompress((folder / f"{part}.txt.gz").read_bytes()) for part in ("train", "dev"))
    text = rendered((Said("", held_out.decode()),))
    bits = [ByteNgrams.fit([b"\x02" + train[:300_000] + b"\x03"], order).nats([text])[0] / len(held_out) / np.log(2)
            for order in (1, 3, 6)]
    assert bits[0] > 4.5
    assert bits[1] < 3.4
    assert bits[2] < 2.8


# --- rendering and drawing


def test_only_what_the_assistant_says_is_marked() -> None:
    chat = read_said(json.dumps([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}]))
    text, marks = rendered(chat)
    assert text == b"\x02\x05hi\x03\x06yes\x03"
    assert text[marks.argmax():] == b"yes\x03"
    assert marks.sum() == 4
    assert prompt_of(chat) == b"\x02\x05hi\x03\x06"


def test_a_prompt_is_a_text_or_what_the_user_says() -> None:
    assert prompt_of(read_prompt("Once", chat=False)) == b"\x02Once"
    assert prompt_of(read_prompt("Once", chat=True)) == b"\x02\x05Once\x03\x06"


def test_signs_inside_a_text_are_taken_out() -> None:
    assert rendered((Said("", "a\x02b\x03c"),))[0] == b"\x02abc\x03"


def test_columns_that_ask_come_before_the_answer() -> None:
    rows = pa.table({"title": ["T"], "body": ["B"], "reply": [None]}, schema=pa.schema(
        [(name, pa.large_string()) for name in ("title", "body", "reply")]))
    said = Reading.of(("title", "body", "reply"), "reply").said(rows)
    assert said == [(Said("user", "T\nB"), Said("assistant", ""))]


def test_characters_are_given_whole() -> None:
    text = Unfolding(lambda ids: bytes(ids).decode("utf-8", "replace"))
    assert [piece for byte in "账é!".encode() + b"\xe8" if (piece := text.add(byte))] == ["账", "é", "!"]
    assert text.rest() == "", "a character that is cut off is left out"
    broken = Unfolding(lambda ids: bytes(ids).decode("utf-8", "replace"))
    told = "".join(broken.add(0xFF) for _ in range(1_000)) + broken.rest()
    assert told == "\ufffd" * (1_000 // MOST_HELD * MOST_HELD)
    assert len(broken._ids) < 3 * MOST_HELD, "what is told is not put into text again"


def test_drawing_keeps_to_its_nucleus_and_its_seed() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
    drawn = [draw(logits, 1.0, 0.75, np.random.default_rng(seed)) for seed in range(300)]
    assert set(drawn) == {0, 1}
    assert np.mean(np.array(drawn) == 0) == pytest.approx(0.625, abs=0.1)
    assert draw(logits, 0.0, 1.0, np.random.default_rng(0)) == 0
    free = [draw(logits, 1.0, 1.0, np.random.default_rng(seed)) for seed in range(400)]
    assert set(free) == {0, 1, 2, 3}
