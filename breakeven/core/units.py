"""Units: a scale and the powers of a few base units, so that seconds and dollars cannot be added.

The base units are those of the trade. A month is a calendar month and deliberately has no length in seconds:
who turns a price per hour into a price per month says with a Figure how many hours he counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

BASES = ("usd", "second", "month", "request", "byte", "token", "row", "flop", "customer", "person", "machine",
         "joule", "parameter", "gpu", "node", "seat")


class UnitError(ValueError):
    """Two units that cannot be combined: a fault of the program, never of the user's data."""


@dataclass(frozen=True)
class Unit:
    """`scale` times the product of base units to integer powers; `powers` is sorted by name, without zeros."""

    powers: tuple[tuple[str, int], ...] = ()
    scale: float = 1.0

    def __mul__(self, other: Unit) -> Unit:
        return _product(self, other)

    def __truediv__(self, other: Unit) -> Unit:
        return _product(self, Unit(tuple((base, -power) for base, power in other.powers), 1.0 / other.scale))

    def factor_to(self, other: Unit) -> float:
        """How many of `other` one of this unit is. Raises UnitError if they measure different things."""
        if self.powers != other.powers:
            raise UnitError(f"{self} is not a kind of {other}")
        return self.scale / other.scale

    def __str__(self) -> str:
        return _written(self)


@lru_cache(4096)
def _product(left: Unit, right: Unit) -> Unit:
    """A plan multiplies thousands of figures and few kinds of units."""
    powers = dict(left.powers)
    for base, power in right.powers:
        powers[base] = powers.get(base, 0) + power
    return Unit(tuple(sorted((b, p) for b, p in powers.items() if p)), left.scale * right.scale)


ONE = Unit()
NAMED: dict[str, Unit] = {"1": ONE, **{base: Unit(((base, 1),)) for base in BASES}}
NAMED |= {
    "percent": Unit((), 0.01),
    "ms": Unit((("second", 1),), 1e-3),
    "hour": Unit((("second", 1),), 3600.0),
    "day": Unit((("second", 1),), 86400.0),
    "year": Unit((("month", 1),), 12.0),
    "1k request": Unit((("request", 1),), 1e3),
    "1m token": Unit((("token", 1),), 1e6),
    "MB": Unit((("byte", 1),), 1e6),
    "GB": Unit((("byte", 1),), 1e9),
    "GiB": Unit((("byte", 1),), float(1 << 30)),
    "1k usd": Unit((("usd", 1),), 1e3),
    "watt": Unit((("joule", 1), ("second", -1))),
    "kWh": Unit((("joule", 1),), 3.6e6),
}
OF_THE_TRADE = (
    ("usd", "hour"), ("usd", "year"), ("usd", "1k request"), ("usd", "1m token"), ("customer", "1k usd"),
    ("hour", "month"), ("usd", "kWh"), ("usd", "GB"),
)
"""Rates that are written as a whole: a price per 1,000 requests is not shown as thousandths of usd per request."""
NAMED |= {f"{above}/{below}": NAMED[above] / NAMED[below] for above, below in OF_THE_TRADE}
NAMED |= {
    "gpu·hour": NAMED["gpu"] * NAMED["hour"],
    "parameter·gpu·day": NAMED["parameter"] * NAMED["gpu"] * NAMED["day"],
    "parameter·gpu/node^2/day": NAMED["parameter"] * NAMED["gpu"] / NAMED["node"] / NAMED["node"] / NAMED["day"],
    "usd/machine/hour": NAMED["usd/hour"] / NAMED["machine"],
    "usd/person/year": NAMED["usd/year"] / NAMED["person"],
    "1/year": ONE / NAMED["year"],
    "usd/GB/month": NAMED["usd/GB"] / NAMED["month"],
    "GB/month": NAMED["GB"] / NAMED["month"],
}


@lru_cache(4096)
def _written(unit_: Unit) -> str:
    """A unit as text that `unit` reads back."""
    for name, named in NAMED.items():
        if named == unit_:
            return name
    above = [f"{b}{f'^{p}' if p > 1 else ''}" for b, p in unit_.powers if p > 0]
    below = [f"/{b}{f'^{-p}' if p < -1 else ''}" for b, p in unit_.powers if p < 0]
    prefix = "" if unit_.scale == 1.0 else f"{unit_.scale!r} "
    return prefix + "·".join(above or ["1"]) + "".join(below)


@lru_cache(4096)
def unit(text: str) -> Unit:
    """The unit written as `usd`, `usd/hour`, `usd/person/year`, `usd/1k request`, `token·second`, …

    Raises UnitError if a word is unknown. The form written by `str(unit)` can be read back.
    """
    if text in NAMED:
        return NAMED[text]
    above, *below = text.split("/")
    result = ONE
    for word in above.split("·"):
        result = result * _factor(word)
    for word in below:
        result = result / _factor(word)
    return result


def _factor(word: str) -> Unit:
    """One word of a unit, with its scale and power: `usd`, `month^2`, `0.01 usd`."""
    word = word.strip()
    if word in NAMED:
        return NAMED[word]
    number, _, rest = word.rpartition(" ")
    name, _, power = rest.partition("^")
    try:
        base, times, scale = NAMED[name], int(power or 1), float(number or 1)
    except (KeyError, ValueError):
        raise UnitError(f"unknown unit {word!r}") from None
    result = Unit((), scale)
    for _ in range(times):
        result = result * base
    return result
