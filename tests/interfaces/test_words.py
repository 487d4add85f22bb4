"""The words of the house in both languages, and how numbers are written."""

from __future__ import annotations

import pytest

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say
from breakeven.interfaces import catalogue
from breakeven.interfaces.numbers import writer
from breakeven.interfaces.words import LANGUAGES, Voice, language_of, translator

OTHERS = LANGUAGES[1:]


@pytest.mark.parametrize("language", OTHERS)
def test_everything_that_is_said_is_translated(language: str) -> None:
    said = catalogue.said()
    assert len(said) > 400, "the extraction finds too little to be true"
    assert catalogue.missing(language) == [], "run: python -m breakeven.interfaces.catalogue, and translate"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_placeholders_of_their_templates(language: str) -> None:
    assert catalogue.mismatched(language) == []


def test_the_catalogue_says_nothing_that_the_code_no_longer_says() -> None:
    assert set(catalogue.translations("zh")) <= set(catalogue.said()), "run: python -m breakeven.interfaces.catalogue"


def test_placeholders_are_compared_with_their_formats() -> None:
    assert catalogue.placeholders("{a} of {b:.2f}") == catalogue.placeholders("{b:.2f} 中的 {a}")
    assert catalogue.placeholders("{a}") != catalogue.placeholders("{b}")


def test_a_message_is_spoken_in_each_language() -> None:
    message = say("there is no task {name}", name="juggling")
    assert Voice("en")(message) == "there is no task juggling"
    assert Voice("zh")(message) == "没有任务 juggling"


def test_messages_inside_messages_are_translated_too() -> None:
    assert Voice("zh")(say("{what}", what=say("chosen"))) == "已选定"


def test_what_has_no_translation_and_what_is_empty_stay() -> None:
    assert Voice("zh")(Message("words that nobody wrote")) == "words that nobody wrote"
    assert Voice("zh")("") == ""


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UsageError, match="no language xx"):
        translator("xx")


@pytest.mark.parametrize(
    ("asked", "environ", "expected"),
    [
        (None, {}, "en"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        (None, {"LANG": "en_US.UTF-8", "BREAKEVEN_LANGUAGE": "zh"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8", "BREAKEVEN_LANGUAGE": "zh"}, "en"),
    ],
)
def test_the_language_asked_for_goes_before_the_variable_and_the_locale(
    asked: str | None, environ: dict[str, str], expected: str
) -> None:
    assert language_of(asked, environ) == expected


@pytest.mark.parametrize(
    ("name", "value", "english", "chinese"),
    [
        ("month_usd", 1234.56, "$1,234.56", "US$1,234.56"),
        ("usd", 0.00421, "$0.0042", "US$0.0042"),
        ("usd", 123456.7, "$123,457", "US$123,457"),
        ("usd", -12.0, "−$12.00", "−US$12.00"),
        ("usd", 0, "$0.00", "US$0.00"),
        ("share", 0.1234, "12.3%", "12.3%"),
        ("seconds", 0.85, "0.85 sec", "0.85秒"),
        ("seconds", 125.0, "2 min 5 sec", "2分钟 5秒"),
        ("seconds", 3870, "1 hr 4 min", "1小时 4分钟"),
        ("ms", 12.34, "12.3 ms", "12.3毫秒"),
        ("bytes", 31_000_000, "31 MB", "31 MB"),
        ("bytes", 512, "512 B", "512 B"),
        ("rows", 12345, "12,345", "12,345"),
        ("row", 12345, "12345", "12345"),
        ("score", 0.86319, "0.863", "0.863"),
        ("score", 49100.4, "49,100", "49,100"),
        ("value", 0.853219, "0.8532", "0.8532"),
        ("anything", None, "—", "—"),
        ("anything", "as it is", "as it is", "as it is"),
        ("names", ["a", "b"], "a, b", "a、b"),
    ],
)
def test_numbers_are_written_by_the_name_of_their_placeholder(
    name: str, value: object, english: str, chinese: str
) -> None:
    template = "{" + name + "}"
    assert Voice("en").say(template, **{name: value}) == english
    assert Voice("zh").say(template, **{name: value}) == chinese


def test_axes_have_compact_money() -> None:
    assert writer("en").compact_usd(1_234_567) == "$1.2M"
    assert writer("zh").compact_usd(-3_400_000) == "−US$340万"
    assert writer("en").compact_usd(0) == "$0"


def test_a_moment_is_written_as_the_language_does() -> None:
    assert writer("zh").moment("2026-11-22T07:15:00Z").startswith("2026年11月22日")
    assert writer("en").moment("no time at all") == "no time at all"
