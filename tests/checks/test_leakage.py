"""Planted leaks and identifiers are found; honest columns, however good, are not called leaks."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest
from check_cases import Cells, levels, loans, look, seen, texts

ROWS = 600


def table(**columns: Any) -> Cells:
    cells = loans(ROWS)
    label = cells.pop("label")
    return {**cells, **{name: list(column) for name, column in columns.items()}, "label": label}


def leaks(cells: Cells, **settings: Any):
    return look("leakage", seen(cells, task="tabular-classification", **settings))


def answers() -> np.ndarray:
    return np.array(loans(ROWS)["label"])


def named(found) -> list[str]:
    return [finding.column for finding in found]


def test_honest_columns_are_passed_in_silence() -> None:
    assert leaks(loans(ROWS)) == []
    assert look("leakage", seen(texts(300))) == []


def test_a_strong_honest_column_is_no_leak() -> None:
    good = answers() == "good"
    strong = np.where(good ^ (np.random.default_rng(0).random(ROWS) < 0.05), "yes", "no")
    score = good * 2 + np.random.default_rng(1).normal(0, 0.7, ROWS)
    assert leaks(table(strong=strong, score=score)) == []


def test_a_column_that_is_the_answer_in_other_words_blocks_and_the_hint_is_the_line_to_write() -> None:
    (finding,) = leaks(table(outcome=np.where(answers() == "good", "paid", "default")))
    assert (finding.level, finding.column) == ("blocking", "outcome")
    line = dict(finding.hint.values)["line"]
    assert tomllib.loads(line) == {"drop": ["outcome"]}


def test_a_few_wrong_cells_do_not_hide_a_leak() -> None:
    outcome = np.where(answers() == "good", "paid", "default")
    outcome[:4] = "open"
    assert named(leaks(table(outcome=outcome))) == ["outcome"]


def test_an_input_that_the_project_names_is_only_warned_about() -> None:
    cells = table(outcome=answers())
    found = leaks(cells, inputs=("income", "outcome"))
    assert levels(found) == ["warning"]
    assert "data.input" in str(found[0].hint)


def test_a_score_made_from_the_answer_is_found_either_way_up() -> None:
    score = np.where(answers() == "good", 0.1, 0.9) + np.random.default_rng(0).normal(0, 0.05, ROWS)
    assert named(leaks(table(score=score.round(4)))) == ["score"]
    assert named(leaks(table(score=(-score).round(4)))) == ["score"]


def test_a_date_that_only_one_class_has_is_found() -> None:
    closed = [f"2024-03-{1 + i % 28:02d}" if label == "bad" else None for i, label in enumerate(answers())]
    assert named(leaks(table(closed_at=closed))) == ["closed_at"]


def test_flags_that_settle_a_rare_class_are_found_one_by_one_and_together() -> None:
    random = np.random.default_rng(0)
    failed = random.random(3000) < 0.05
    cause = random.integers(0, 3, 3000)
    cells = {
        "torque": random.normal(40, 10, 3000).round(2).tolist(),
        **{f"cause_{k}": (failed & (cause == k)).astype(int).tolist() for k in range(3)},
        "noise": (random.random(3000) < 0.02).astype(int).tolist(),
        "label": failed.astype(int).tolist(),
    }
    found = leaks(cells)
    assert set(levels(found)) == {"blocking"}
    assert named(found)[1:] == ["cause_0", "cause_1", "cause_2"]
    assert "together the columns cause_0, cause_1, cause_2 settle 1" in str(found[0].what)
    assert all(failed[row - 1] for finding in found for row in finding.rows)


def test_identifiers_are_warned_about_and_stand_in_the_same_line() -> None:
    cells = table(
        row_id=range(1, ROWS + 1),
        serial=np.random.default_rng(0).permutation(ROWS) + 10_000,
        ticket=[f"T-{(i * 7919) % 100_000:05d}" for i in range(ROWS)],
        outcome=np.where(answers() == "good", "paid", "default"),
    )
    found = leaks(cells)
    assert {finding.column: finding.level for finding in found} == {
        "outcome": "blocking", "row_id": "warning", "serial": "warning", "ticket": "warning"}
    lines = {dict(finding.hint.values)["line"] for finding in found}
    assert lines == {'drop = ["row_id", "serial", "ticket", "outcome"]'}


def test_measured_values_that_never_repeat_are_no_identifiers() -> None:
    random = np.random.default_rng(0)
    assert leaks(table(weight=random.normal(70, 10, ROWS), salary=random.choice(10**7, ROWS, replace=False))) == []


def test_a_tag_at_either_end_of_a_text_is_found() -> None:
    clean = texts(300)
    for made in ("[{label}] {text}", "{label}: {text}", "{text} #{label}"):
        tagged = [made.format(label=label, text=text) for text, label in zip(*clean.values(), strict=True)]
        assert named(look("leakage", seen({"text": tagged, "label": clean["label"]}))) == ["text"]


def test_a_label_written_out_inside_the_texts_is_found() -> None:
    clean = texts(300)
    halves = [text.split(" ", 5) for text in clean["text"]]
    inside = [" ".join([*half[:5], label, half[5]]) for half, label in zip(halves, clean["label"], strict=True)]
    (finding,) = look("leakage", seen({"text": inside, "label": clean["label"]}))
    assert finding.level == "warning"
    assert finding.count == 300


def test_a_word_that_only_some_texts_of_a_class_hold_is_no_leak() -> None:
    clean = texts(300)
    half = [f"{text} {label} again" if i % 2 else text
            for i, (text, label) in enumerate(zip(*clean.values(), strict=True))]
    assert look("leakage", seen({"text": half, "label": clean["label"]})) == []


@pytest.mark.parametrize("factor", [1.2, -3.0])
def test_a_column_from_which_the_number_can_be_computed_is_found(factor: float) -> None:
    random = np.random.default_rng(0)
    size = random.normal(80, 20, ROWS)
    price = size * 3 + random.normal(0, 10, ROWS)
    cells = {"size": size.tolist(), "tax": (price * factor + 5).round(4).tolist(), "price": price.tolist()}
    found = look("leakage", seen(cells, task="regression", answer="price"))
    assert named(found) == ["tax"]
    del cells["tax"]
    assert look("leakage", seen(cells, task="regression", answer="price")) == []


def test_a_code_of_the_number_is_found() -> None:
    random = np.random.default_rng(0)
    kind = random.integers(0, 12, ROWS)
    prices = random.normal(100, 30, 12).round(2)
    size = random.normal(0, 1, ROWS).tolist()
    cells = {"kind": [f"k{k}" for k in kind], "size": size, "price": prices[kind].tolist()}
    assert named(look("leakage", seen(cells, task="regression", answer="price"))) == ["kind"]
