"""When milestones begin and end: a network of durations, its critical path, and both under uncertainty.

    start(i)  = max(earliest(i), finish of all that it waits for)      finish(i) = start(i) + duration(i)
    slack(i)  = how much later it could end without moving the end of the whole road; critical: no slack

Times are months from the beginning of month 1, so that month m is the time from m - 1 to m. Ranges are uniform between
their ends; they are drawn from the lattice of the plan (lattice.py) with a fixed seed, so that a road map is the same
everywhere.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import ProjectError
from breakeven.core.words import Message, say
from breakeven.records.quantity import Quantity
from breakeven.records.roadmap import Milestone

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Months = NDArray[np.float64]

WEEKS_PER_MONTH = 730 / 168
"""A month has 730 hours (docs/decisions/0011), a week 168."""
NO_SLACK = 1e-9
DRAWS_AS_POWER_OF_TWO = 12
SEED = 0


@dataclass(frozen=True)
class Network:
    """What waits for what: `before[i]` are the positions that milestone i waits for, `order` has them first."""

    names: tuple[str, ...]
    before: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]

    def behind(self, position: int) -> tuple[int, ...]:
        """What waits for it."""
        return tuple(other for other, waits in enumerate(self.before) if position in waits)


Where = Callable[[str, int, str], str]
"""(table, position in it, key) → the place as an error tells it."""


def place(table: str, position: int, key: str) -> str:
    """A place of the project file where its lines are not known."""
    return f"breakeven.toml {table}.{position}.{key}"


def network(milestones: Sequence[Milestone], where: Where = place) -> Network:
    """The network of the milestones. Raises ProjectError with all names that are twice or unknown, or a circle."""
    names = tuple(milestone.name for milestone in milestones)
    faults = [*_twice(names, where), *_unknown(milestones, names, where)]
    if faults:
        raise ProjectError(faults[0].what, faults[0].where, faults[0].hint, tuple(faults))
    before = tuple(tuple(names.index(name) for name in dict.fromkeys(one.after)) for one in milestones)
    return Network(names, before, _order(names, before, where))


def _twice(names: Sequence[str], where: Where) -> list[ProjectError]:
    return [
        ProjectError(say("two milestones are called {name}", name=name), where("milestone", position, "name"),
                     say("give each a name of its own: others wait for it by its name"))
        for position, name in enumerate(names) if name in names[:position]
    ]


def _unknown(milestones: Sequence[Milestone], names: Sequence[str], where: Where) -> list[ProjectError]:
    return [
        ProjectError(say("{name} waits for {other}, which is no milestone", name=one.name, other=other),
                     where("milestone", position, "after"), did_you_mean(other, names))
        for position, one in enumerate(milestones) for other in one.after if other not in names
    ]


def did_you_mean(word: str, known: Sequence[str]) -> Message:
    """The nearest of the known words, or all of them."""
    close = difflib.get_close_matches(word, known, 1, 0.5)
    return say("did you mean {word}?", word=close[0]) if close else say("known here: {names}", names=tuple(known))


def _order(names: Sequence[str], before: Sequence[Sequence[int]], where: Where) -> tuple[int, ...]:
    """Positions so that each stands behind what it waits for. Raises ProjectError that names the circle."""
    order: list[int] = []
    left = list(range(len(names)))
    while left:
        ready = [one for one in left if all(other in order for other in before[one])]
        if not ready:
            circle = _circle(left, before)
            raise ProjectError(
                say("milestones wait for each other in a circle: {circle}",
                    circle=" → ".join(names[one] for one in circle)),
                where("milestone", circle[0], "after"),
                say("take one of these out of the `after` of the next"),
            )
        order += ready
        left = [one for one in left if one not in ready]
    return tuple(order)


def _circle(left: Sequence[int], before: Sequence[Sequence[int]]) -> list[int]:
    """A circle among positions of which each waits for another of them, in the order of the work."""
    trail = [left[0]]
    while True:
        following = next(one for one in before[trail[-1]] if one in left)
        if following in trail:
            return [following, *reversed(trail[trail.index(following):])]
        trail.append(following)


def months_of(milestone: Milestone) -> Quantity:
    """The duration of a milestone, in months."""
    if milestone.months is not None:
        return milestone.months
    weeks = milestone.weeks or Quantity(value=0.0)
    low, high = (None if end is None else end / WEEKS_PER_MONTH for end in (weeks.low, weeks.high))
    return Quantity.model_construct(value=weeks.value / WEEKS_PER_MONTH, low=low, high=high)


def planned_months(milestones: Sequence[Milestone]) -> Months:
    """The durations by their middles: one row, in months."""
    import numpy as np

    return np.array([[months_of(one).value for one in milestones]], dtype=np.float64)


def drawn_months(milestones: Sequence[Milestone], power: int = DRAWS_AS_POWER_OF_TWO) -> Months:
    """2^power rows of durations in months, ranges drawn as those of the plan are (lattice.py)."""
    import numpy as np

    from breakeven.plan.lattice import points

    durations = [months_of(one) for one in milestones]
    ranged = [column for column, one in enumerate(durations) if one.low is not None and one.high is not None]
    drawn = np.tile(planned_months(milestones), (1 << power, 1))
    if ranged:
        ends = np.array([(durations[column].low, durations[column].high) for column in ranged], dtype=np.float64)
        part = points(len(ranged), 1 << power, SEED).T
        drawn[:, ranged] = ends[:, 0] + part * (ends[:, 1] - ends[:, 0])
    return drawn


@dataclass(frozen=True)
class Times:
    """Start, finish and slack of each milestone (columns) in each draw (rows), in months; `end`: of the last one."""

    start: Months
    finish: Months
    slack: Months
    end: Months

    @property
    def critical(self) -> Any:
        return self.slack <= NO_SLACK


def times(durations: Months, plan: Network, earliest: Sequence[float] = ()) -> Times:
    """The times of each row of durations (draws, milestones). `earliest`: none begins before its own."""
    import numpy as np

    start, finish = np.zeros_like(durations), np.zeros_like(durations)
    for one in plan.order:
        waits = [finish[:, other] for other in plan.before[one]]
        first = earliest[one] if earliest else 0.0
        start[:, one] = np.maximum.reduce([*waits, np.full(len(durations), first)])
        finish[:, one] = start[:, one] + durations[:, one]
    end = finish.max(axis=1) if plan.order else np.zeros(len(durations))
    latest = np.zeros_like(durations)
    for one in reversed(plan.order):
        following = [latest[:, other] - durations[:, other] for other in plan.behind(one)]
        latest[:, one] = np.minimum.reduce([*following, end])
    return Times(start, finish, latest - finish, end)


def critical_path(planned: Times, plan: Network) -> tuple[int, ...]:
    """Of one row of times: the chain that decides the end, first to last; one without duration at the end is in it."""
    if not plan.order:
        return ()
    start, finish = planned.start[0], planned.finish[0]
    last = max(plan.order, key=lambda one: (finish[one], plan.order.index(one)))
    chain = [last]
    while True:
        holds = [other for other in plan.before[chain[-1]] if abs(finish[other] - start[chain[-1]]) <= NO_SLACK]
        if not holds:
            return tuple(reversed(chain))
        chain.append(holds[0])
