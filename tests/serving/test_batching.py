"""The batcher: first come, first served; none lost, none twice; overload and absent clients cost nothing."""

from __future__ import annotations

import asyncio
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.serving.batching import Answers, Batcher, Overloaded
from breakeven.serving.rate import Rates


class Echo:
    """A model that gives each row back; remembers its batches."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.batches = seconds, list[list[int]]()

    def __call__(self, rows: pa.Table) -> Answers:
        time.sleep(self.seconds * rows.num_rows)
        self.batches.append(rows.column("n").to_pylist())
        return [{"n": n} for n in self.batches[-1]]


def rows(*numbers: int) -> pa.Table:
    return pa.table({"n": list(numbers)})


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=40), cap=st.integers(1, 16),
       pace=st.sampled_from([1e-6, 2e-2]))  # fmt: skip
def test_each_gets_its_own_rows_once_and_in_order(sizes: list[int], cap: int, pace: float) -> None:
    model = Echo()

    async def ask_all() -> list[Answers]:
        batcher = Batcher(model, cap, pace, 1e6)
        start, asked = 0, []
        for size in sizes:
            asked.append(batcher.ask(rows(*range(start, start + size))))
            start += size
        return await asyncio.gather(*asked)

    answers = asyncio.run(ask_all())
    given_back = [answer["n"] for each in answers for answer in each]
    assert given_back == list(range(sum(sizes)))
    assert [len(each) for each in answers] == sizes
    assert [n for batch in model.batches for n in batch] == given_back
    assert all(len(batch) <= max(cap, *sizes) for batch in model.batches)


def test_what_comes_while_the_model_works_is_the_next_batch() -> None:
    model = Echo(0.02)

    async def ask_all() -> None:
        batcher = Batcher(model, 64, 0.02, 1e6)
        first = asyncio.create_task(batcher.ask(rows(0)))
        await asyncio.sleep(0.005)
        await asyncio.gather(first, *(batcher.ask(rows(n)) for n in range(1, 11)))

    asyncio.run(ask_all())
    assert model.batches == [[0], list(range(1, 11))]


def test_work_that_would_wait_too_long_is_refused_at_the_door() -> None:
    async def ask_all() -> None:
        batcher = Batcher(Echo(0.01), 4, 0.01, 0.1)
        asked = [asyncio.create_task(batcher.ask(rows(n))) for n in range(60)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        refused = [one for one in done if isinstance(one, Overloaded)]
        assert 30 < len(refused) < 55
        assert all(one.seconds >= 1 for one in refused)

    asyncio.run(ask_all())


def test_who_has_gone_is_not_worked_for() -> None:
    model = Echo(0.01)

    async def ask_all() -> None:
        batcher = Batcher(model, 4, 0.01, 1e6)
        first = asyncio.create_task(batcher.ask(rows(0)))
        await asyncio.sleep(0.002)
        asked = [asyncio.create_task(batcher.ask(rows(n), lambda: True)) for n in range(1, 5)]
        await asyncio.gather(first, *asked, return_exceptions=True)
        assert batcher.dropped == 4

    asyncio.run(ask_all())
    assert model.batches == [[0]]


def test_a_batch_that_fails_fails_for_its_own_clients_alone() -> None:
    def model(table: pa.Table) -> Answers:
        if 3 in table.column("n").to_pylist():
            raise ValueError("three")
        return [{"n": n} for n in table.column("n").to_pylist()]

    async def ask_all() -> list[Answers | BaseException]:
        batcher = Batcher(model, 1, 2e-2, 1e6)
        return await asyncio.gather(*(batcher.ask(rows(n)) for n in range(5)), return_exceptions=True)

    answers = asyncio.run(ask_all())
    assert [isinstance(one, ValueError) for one in answers] == [False, False, False, True, False]


def test_a_client_has_its_rate_and_a_burst() -> None:
    rates = Rates(per_second=10, burst=5)
    assert [rates.wait("a", 0.0) for _ in range(5)] == [0.0] * 5
    assert rates.wait("a", 0.0) == pytest.approx(0.1)
    assert rates.wait("b", 0.0) == 0.0
    assert rates.wait("a", 0.11) == 0.0
    assert rates.wait("a", 0.11) > 0
