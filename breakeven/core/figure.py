"""A number that can change a decision: value, unit, provenance and what it was made from.

Arithmetic multiplies units, refuses nonsense (seconds + dollars), keeps the weakest provenance, joins the
sources and remembers its operands, so that any cell of a plan unfolds down to what it rests on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Literal, NamedTuple

from breakeven.core.units import ONE, Unit, unit
from breakeven.core.words import N_


class Provenance(StrEnum):
    """Where a number comes from, the weakest first."""

    ASSUMED = "assumed"
    PUBLISHED = "published"
    MEASURED = "measured"


STRENGTH = {Provenance.ASSUMED: 0, Provenance.PUBLISHED: 1, Provenance.MEASURED: 2}

WHOLE = 1e-9
"""A number this close to a whole one is whole: 3.0000000001 machines are three."""
Spread = Literal["uniform", "lognormal"]
"""How `low` and `high` are meant: `uniform` between two ends, as people write a range; `lognormal` with them as its
P10 and P90 and the value as its P50, as an estimate is off by a factor rather than by a sum."""


class Source(NamedTuple):
    """Where a number was read: a title (page, file, command) and the ISO date on which it was true."""

    title: str
    date: str = ""


@dataclass(frozen=True)
class Figure:
    """A value with its unit and provenance. `low` and `high` bound it when it was given as a range.

    `made_by` and `parts` tell how it was computed; both are empty for a leaf. `spread` says how the ends are meant.
    """

    value: float
    unit: Unit = ONE
    provenance: Provenance = Provenance.ASSUMED
    sources: tuple[Source, ...] = ()
    name: str = ""
    low: float | None = None
    high: float | None = None
    made_by: str = ""
    parts: tuple[Figure, ...] = ()
    spread: Spread = "uniform"

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a figure must be finite, {self.name or 'this one'} is {self.value}")
        if self.provenance is Provenance.PUBLISHED and not self.sources:
            raise ValueError(f"a published figure needs a source: {self.name or self.value}")
        if self.spread == "lognormal" and not 0 < (self.low or 0) <= self.value <= (self.high or 0):
            raise ValueError(f"a log-normal figure needs 0 < low <= value <= high: {self.name or self.value}")

    def named(self, name: str) -> Figure:
        """The same figure under a name; leaves stay leaves."""
        return replace(self, name=name)

    def to(self, target: str | Unit) -> float:
        """The value counted in another unit of the same kind. Raises UnitError otherwise."""
        wanted = unit(target) if isinstance(target, str) else target
        return self.value * self.unit.factor_to(wanted)

    def counted_in(self, target: str) -> Figure:
        """The same figure, made of the same parts, written in another unit of the same kind."""
        factor = self.unit.factor_to(unit(target))
        low = None if self.low is None else self.low * factor
        high = None if self.high is None else self.high * factor
        return replace(self, value=self.to(target), unit=unit(target), low=low, high=high)

    def __add__(self, other: Figure) -> Figure:
        return _combine("+", self, other, self.unit, self.value + other.to(self.unit))

    def __sub__(self, other: Figure) -> Figure:
        return _combine("-", self, other, self.unit, self.value - other.to(self.unit))

    def __mul__(self, other: Figure | float) -> Figure:
        right = _as_figure(other)
        return _combine("×", self, right, self.unit * right.unit, self.value * right.value)

    def __truediv__(self, other: Figure | float) -> Figure:
        right = _as_figure(other)
        return _combine("÷", self, right, self.unit / right.unit, self.value / right.value)

    def __neg__(self) -> Figure:
        return self * -1.0

    def __lt__(self, other: Figure) -> bool:
        return self.value < other.to(self.unit)

    def leaves(self) -> Iterator[Figure]:
        """The figures that this one rests on, each once, in the order of first use."""
        seen: set[int] = set()
        stack = [self]
        while stack:
            figure = stack.pop()
            if id(figure) in seen:
                continue
            seen.add(id(figure))
            if not figure.parts:
                yield figure
            stack.extend(reversed(figure.parts))


def _as_figure(number: Figure | float) -> Figure:
    """A bare number in an expression is a constant of the formula, as sure as anything measured."""
    return number if isinstance(number, Figure) else constant(number)


def _combine(sign: str, left: Figure, right: Figure, unit_: Unit, value: float) -> Figure:
    return derived(value, unit_, sign, (left, right))


def derived(value: float, unit_: Unit | str, made_by: str, parts: Iterable[Figure], name: str = "") -> Figure:
    """A figure computed from `parts` by the formula named `made_by`: weakest provenance, joined sources."""
    parts = tuple(parts)
    weakest = min((part.provenance for part in parts), key=STRENGTH.__getitem__)
    wanted = unit(unit_) if isinstance(unit_, str) else unit_
    return Figure(value, wanted, weakest, _joined(parts), name, made_by=made_by, parts=parts)


def _joined(parts: tuple[Figure, ...]) -> tuple[Source, ...]:
    """The sources of all parts, each once. Most parts share one tuple or have none: then it is passed on as it is."""
    own = list({id(part.sources): part.sources for part in parts if part.sources}.values())
    if len(own) <= 1:
        return own[0] if own else ()
    joined = tuple(dict.fromkeys(chain.from_iterable(own)))
    return own[0] if len(joined) == len(own[0]) else joined


def constant(value: float, unit_: str = "1", name: str = "") -> Figure:
    """A number that is true by definition (12 months a year); it never weakens a provenance."""
    return Figure(float(value), unit(unit_), Provenance.MEASURED, (), name)


def assumed(value: float, unit_: str, name: str, source: str = "", low: float | None = None,
            high: float | None = None) -> Figure:
    """A number that the user, or a default, assumes; `source` says which line or default."""
    sources = (Source(source),) if source else ()
    return Figure(float(value), unit(unit_), Provenance.ASSUMED, sources, name, low, high)


def between(figure: Figure, low: float, high: float) -> Figure:
    """The same figure as an estimate whose P10 and P90 are `low` and `high`, in its unit (0 < low ≤ value ≤ high)."""
    return replace(figure, low=low, high=high, spread="lognormal")


def published(value: float, unit_: str, name: str, title: str, date: str) -> Figure:
    """A number that somebody published: where it was read, and the date on which it was true."""
    return Figure(float(value), unit(unit_), Provenance.PUBLISHED, (Source(title, date),), name)


def measured(value: float, unit_: str, name: str, where: str = "") -> Figure:
    """A number that was measured by us; `where` says on what."""
    sources = (Source(where),) if where else ()
    return Figure(float(value), unit(unit_), Provenance.MEASURED, sources, name)


def total(figures: Iterable[Figure], unit_: str, name: str = "") -> Figure:
    """The sum; of no figures, a constant zero of that unit."""
    parts = tuple(figures)
    if not parts:
        return constant(0.0, unit_, name)
    wanted = unit(unit_)
    return derived(math.fsum(part.to(wanted) for part in parts), wanted, "sum", parts, name)


def rounded_up(figure: Figure, name: str = "") -> Figure:
    """The next whole number: machines cannot be bought in halves."""
    return derived(float(math.ceil(figure.value - WHOLE)), figure.unit, "rounded up", (figure,), name)


def rounded_down(figure: Figure, name: str = "") -> Figure:
    """The last whole number: what fits in."""
    return derived(float(math.floor(figure.value + WHOLE)), figure.unit, "rounded down", (figure,), name)


def power(base: Figure, exponent: float, name: str = "") -> Figure:
    """`base`, a bare number above zero, to a power: prices that fall and money that is discounted by the month."""
    value = base.to(ONE) ** exponent
    return derived(value, ONE, "^", (base, constant(exponent, "1", N_("years"))), name)


def pick(choose: Callable[..., float], figures: Iterable[Figure], name: str = "") -> Figure:
    """The largest or smallest (`choose` is max or min) of some figures of one kind."""
    parts = tuple(figures)
    first = parts[0].unit
    return derived(choose(part.to(first) for part in parts), first, choose.__name__, parts, name)
