"""Chats as rows hold them: a JSON list of messages, `[{"role": "user", "content": "…"}, …]`."""

from __future__ import annotations

import json
from dataclasses import dataclass

ROLES = ("system", "user", "assistant")
WRITER = "assistant"
"""The role whose words a model learns to write."""


@dataclass(frozen=True)
class Said:
    """What one side of a chat says; `role` is empty in a text that is no chat."""

    role: str
    text: str

    @property
    def scored(self) -> bool:
        """Whether a model is to write this; the rest it only reads."""
        return self.role in ("", WRITER)


def read_chat(cell: str) -> tuple[Said, ...] | None:
    """The messages of a cell; None where it is no chat."""
    if not cell.lstrip().startswith("["):
        return None
    try:
        messages = json.loads(cell)
    except json.JSONDecodeError:
        return None
    if not messages or not all(_is_message(message) for message in messages):
        return None
    return tuple(Said(message["role"], message["content"]) for message in messages)


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and value.get("role") in ROLES and isinstance(value.get("content"), str)


def read_said(cell: str | None) -> tuple[Said, ...]:
    """What a cell says: the messages of a chat, or one plain text."""
    return read_chat(cell or "") or (Said("", cell or ""),)


def scored_bytes(said: tuple[Said, ...]) -> int:
    """The size in UTF-8 of what a model is to write."""
    return sum(len(each.text.encode()) for each in said if each.scored)
