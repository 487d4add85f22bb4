"""Which candidates are trained at the same time: the next ones in their order that do not need each other."""

from __future__ import annotations

from breakeven.records.candidate import Candidate


def together(candidates: tuple[Candidate, ...], jobs: int) -> list[tuple[Candidate, ...]]:
    """The candidates in their order, in groups of at most `jobs`; one that is made of others is a group of its own."""
    groups: list[tuple[Candidate, ...]] = []
    for candidate in candidates:
        alone = bool(candidate.needs) or not groups or bool(groups[-1][0].needs)
        if alone or len(groups[-1]) == jobs:
            groups.append((candidate,))
        else:
            groups[-1] = (*groups[-1], candidate)
    return groups


def longest(group: tuple[Candidate, ...]) -> Candidate:
    """The candidate of a group that expects to train for the longest time: the group takes as long."""
    return max(group, key=lambda candidate: candidate.seconds_hint)
