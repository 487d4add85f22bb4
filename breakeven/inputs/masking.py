"""Personal data in text is replaced before the text leaves the machine: mail, phone, Chinese resident id, bank card.

Rules alone, no model and no download. What has a checksum must pass it; a phone number must have the form of one, so
that prices, dates, order numbers and versions stay as they are. Full-width digits and signs count as plain ones.
Names and addresses are not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

VERSION = 1
"""Kept with what was made from masked text; another set of rules is another version."""

FEWEST_DIGITS, MOST_GROUPS = 13, 6
"""Of a card: its digits, and the groups in which they are written."""
TAGS = {"mail": "[mail]", "id": "[id]", "card": "[card]", "phone": "[phone]"}

_WIDE = {
    **{0xFF01 + place: 0x21 + place for place in range(0x5E)}, 0x3000: 0x20, 0x2010: 0x2D, 0x2011: 0x2D, 0x2013: 0x2D,
}
"""Full-width signs, the wide space and other hyphens, each to one plain sign: places in the text stay the same."""

_MAIL = re.compile(r"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_ID = re.compile(r"(?<![0-9A-Za-z])\d{6}[ -]?(?:19|20)\d{2}[ -]?\d{4}[ -]?\d{3}[0-9Xx](?![0-9A-Za-z])")
_DIGITS = re.compile(r"(?<![0-9A-Za-z])(?<!\d\.)\d+(?:[ -]\d+)*(?![0-9A-Za-z])(?!\.\d)")
_GROUP = re.compile(r"\d+")
_PHONES = tuple(
    re.compile(rf"(?<![0-9A-Za-z+])(?<!\d[.,:/-]){form}(?![0-9A-Za-z])(?![.,:/-]\d)")
    for form in (
        r"(?:(?:\+|00)?86[ -]?|\(\+86\) ?)?1[3-9]\d(?P<gap>[ -]?)\d{4}(?P=gap)\d{4}",  # mobile, China
        r"(?:(?:\+|00)86[ -]?|\(?0)(?:10|2\d)\)?[ -]?\d{4} ?\d{4}",  # line, China: great cities
        r"(?:(?:\+|00)86[ -]?|\(?0)[3-9]\d{2}\)?[ -]?\d{3,4} ?\d{4}",  # line, China: other places
        r"(?:\+|00(?=[1-9]\d{0,2}[ -]))[1-9]\d{0,2}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}",  # any land
        r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}(?P<dash>[.-]))[2-9]\d{2}[.-]\d{4}",  # North America
    )
)

_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d+|3[47]\d{13}|3(?:0[0-5]\d|[689]\d\d)\d{10}"
    r"|35\d{14,17}|6(?:011|4[4-9]|5)\d+|(?:62|81)\d{14,17}|(?:50|5[6-9]|6[0-9])\d{14,17}|220[0-4]\d{12}"
)
"""Numbers that card networks give out, by their first digits and length; others with a right checksum are chance."""
_SIXTEEN = re.compile(r"5[1-5]|2[2-7]")
"""Of these first digits, cards have sixteen."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def mask(text: str) -> str:
    """The text with a tag such as `[mail]` in the place of each piece of personal data."""
    parts, end = [], 0
    for start, stop, kind in _found(text):
        if start >= end:
            parts += [text[end:start], TAGS[kind]]
            end = stop
    return "".join([*parts, text[end:]])


def count_personal(text: str) -> int:
    """How many pieces of personal data `mask` would replace."""
    end = count = 0
    for start, stop, _ in _found(text):
        if start >= end:
            count, end = count + 1, stop
    return count


def _found(text: str) -> list[tuple[int, int, str]]:
    """(start, stop, kind) by place; of those that begin together the one with the surer sign first."""
    plain = text.translate(_WIDE)
    if not any(sign.isdigit() or sign == "@" for sign in plain):
        return []
    order = list(TAGS)
    return sorted(_matches(plain), key=lambda each: (each[0], order.index(each[2])))


def _matches(plain: str) -> Iterator[tuple[int, int, str]]:
    rules: list[tuple[str, re.Pattern[str], Callable[[str], bool]]] = [
        ("mail", _MAIL, lambda found: True), ("id", _ID, is_resident_id),
        *(("phone", form, _is_phone) for form in _PHONES),
    ]  # fmt: skip
    for run in _DIGITS.finditer(plain):
        yield from _cards(run)
    for kind, form, holds in rules:
        for match in form.finditer(plain):
            if holds(match.group()):
                yield match.start(), match.end(), kind


def _cards(run: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """The card numbers in groups of digits that stand one after the other, as in `2 tickets, 4111 1111 1111 1111`."""
    groups = [(run.start() + group.start(), run.start() + group.end()) for group in _GROUP.finditer(run.group())]
    for first, (start, _) in enumerate(groups):
        for _, stop in reversed(groups[first : first + MOST_GROUPS]):
            if stop - start >= FEWEST_DIGITS and is_card_number(run.string[start:stop]):
                yield start, stop, "card"
                break


def is_resident_id(text: str) -> bool:
    """Whether 18 signs are a Chinese resident id: a date of birth, and the check sign of GB 11643 (ISO 7064, 11-2)."""
    signs = re.sub(r"[ -]", "", text).upper()
    if not re.fullmatch(r"[1-9]\d{16}[0-9X]", signs):
        return False
    try:
        date(int(signs[6:10]), int(signs[10:12]), int(signs[12:14]))
    except ValueError:
        return False
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, signs, strict=False)) % 11
    return "10X98765432"[rest] == signs[17]


def is_card_number(text: str) -> bool:
    """Whether digits are a number of a payment card: a network's first digits and length, and Luhn's checksum."""
    digits = re.sub(r"[ -]", "", text)
    if not _CARDS.fullmatch(digits) or (_SIXTEEN.match(digits) and len(digits) != 16):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_phone(text: str) -> bool:
    """Not a large round number with a sign, as in `+100 000 000`; at least nine digits behind a plus."""
    digits = re.sub(r"\D", "", text)
    return not digits.endswith("000000") and (len(digits) >= 9 or not text.startswith("+"))
