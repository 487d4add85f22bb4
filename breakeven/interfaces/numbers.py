"""Writing numbers, money, times and sizes as a language does, with no more digits than help."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
)
from babel.units import format_unit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from breakeven.records.price import Rate

LOCALES = {"en": "en_US", "zh": "zh_CN"}
UNGROUPED = ("row", "line", "month", "number", "year", "port", "seed")
BYTE_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")


_SHOWN_IN: ContextVar[Rate | None] = ContextVar("shown_in", default=None)


@contextmanager
def shown_in(rate: Rate) -> Iterator[None]:
    """While this lasts, all money is written in the currency of a rate; inside it stays dollars."""
    token = _SHOWN_IN.set(rate)
    try:
        yield
    finally:
        _SHOWN_IN.reset(token)


def rate_shown() -> Rate | None:
    """The rate that money is written at now; None for dollars."""
    rate = _SHOWN_IN.get()
    return rate if rate and rate.currency != "USD" else None


def in_shown_currency(usd: float) -> tuple[str, float]:
    """The currency that money is written in, and an amount of dollars in it."""
    rate = _SHOWN_IN.get()
    return (rate.currency, usd * rate.per_usd) if rate else ("USD", usd)


class Writer:
    """Numbers of one language; None, and what is not a number, is written as a dash."""

    def __init__(self, language: str) -> None:
        self.locale = Locale.parse(LOCALES[language])
        self._kinds: dict[str, Callable[[float], str]] = {
            "usd": self.usd, "share": self.share, "seconds": self.seconds, "ms": self.ms, "bytes": self.bytes,
            "score": self.score,
        } | dict.fromkeys(UNGROUPED, self.ungrouped)

    def write(self, value: Any, name: str = "") -> str:
        """A value by the last word of its name (`train_usd`); what is no number as plain text."""
        if value is None:
            return "—"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return self._kinds.get(name.rpartition("_")[2], self.number)(value)

    def number(self, value: float) -> str:
        """`12,345`, `0.8532`, `12.35`: whole numbers whole, others with four digits that count."""
        if isinstance(value, int) or (value == int(value) and abs(value) >= 1000):
            return format_decimal(value, locale=self.locale)
        return format_decimal(value, "#,##0." + "#" * _places(value, 4), self.locale)

    def ungrouped(self, value: float) -> str:
        return f"{value:g}" if isinstance(value, float) else str(value)

    def score(self, value: float | None) -> str:
        """A metric with three decimals below ten, so that scores of one ladder line up; else four digits."""
        if value is None or not math.isfinite(value):
            return "—"
        if abs(value) < 10 and (abs(value) >= 0.01 or value == 0):
            return self._minus(format_decimal(value, "0.000", self.locale))
        return self.number(float(value))

    def usd(self, value: float | None) -> str:
        """`$1,234.56`, `$123,457`, `$0.0042`: cents, none above 100,000, two digits that count below a dime."""
        if value is None:
            return "—"
        code, value = in_shown_currency(value)
        size = abs(value)
        places = 2 if size == 0 or size >= 0.1 else min(_places(value, 2), 10)
        pattern = "¤#,##0" if size >= 99_999.995 else "¤#,##0." + "0" * places
        return self._minus(format_currency(value, code, pattern, self.locale, currency_digits=False))

    def compact_usd(self, value: float) -> str:
        """`$12K`, for the axes of pictures."""
        code, shown = in_shown_currency(value)
        if abs(shown) < 1000:
            return self.usd(value) if abs(shown) < 1 and shown else self._minus(
                format_currency(shown, code, "¤0.##", self.locale, currency_digits=False))
        return self._minus(format_compact_currency(shown, code, locale=self.locale, fraction_digits=1))

    def compact(self, value: float) -> str:
        """`200K`, for the axes of pictures."""
        if abs(value) < 1000:
            return self.number(value)
        return format_compact_decimal(value, locale=self.locale, fraction_digits=1)

    def share(self, value: float | None) -> str:
        """A part of one as `12.3%`."""
        if value is None:
            return "—"
        places = 1 if abs(value) >= 0.001 or value == 0 else 3
        return format_percent(value, "#,##0." + "#" * places + "%", self.locale)

    def seconds(self, value: float | None) -> str:
        """`0.85 sec`, `12 sec`, `2 min 5 sec`, `1 hr 4 min`."""
        if value is None:
            return "—"
        if value < 60:
            digits = value if value < 10 else round(value)
            return self._unit(digits, "duration-second", "0.#" if value >= 1 else "0.##")
        if round(value) < 3600:
            return self._two(round(value), 60, "duration-minute", "duration-second")
        return self._two(round(value / 60), 60, "duration-hour", "duration-minute")

    def ms(self, value: float | None) -> str:
        """`0.42 ms`, `12.3 ms`."""
        if value is None:
            return "—"
        return self._unit(value, "duration-millisecond", "#,##0." + "#" * min(_places(value, 3), 3))

    def bytes(self, value: float | None) -> str:
        """`1.2 MB`, counted in thousands."""
        if value is None:
            return "—"
        power = 0
        while abs(value) >= 999.5 and power < len(BYTE_UNITS) - 1:
            value, power = value / 1000, power + 1
        if power == 0:
            return f"{value:.0f} B"
        return self._unit(value, f"digital-{BYTE_UNITS[power]}", "0.#" if value < 100 else "0")

    def moment(self, text: str) -> str:
        """An ISO time as the language writes it, in its own time zone; text that is none stays."""
        try:
            return format_datetime(datetime.fromisoformat(text.replace("Z", "+00:00")), "medium", locale=self.locale)
        except ValueError:
            return text

    def _unit(self, value: float, unit: str, pattern: str) -> str:
        return format_unit(value, unit, "short", pattern, self.locale)

    def _two(self, value: int, step: int, large: str, small: str) -> str:
        """A time in two units; the small one is left out where it is zero."""
        first = self._unit(value // step, large, "0")
        return f"{first} {self._unit(value % step, small, '0')}" if value % step else first

    @staticmethod
    def _minus(text: str) -> str:
        return text.replace("-", "\u2212", 1) if text.startswith("-") else text


def _places(value: float, digits: int) -> int:
    """How many decimals show `digits` digits that count."""
    if value == 0 or not math.isfinite(value):
        return digits
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


@cache
def writer(language: str) -> Writer:
    """The writer of a language, made once."""
    return Writer(language)
