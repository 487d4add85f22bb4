"""The shape of the rows, and that no check falls over whatever the rows are."""

from __future__ import annotations

import numpy as np
import pytest
from check_cases import levels, loans, look, seen, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.checks import CHECKS
from breakeven.checks.check import Check


def shape(cells: dict, **settings):
    return look("schema", seen(cells, task="tabular-classification", **settings))


def test_clean_rows_are_passed_in_silence() -> None:
    assert shape(loans(300), test=loans(60, 1), validation=loans(60, 2)) == []
    assert look("schema", seen(texts(100), test=texts(30, 1))) == []


def test_no_answer_at_all_blocks() -> None:
    (finding,) = look("schema", seen({"text": [], "label": []}))
    assert finding.level == "blocking"
    assert "label is empty" in str(finding.what)


def test_an_empty_column_blocks_if_it_was_asked_for() -> None:
    cells = {**loans(100), "bonus": [None] * 100}
    assert [(f.level, f.column) for f in shape(cells)] == [("warning", "bonus")]
    assert [(f.level, f.column) for f in shape(cells, inputs=("income", "bonus"))] == [("blocking", "bonus")]


def test_rows_without_any_input_are_found() -> None:
    cells = texts(60)
    cells["text"][10] = cells["text"][20] = None
    assert [(f.level, f.rows) for f in look("schema", seen(cells))] == [("warning", (11, 21))]


def test_nothing_but_empty_inputs_blocks() -> None:
    cells = texts(60)
    cells["text"] = [None] * 60
    assert levels(look("schema", seen(cells))) == ["blocking"]


def test_a_constant_column_is_noted() -> None:
    assert [(f.level, f.column) for f in shape({**loans(100), "country": ["CN"] * 100})] == [("note", "country")]


def test_huge_cells_are_found() -> None:
    cells = texts(60)
    cells["text"][5] = "x" * 200_000
    assert [(f.level, f.rows) for f in look("schema", seen(cells))] == [("warning", (6,))]


def test_a_column_that_is_empty_in_one_part_only_is_found() -> None:
    test = loans(50, 1)
    test["age"] = [None] * 50
    assert [(f.level, f.column) for f in shape(loans(200), test=test)] == [("warning", "age")]


def test_a_number_that_is_written_otherwise_in_test_is_found() -> None:
    test = loans(50, 1)
    test["income"] = ["high"] * 10 + test["income"][10:]
    (finding,) = shape(loans(200), test=test)
    assert (finding.column, finding.rows[:2]) == ("income", (1, 2))


def test_values_that_never_stood_in_train_are_found() -> None:
    test = loans(50, 1)
    test["home"] = ["RENT"] * 25 + test["home"][25:]
    (finding,) = shape(loans(200), test=test)
    assert (finding.column, finding.level, finding.count) == ("home", "warning", 25)


def test_rows_that_were_left_out_are_told() -> None:
    what = seen(texts(30))
    what.extras.update(empty_rows={"train.csv": np.array([4])}, unanswered={"train.csv": np.array([7, 9])})
    assert [(f.level, f.rows) for f in look("schema", what)] == [("note", (4,)), ("warning", (7, 9))]


USUAL = ["a", "b", "nan", "1", "2.5", "-", "账单", " x ", "2024-01-02"]
cell = st.one_of(st.none(), st.sampled_from(USUAL), st.text(max_size=8))


@given(rows=st.lists(st.tuples(cell, cell, cell), max_size=30), cut=st.integers(0, 30), names=st.booleans())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("task", ["text-classification", "tabular-classification", "regression"])
def test_no_check_ever_raises(rows: list[tuple], cut: int, names: bool, task: str) -> None:
    """Whatever stands in the cells; the audit leaves out rows without an answer and empty cells are None."""
    rows = [tuple(c if c and c.strip() else None for c in row) for row in rows]
    rows = [row for row in rows if row[2] is not None]
    parts = [{name: [row[i] for row in part] for i, name in enumerate(("one", "two", "label"))}
             for part in (rows[:cut], rows[cut:])]
    what = seen(parts[0], test=parts[1], task=task, inputs=("one", "two") if names else None)
    for check in CHECKS.all():
        for finding in check.look(what):
            assert finding.check == check.name
            assert str(finding.what)
            assert str(finding.where)
            assert str(finding.hint)


@pytest.mark.parametrize("name", CHECKS.names())
def test_each_check_keeps_its_contract_and_has_its_page(name: str, repository) -> None:
    check = CHECKS.get(name)
    assert isinstance(check, Check)
    assert check.name == name
    assert str(check.describe())
    page = (repository / "docs" / "checks" / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}")
    assert "What to do" in page
