"""The types of ASGI, and what a request's scope holds beside its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
KEY = "breakeven.key"
"""Where a request's scope holds the name of its key."""
