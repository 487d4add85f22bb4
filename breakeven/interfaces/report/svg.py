"""Drawing by hand: SVG elements with every text escaped, and the scales of axes."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from html import escape

from markupsafe import Markup

WIDTH = 860
"""All pictures are this wide in their own units and scale with the page."""


def element(name: str, text: str = "", /, **attributes: str | float) -> str:
    """One element; `class_` stands for `class`, `_` in a name for `-`. Numbers are cut to two decimals."""
    written = "".join(f' {_attribute(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{escape(text)}</{name}>" if text else f"<{name}{written}/>"


def titled(name: str, title: str, /, **attributes: str | float) -> str:
    """An element that tells `title` when it is pointed at."""
    return element(name, "", **attributes)[:-2] + f"><title>{escape(title)}</title></{name}>"


def picture(parts: list[str], height: float, label: str) -> Markup:
    """The whole picture; `label` tells it to those who cannot see it."""
    head = f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(parts) + "</svg>")  # every part above is escaped


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def text_width(text: str, size: float = 13) -> float:
    """About how wide a text is drawn: wide letters count as one em, others as 0.56."""
    return sum(size if unicodedata.east_asian_width(letter) in "WF" else size * 0.56 for letter in text)


def fitted(text: str, width: float, size: float = 13) -> str:
    """The text, cut with an ellipsis so that it fits a width."""
    text = " ".join(text.split())
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


Scale = Callable[[float], float]


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """Maps low..high to start..end; an empty range to its middle."""
    span = high - low
    return lambda value: start + (end - start) * ((value - low) / span if span else 0.5)


def logarithmic(low: float, high: float, start: float, end: float) -> Scale:
    """The same by the logarithm; all values must be above 0."""
    inner = linear(math.log10(low), math.log10(high), start, end)
    return lambda value: inner(math.log10(value))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers within low..high, about so many."""
    if high <= low:
        return [low]
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((power * factor for factor in (1, 2, 5, 10)), key=lambda size: abs(size - raw))
    first = math.ceil(low / step - 1e-9)
    return [step * n for n in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 of each power of ten within low..high; only the powers when they are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if high / low <= 100 else (1,)
    return [f * 10.0**p for p in powers for f in factors if low * 0.999 <= f * 10.0**p <= high * 1.001]
