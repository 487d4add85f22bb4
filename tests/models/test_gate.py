"""The gate keeps a smaller form that is as good, and no other; the forms are made by the real tools."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from breakeven.outputs import OUTPUTS
from breakeven.records.variant import Variant

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

from breakeven.models.nn.gate import Answer, Form, choose_form, form_or_fault

ACCURACY = OUTPUTS.get("label").metrics()["accuracy"]
RMSE = OUTPUTS.get("number").metrics()["rmse"]
ROWS = 1_000


def answering(right: int, seconds: float = 0.0) -> Answer:
    """Answers the class 1, which is right, to so many of the rows 0 … 999, and class 0 to the others."""

    def answer(texts: Sequence[str]) -> np.ndarray:
        time.sleep(seconds)
        wrong = np.array([int(text) >= right for text in texts], np.int64)
        return np.eye(2)[1 - wrong]

    return answer


def form(folder: Path, name: str, size: int, answer: Answer) -> Form:
    path = folder / name
    path.write_bytes(b"0" * size)
    return Form(name, path, answer)


def chosen(forms: list[Form]) -> tuple[str, dict[str, Variant]]:
    texts = [str(row) for row in range(ROWS)]
    kept, variants = choose_form(forms, texts, np.ones(ROWS, np.int64), ACCURACY, seconds=1.0)
    assert [variant.name for variant in variants] == [each.name for each in forms]
    assert [variant.name for variant in variants if variant.kept] == [kept.name]
    return kept.name, {variant.name: variant for variant in variants}


def test_the_smallest_form_that_is_as_good_is_kept(tmp_path: Path) -> None:
    kept, variants = chosen([
        form(tmp_path, "plain", 1000, answering(900, 0.0002)),
        form(tmp_path, "small", 500, answering(900, 0.0002)),
        form(tmp_path, "smaller", 250, answering(900, 0.0002)),
    ])  # fmt: skip
    assert kept == "smaller"
    assert variants["plain"].bytes == 1000
    assert variants["plain"].value == 0.9
    assert "smaller costs less" in str(variants["small"].why)


def test_a_form_that_loses_quality_is_not_kept_however_small(tmp_path: Path) -> None:
    kept, variants = chosen([
        form(tmp_path, "plain", 1000, answering(900)),
        form(tmp_path, "broken", 10, answering(890)),
    ])  # fmt: skip
    assert kept == "plain"
    assert "gets worse by 0.01" in str(variants["broken"].why)


def test_a_loss_beyond_one_standard_error_is_too_much(tmp_path: Path) -> None:
    forms = [form(tmp_path, "plain", 1000, answering(900)), form(tmp_path, "small", 10, answering(898))]
    assert chosen(forms)[0] == "plain"  # two rows of a thousand are 0.2 points, and 1.4 standard errors


def test_a_form_that_saves_nothing_is_not_kept(tmp_path: Path) -> None:
    kept, variants = chosen([
        form(tmp_path, "plain", 1000, answering(900, 0.0005)),
        form(tmp_path, "equal", 1000, answering(950, 0.0005)),
        form(tmp_path, "slow", 500, answering(950, 0.002)),
    ])  # fmt: skip
    assert kept == "plain"
    assert "it saves nothing" in str(variants["equal"].why)
    assert "it saves nothing" in str(variants["slow"].why)
    assert variants["slow"].p50_ms > variants["plain"].p50_ms


def test_faster_is_enough(tmp_path: Path) -> None:
    kept, _ = chosen([
        form(tmp_path, "plain", 1000, answering(900, 0.002)),
        form(tmp_path, "fast", 1100, answering(900, 0.0005)),
    ])  # fmt: skip
    assert kept == "fast"


def test_what_cannot_be_made_or_judged_is_told_and_left(tmp_path: Path) -> None:
    def fail(path: Path) -> Answer:
        raise RuntimeError("no such operation")

    def nonsense(texts: Sequence[str]) -> np.ndarray:
        return np.full((len(texts), 2), np.nan)

    kept, variants = chosen([
        form(tmp_path, "plain", 1000, answering(900)),
        form_or_fault("failed", tmp_path / "failed", fail),
        form(tmp_path, "nan", 10, nonsense),
    ])  # fmt: skip
    assert kept == "plain"
    assert "RuntimeError: no such operation" in str(variants["failed"].why)
    assert variants["failed"].value is None
    assert variants["nan"].value is None


def test_an_error_may_grow_by_half_a_hundredth(tmp_path: Path) -> None:
    truth = np.random.default_rng(0).normal(size=ROWS)
    noise = np.random.default_rng(1).normal(size=ROWS)

    def number(scale: float) -> Answer:
        return lambda texts: np.array([[truth[int(t)] + scale * noise[int(t)]] for t in texts])

    texts = [str(row) for row in range(ROWS)]
    for scale, expected in ((1.0003, "small"), (1.02, "plain")):
        forms = [form(tmp_path, "plain", 1000, number(1.0)), form(tmp_path, "small", 100, number(scale))]
        kept, _ = choose_form(forms, texts, truth, RMSE, seconds=1.0)
        assert kept.name == expected


def test_rows_of_an_unknown_class_have_no_say(tmp_path: Path) -> None:
    truth = np.ones(ROWS, np.int64)
    truth[900:] = -1
    forms = [form(tmp_path, "plain", 1000, answering(900))]
    _, variants = choose_form(forms, [str(row) for row in range(ROWS)], truth, ACCURACY, seconds=1.0)
    assert variants[0].value == 1.0


def test_a_single_row_lost_is_no_proof(tmp_path: Path) -> None:
    forms = [form(tmp_path, "plain", 1000, answering(900)), form(tmp_path, "small", 10, answering(899))]
    assert chosen(forms)[0] == "small"
