"""Text for a terminal: what comes from data files is hostile until its control characters are gone."""

from __future__ import annotations

import re

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""All but tab and line feed: escape sequences, and marks that turn the direction of writing."""


def safe(text: str) -> str:
    """The text with every control character shown as a question mark in a box."""
    return CONTROL.sub("\ufffd", text)


def shortened(text: str, most: int) -> str:
    """The text on one line, cut with an ellipsis when it is longer than `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
