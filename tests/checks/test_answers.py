"""What is wrong with the answers themselves: labels, balance, numbers."""

from __future__ import annotations

import numpy as np
from check_cases import levels, loans, look, seen, texts


def priced(rows: int, seed: int = 0) -> dict:
    random = np.random.default_rng(seed)
    size = random.normal(80, 20, rows)
    return {"size": size.tolist(), "price": (size * 3 + random.normal(0, 10, rows)).round(2).tolist()}


def numbers(cells: dict, **settings):
    return look("numbers", seen(cells, task="regression", answer="price", **settings))


def test_clean_answers_are_passed_in_silence() -> None:
    what = seen(texts(300), test=texts(60, 1), validation=texts(60, 2))
    assert [finding for check in ("labels", "balance", "numbers") for finding in look(check, what)] == []
    assert numbers(priced(200), test=priced(50, 1)) == []


def test_one_class_blocks() -> None:
    cells = texts(50)
    cells["label"] = ["other"] * 50
    (finding,) = look("labels", seen(cells))
    assert finding.level == "blocking"
    assert "every answer is other" in str(finding.what)


def test_a_class_of_one_row_blocks_and_is_named() -> None:
    cells = texts(100)
    cells["label"][30] = "legal"
    (finding,) = look("labels", seen(cells))
    assert (finding.level, finding.rows) == ("blocking", (31,))
    assert "legal" in str(finding.what)


def test_amounts_taken_for_labels_are_told_so() -> None:
    cells = texts(60)
    cells["label"] = [str(10 + i * 0.7) for i in range(60)]
    (finding,) = look("labels", seen(cells))
    assert 'task = "regression"' in str(finding.hint)


def test_a_class_with_fewer_rows_than_our_parts_is_a_warning() -> None:
    cells = texts(100)
    cells["label"][3] = cells["label"][4] = "legal"
    found = look("labels", seen(cells, own_split=True))
    assert levels(found) == ["warning"]


def test_a_label_only_in_test_blocks_with_its_rows() -> None:
    test = texts(40, 1)
    test["label"][5] = test["label"][8] = "Billing"
    found = look("labels", seen(texts(100), test=test))
    assert [(f.level, f.rows) for f in found] == [("blocking", (6, 9))]
    assert "billing" in str(found[0].hint)


def test_a_label_that_no_test_row_has_is_a_warning() -> None:
    test = texts(40, 1)
    test["label"] = ["other" if label == "billing" else label for label in test["label"]]
    (finding,) = look("labels", seen(texts(100), test=test))
    assert finding.level == "warning"
    assert "billing" in str(finding.what)


def test_spellings_of_one_label_are_found() -> None:
    cells = texts(90)
    for row in (3, 9, 30):
        cells["label"][row] = "Ｂilling "
    (finding,) = look("labels", seen(cells))
    assert (finding.level, finding.count) == ("warning", 3)


def test_a_missing_answer_written_as_a_word_is_found() -> None:
    cells = texts(90)
    cells["label"][3:6] = ["NaN"] * 3
    (finding,) = look("labels", seen(cells))
    assert (finding.level, finding.rows) == ("warning", (4, 5, 6))


def test_a_class_that_swallows_the_others_asks_for_another_metric() -> None:
    cells = texts(400)
    cells["label"] = ["fraud" if i % 20 == 0 else "fine" for i in range(400)]
    (finding,) = look("balance", seen(cells, metric="accuracy"))
    assert finding.level == "warning"
    assert 'metric = "roc_auc"' in str(finding.hint)
    assert levels(look("balance", seen(cells))) == ["note"]
    cells["label"] = ["fine" if i % 10 else ("fraud", "spam")[i % 20 // 10] for i in range(400)]
    assert 'metric = "macro_f1"' in str(look("balance", seen(cells, metric="accuracy"))[0].hint)


def test_rare_classes_are_named_with_their_rows() -> None:
    cells = texts(300)
    cells["label"][:4] = ["legal"] * 4
    (finding,) = look("balance", seen(cells))
    assert finding.level == "warning"
    assert "legal (4)" in str(finding.what)


def test_answers_that_are_not_numbers_block_with_their_rows() -> None:
    cells, test = priced(100), priced(30, 1)
    cells["price"][4], cells["price"][50], cells["price"][51] = "unknown", "nan", "inf"
    test["price"][2] = "12 apples"
    found = numbers(cells, test=test)
    assert [(f.level, f.rows) for f in found] == [("blocking", (5, 51, 52)), ("blocking", (3,))]


def test_a_constant_number_blocks() -> None:
    cells = priced(40)
    cells["price"] = [7] * 40
    assert levels(numbers(cells)) == ["blocking"]


def test_far_numbers_are_found() -> None:
    cells = priced(200)
    cells["price"][10] = 999_999
    found = numbers(cells)
    assert ("warning", (11,)) in [(f.level, f.rows) for f in found]


def test_a_crowded_and_a_skewed_answer_are_noted() -> None:
    cells = priced(400)
    cells["price"] = [0 if i % 10 < 7 else price for i, price in enumerate(cells["price"])]
    assert any("are 0" in str(finding.what) for finding in numbers(cells))
    cells["price"] = np.exp(np.random.default_rng(0).normal(3, 1.5, 400)).tolist()
    assert any("skewed" in str(finding.what) for finding in numbers(cells))
    assert not any("skewed" in str(finding.what) for finding in numbers(cells, metric="mae"))


def test_a_task_with_classes_is_not_asked_for_numbers() -> None:
    assert look("numbers", seen(loans(50), task="tabular-classification")) == []
