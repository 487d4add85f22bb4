"""Planted duplicates are found with their rows; clean rows give no finding."""

from __future__ import annotations

import numpy as np
import pytest
from check_cases import headlines, levels, loans, look, seen, texts

from breakeven.checks.hashing import row_keys
from breakeven.checks.rows import Rows


def joined(one: dict, other: dict) -> dict:
    return {name: one[name] + other[name] for name in one}


@pytest.mark.parametrize("check", ["duplicates", "near_duplicates"])
def test_clean_texts_are_passed_in_silence(check: str) -> None:
    assert look(check, seen(texts(300), test=texts(60, 1), validation=texts(60, 2))) == []


def test_a_clean_table_is_passed_in_silence() -> None:
    what = seen(loans(300), test=loans(80, 1), validation=loans(80, 2), task="tabular-classification")
    assert look("duplicates", what) == []


def test_test_rows_that_stand_in_train_are_found_with_their_rows() -> None:
    train, test = texts(400), texts(100, 1)
    test["text"][7], test["text"][41] = train["text"][3], train["text"][250]
    (finding,) = look("duplicates", seen(train, test=test))
    assert (finding.level, finding.rows, finding.count) == ("warning", (8, 42), 2)
    assert "row 8, which is row 4 of train.csv" in str(finding.where)
    assert "0.02" in str(finding.what)
    assert "delete them from test.csv" in str(finding.hint)


def test_many_of_them_are_a_strong_warning_that_says_how_to_drop_them() -> None:
    train, test = texts(400), texts(100, 1)
    test["text"][:20] = train["text"][:20]
    finding = look("duplicates", seen(train, test=test))[0]
    assert finding.count == 20
    assert len(finding.rows) == 10
    assert "memory, not skill, and will be far too good" in str(finding.hint)
    assert "data.test" in str(finding.hint)


def test_validation_rows_are_compared_with_train_and_with_test() -> None:
    train, validation, test = texts(200), texts(50, 1), texts(50, 2)
    validation["text"][0] = train["text"][0]
    test["text"][1] = validation["text"][9]
    found = look("duplicates", seen(train, test=test, validation=validation))
    assert [(str(f.where).split(",")[0], f.rows) for f in found] == [("validation.csv", (1,)), ("test.csv", (2,))]


def test_equal_inputs_with_different_answers_are_found() -> None:
    train = texts(400)
    for copy, original in ((100, 5), (101, 5), (102, 6)):
        train["text"][copy] = train["text"][original]
        train["label"][original], train["label"][copy] = "billing", "other"
    train["label"][101] = "billing"
    conflicts = next(f for f in look("duplicates", seen(train)) if "different answer" in str(f.what))
    assert set(conflicts.rows) == {6, 101, 102, 7, 103}
    assert conflicts.level == "warning"


def test_copies_with_the_same_answer_are_a_note_or_a_warning_by_their_share() -> None:
    train = texts(400)
    for name in train:
        train[name][390:] = train[name][:10]
    assert levels(look("duplicates", seen(train))) == ["note"]
    for name in train:
        train[name][350:] = train[name][:50]
    assert levels(look("duplicates", seen(train))) == ["warning"]


def test_a_table_whose_rows_repeat_by_nature_is_only_noted() -> None:
    random = np.random.default_rng(0)

    def survey(rows: int) -> dict:
        return {name: random.integers(0, 3, rows).tolist() for name in ("a", "b", "c", "label")}

    found = look("duplicates", seen(survey(500), test=survey(100), task="tabular-classification"))
    assert set(levels(found)) == {"note"}


def test_empty_inputs_are_no_duplicates() -> None:
    train, test = texts(50), texts(20, 1)
    train["text"][:5], test["text"][:5] = [None] * 5, [None] * 5
    assert look("duplicates", seen(train, test=test)) == []


def test_nearly_equal_texts_across_the_parts_are_found_with_an_example() -> None:
    train, test = texts(400), texts(100, 1)
    test["text"][12] = train["text"][30].replace(" ", ", ").upper() + "!"
    train["text"][50] = headlines(1)[0]
    test["text"][70] = train["text"][50][:-1] + "囧"
    (finding,) = look("near_duplicates", seen(train, test=test))
    assert (finding.level, finding.rows) == ("warning", (13, 71))
    assert "row 13 and row 31" in str(finding.where)


def test_nearly_equal_texts_with_different_answers_are_found() -> None:
    train = texts(200)
    train["text"][9] = train["text"][3] + "!"
    train["label"][3], train["label"][9] = "billing", "other"
    (finding,) = look("near_duplicates", seen(train))
    assert (finding.rows, finding.count) == ((4, 10), 1)


def test_an_exact_duplicate_is_not_told_a_second_time_as_a_near_one() -> None:
    train, test = texts(100), texts(50, 1)
    test["text"][0] = train["text"][0]
    assert look("near_duplicates", seen(train, test=test)) == []


def test_keys_tell_rows_apart_by_every_cell() -> None:
    cells = {"a": ["x", "x", "xy", "x", None, "", "x"], "b": ["y", "y", "", None, "x", None, "Y"], "label": ["1"] * 7}
    keys = row_keys(seen(cells).parts["train"], ["a", "b"])
    assert keys[0] == keys[1]
    assert len(set(keys[1:].tolist())) == 6


def test_groups_do_not_depend_on_the_process() -> None:
    train = texts(50)
    train["text"][9] = train["text"][2]
    rows = Rows.of(seen(train))
    assert rows.groups[:9].tolist() == list(range(9))
    assert rows.groups[9] == 2
    assert rows.first[:4].tolist() == [0, 1, 2, 3]
