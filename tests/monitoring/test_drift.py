"""Planted shifts are found, quiet days are quiet, and many rows alone are no alarm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.monitoring.columns import column_shifts
from breakeven.monitoring.drift import Answers, answer_shifts, compare_levels, compare_numbers, shifts_of
from breakeven.records.dataset import Column
from breakeven.records.health import Shift

WORDS = [f"word{n}" for n in range(400)]
COLUMNS = [Column(name="amount", kind="number"), Column(name="city", kind="category"), Column(name="text", kind="text")]


def rows_of(chance: np.random.Generator, rows: int) -> dict[str, list[str | None]]:
    amounts, lost = chance.lognormal(3, 1, rows), chance.random(rows) < 0.03
    return {
        "amount": [None if gone else f"{value:.2f}" for value, gone in zip(amounts, lost, strict=True)],
        "city": chance.choice(["Bonn", "Kiel", "Ulm", "Jena"], rows, p=[0.5, 0.3, 0.15, 0.05]).tolist(),
        "text": [" ".join(chance.choice(WORDS, chance.integers(4, 15))) for _ in range(rows)],
    }  # fmt: skip


def compared(before: dict[str, list[str | None]], now: dict[str, list[str | None]]) -> tuple[Shift, ...]:
    return shifts_of([one for column in COLUMNS
                      for one in column_shifts(column, before[column.name], now[column.name])])  # fmt: skip


def _times(factor: float) -> Callable[[list[str | None]], list[str | None]]:
    return lambda cells: [None if cell is None else f"{float(cell) * factor:.2f}" for cell in cells]


PLANTED: dict[str, tuple[str, Callable[[list[str | None]], list[str | None]]]] = {
    "another unit": ("amount", _times(100)),
    "a price rise": ("amount", _times(1.5)),
    "half of the values lost": ("amount", lambda cells: [None if n % 2 else cell for n, cell in enumerate(cells)]),
    "a new city": ("city", lambda cells: ["Rom" if n % 4 == 0 else cell for n, cell in enumerate(cells)]),
    "one city gone": ("city", lambda cells: ["Kiel" if cell == "Bonn" else cell for cell in cells]),
    "another language": ("text", lambda cells: ["这是一条中文消息" for _ in cells]),
    "short texts": ("text", lambda cells: [" ".join((cell or "").split()[:3]) for cell in cells]),
    "new words": ("text", lambda cells: [(cell or "").replace("word1", "neu1") for cell in cells]),
}


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("rows", [500, 5_000])
def test_a_planted_shift_is_found_and_named(what: str, rows: int) -> None:
    chance = np.random.default_rng(7)
    before, now = rows_of(chance, 1_000), rows_of(chance, rows)
    column, plant = PLANTED[what]
    alarms = [shift for shift in compared(before, now | {column: plant(now[column])}) if shift.alarm]
    assert alarms
    assert all(alarm.name.startswith(column) for alarm in alarms)


def test_forty_quiet_days_give_no_alarm() -> None:
    chance = np.random.default_rng(11)
    before = rows_of(chance, 1_000)
    alarms = [shift for _ in range(40) for shift in compared(before, rows_of(chance, 400)) if shift.alarm]
    assert alarms == []


def test_a_million_rows_with_a_small_difference_are_no_alarm() -> None:
    chance = np.random.default_rng(3)
    found = compare_numbers(chance.normal(0, 1, 1_000_000), chance.normal(0.02, 1, 1_000_000))
    assert found is not None
    assert found.p < 1e-9
    (shift,) = shifts_of([("column", "n", found)])
    assert not shift.alarm


def test_few_rows_are_not_compared() -> None:
    assert compare_numbers(np.arange(99.0), np.arange(500.0)) is None
    assert compare_levels(["a"] * 500, ["b"] * 99) is None


def test_answers_that_moved_are_found() -> None:
    before = Answers(["ab"[n % 2] for n in range(400)], np.array([0.9 + 0.001 * (n % 50) for n in range(400)]))
    now = Answers(["a"] * 400, np.full(400, 0.5))
    assert {shift.kind for shift in shifts_of(answer_shifts(before, now)) if shift.alarm} == {"answer", "confidence"}
    numbers = Answers([str(n) for n in range(400)], None)
    assert not any(shift.alarm for shift in shifts_of(answer_shifts(numbers, numbers)))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", None]), min_size=100, max_size=300),
       st.lists(st.sampled_from(["a", "c", None]), min_size=100, max_size=300))  # fmt: skip
def test_an_effect_is_a_share_and_the_same_rows_have_none(left: list[str | None], right: list[str | None]) -> None:
    found, same = compare_levels(left, right), compare_levels(left, left)
    assert found is not None
    assert same is not None
    assert 0 <= found.effect <= 1
    assert same.effect == pytest.approx(0)
