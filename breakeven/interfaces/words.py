"""The voice of an interface: it puts the words of the house into English or Chinese.

The catalogue is `locale/zh/LC_MESSAGES/breakeven.po`, kept by `python -m breakeven.interfaces.catalogue`. It is
compiled in memory when it is first needed, so that no compiled file can be older than its source. Babel is
imported only for another language than English or to write a number.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, ShowValue, Translate, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gettext import GNUTranslations

    from breakeven.records.record import MessageRecord

LANGUAGES = ("en", "zh")
VARIABLE = "BREAKEVEN_LANGUAGE"
LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Voice:
    """Speaks one language: calls of it and `say` give text, `write` gives a value alone."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.translate, self.write = translator(language)

    def __call__(self, message: Message | MessageRecord | str) -> str:
        """The text of a message, or the translation of a marked (`N_`) text."""
        if isinstance(message, str):
            return self.translate(message) if message else ""
        kept = message if isinstance(message, Message) else message.message()
        return kept.render(self.translate, self.write)

    def say(self, template: str, /, **values: Any) -> str:
        """The text of a template and its values."""
        return self(say(template, **values))


def translator(language: str) -> tuple[Translate, ShowValue]:
    """(translate, show) of a language. Raises UsageError for one that we do not speak."""
    if language not in LANGUAGES:
        raise UsageError(
            say("there is no language {name}", name=language), "--language", say("known: {names}", names=LANGUAGES)
        )
    return _translate(language), _show(language)


def language_of(asked: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """The language to speak: the one asked for, else the variable BREAKEVEN_LANGUAGE, else that of the locale."""
    if asked or environ.get(VARIABLE):
        return asked or environ[VARIABLE]
    locale = next((environ[name] for name in LOCALE_VARIABLES if environ.get(name)), "")
    return "zh" if locale.startswith("zh") else "en"


def _translate(language: str) -> Translate:
    """Templates without words (`{place}`) and unknown ones stay as they are."""
    return str if language == "en" else _catalogue(language).gettext


@cache
def _catalogue(language: str) -> GNUTranslations:
    """The translations of a language, compiled from its .po file."""
    from gettext import GNUTranslations
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with po_file(language).open("rb") as text:
        catalogue = read_po(text, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def po_file(language: str) -> Path:
    return Path(__file__).parent / "locale" / language / "LC_MESSAGES" / "breakeven.po"


def _show(language: str) -> ShowValue:
    """Numbers are written by Babel; what holds no number needs none of it."""

    translate = _translate(language)

    def show(value: Any, name: str = "") -> str:
        if isinstance(value, str):
            return translate(value) if name == "figures" and value else value
        if isinstance(value, list | tuple):
            return ("、" if language == "zh" else ", ").join(show(item, name) for item in value)
        from breakeven.interfaces.numbers import writer

        return writer(language).write(value, name)

    return show
