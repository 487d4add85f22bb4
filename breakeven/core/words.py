"""Words for people: a message is a template and its values, so that any language can be put on it later.

The code below the interfaces never prints and never translates: it says what happened with `say`, and the
interface that shows it passes the translation of the template. Templates are English and are the keys of the
catalogue (`breakeven/interfaces/locale`); `pybabel extract --keyword say` finds them.

A number is given as a number, never as text: the last word of its placeholder says what it is, and the interface
writes it as the language does. `{usd}`, `{train_usd}` is money; `{seconds}`, `{ms}`, `{bytes}` are measures; `{share}`
is a part of one (0.12 is shown as 12%); `{score}` is a metric; `{row}`, `{line}`, `{month}`, `{number}` are
written without a separator of thousands. `{figures}` are names of figures (marked `N_`) and are translated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Translate = Callable[[str], str]
ShowValue = Callable[[Any, str], str]
"""(value, name of its placeholder) -> how it is written."""


def _show_plainly(value: Any, name: str = "") -> str:
    """A value as English text: lists joined by commas, floats to four digits, everything else by `str`."""
    if isinstance(value, list | tuple):
        return ", ".join(_show_plainly(item, name) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class _Filled:
    """A value on its way into a template: as it is shown, or by the format that the template asks (`{value:.4f}`)."""

    value: Any
    shown: str

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec and isinstance(self.value, int | float) else self.shown


@dataclass(frozen=True)
class Message:
    """A sentence for people: an English template and the values that fill its `{names}`."""

    template: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def render(self, translate: Translate = str, show: ShowValue = _show_plainly) -> str:
        """The sentence in the language of `translate`, each value shown by `show` (messages inside too)."""
        filled = {
            name: _Filled(value, value.render(translate, show) if isinstance(value, Message) else show(value, name))
            for name, value in self.values.items()
        }
        return translate(self.template).format(**filled)

    def __str__(self) -> str:
        return self.render()


def say(template: str, /, **values: Any) -> Message:
    """A message to people. `template` is a literal, so that the catalogue can find it."""
    return Message(template, MappingProxyType(values))


def N_(template: str, /) -> str:
    """The text itself: marks a name (of a figure, an option) for the catalogue where no message can be kept."""
    return template
