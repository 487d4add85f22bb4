"""The shapes of OpenAI's replies: whole answers, pieces of a stream as server-sent events, models, errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from breakeven.serving.text_asked import Finish

ENCODE = msgspec.json.Encoder().encode
DONE = b"data: [DONE]\n\n"
KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded", 503: "overloaded"}


@dataclass(frozen=True)
class Usage:
    """What an answer took: tokens of its prompt, tokens that were written."""

    prompt: int
    written: int

    def told(self) -> dict[str, int]:
        return {"prompt_tokens": self.prompt, "completion_tokens": self.written,
                "total_tokens": self.prompt + self.written}  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """One answer to one request; `include_usage` is what a stream was asked for."""

    kind: Literal["chat", "text"]
    id: str
    created: int
    model: str
    include_usage: bool = False

    def whole(self, text: str, finish: Finish, usage: Usage) -> bytes:
        said = {"message": {"role": "assistant", "content": text, "refusal": None}} if self._is_chat else {"text": text}
        choice = {"index": 0, **said, "logprobs": None, "finish_reason": finish}
        return ENCODE(self._head(False) | {"choices": [choice], "usage": usage.told()})

    def begun(self) -> bytes:
        """The event before the first piece; a plain text has none."""
        return self._event({"delta": {"role": "assistant", "content": ""}}, None) if self._is_chat else b""

    def piece(self, text: str) -> bytes:
        """The event of a piece; none for a piece without text."""
        if not text:
            return b""
        return self._event({"delta": {"content": text}} if self._is_chat else {"text": text}, None)

    def ended(self, finish: Finish, usage: Usage) -> bytes:
        """The events behind the last piece."""
        last = self._event({"delta": {}} if self._is_chat else {"text": ""}, finish)
        told = self._head(True) | {"choices": [], "usage": usage.told()}
        return last + (event(told) if self.include_usage else b"") + DONE

    @property
    def _is_chat(self) -> bool:
        return self.kind == "chat"

    def _event(self, said: dict[str, Any], finish: Finish | None) -> bytes:
        usage = {"usage": None} if self.include_usage else {}
        choice = {"index": 0, **said, "logprobs": None, "finish_reason": finish}
        return event(self._head(True) | {"choices": [choice]} | usage)

    def _head(self, streamed: bool) -> dict[str, Any]:
        kind = "chat.completion" + (".chunk" if streamed else "") if self._is_chat else "text_completion"
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def event(content: dict[str, Any]) -> bytes:
    """A server-sent event. JSON has no line breaks of its own, so one line is enough."""
    return b"data: " + ENCODE(content) + b"\n\n"


def error(status: int, text: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    kind = KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": text, "type": kind, "param": param, "code": code or CODES.get(status)}}


def model(name: str, created: int, context: int | None) -> dict[str, Any]:
    """A model that can be asked; `max_model_len` is how many tokens prompt and answer may have together."""
    return {"id": name, "object": "model", "created": created, "owned_by": "breakeven", "max_model_len": context}
