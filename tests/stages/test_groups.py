"""Which candidates train at the same time."""

from __future__ import annotations

from breakeven.records.candidate import Candidate
from breakeven.stages.groups import longest, together


def candidate(name: str, needs: tuple[str, ...] = (), seconds: float = 10.0) -> Candidate:
    return Candidate(name=name, family="linear/1", cost_rank=1, needs=needs, seconds_hint=seconds)


def names(groups: list[tuple[Candidate, ...]]) -> list[str]:
    return [" ".join(each.name for each in group) for group in groups]


CANDIDATES = (candidate("a"), candidate("b"), candidate("c"), candidate("d", needs=("*",)), candidate("e"))


def test_one_at_a_time_is_the_order_of_the_ladder():
    assert names(together(CANDIDATES, 1)) == ["a", "b", "c", "d", "e"]


def test_the_next_ones_go_together_and_one_made_of_others_goes_alone():
    assert names(together(CANDIDATES, 2)) == ["a b", "c", "d", "e"]
    assert names(together(CANDIDATES, 8)) == ["a b c", "d", "e"]
    assert together((), 3) == []


def test_a_group_takes_as_long_as_its_longest():
    assert longest((candidate("a", seconds=3), candidate("b", seconds=9))).name == "b"
