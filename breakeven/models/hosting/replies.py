"""What an endpoint answers: read from its JSON, kept on disk under everything that decided it."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from breakeven.models.hosting.access import Usage

DECISIVE = ("model", "messages", "temperature", "logprobs", "top_logprobs")
"""What decides a reply that came to its end; the most tokens it may have do not."""


@dataclass(frozen=True)
class Reply:
    """A reply. `tops` are the most probable first tokens with their log probabilities, `logprob` is that of the whole
    text (None where the endpoint gives none); `usd` is what it cost, with the tries before it that were no use."""

    text: str
    usage: Usage | None
    finish: str = "stop"
    tops: tuple[tuple[str, float], ...] = ()
    logprob: float | None = None
    usd: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Neither cut off nor empty."""
        return bool(self.text.strip()) and self.finish != "length"


def read_reply(content: bytes) -> Reply:
    """The reply in the body of an answer; an empty text where it is malformed."""
    try:
        body = json.loads(content)
        usage = _usage(body.get("usage"))
    except (ValueError, AttributeError):
        return Reply("", None)
    try:
        choice = body["choices"][0]
        text = choice["message"]["content"] or ""
        tops, logprob = _probabilities(choice.get("logprobs"))
        return Reply(str(text), usage, str(choice.get("finish_reason") or "stop"), tops, logprob)
    except (KeyError, IndexError, TypeError, AttributeError):
        return Reply("", usage)


def _usage(told: Any) -> Usage | None:
    """The counted tokens; None where they are not told or make no sense."""
    try:
        details = told.get("prompt_tokens_details") or {}
        cached = int(details.get("cached_tokens") or told.get("prompt_cache_hit_tokens") or 0)
        read, written = int(told["prompt_tokens"]), int(told["completion_tokens"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return Usage(read, written, min(cached, read)) if min(read, written, cached) >= 0 else None


def _probabilities(told: Any) -> tuple[tuple[tuple[str, float], ...], float | None]:
    """The tokens that could have come first, leaving out space and signs before the answer; log p of the text."""
    if not told or not told.get("content"):
        return (), None
    tokens = told["content"]
    first = next((token for token in tokens if any(sign.isalnum() for sign in token["token"])), tokens[0])
    tops = tuple((str(top["token"]), float(top["logprob"])) for top in first.get("top_logprobs") or ())
    return tops, sum(float(token["logprob"]) for token in tokens)


class Replies:
    """Whole replies on disk. No text of a row is kept here but what the model answered."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder / "hosted"
        self.url = url

    def find(self, body: dict[str, Any]) -> Reply | None:
        try:
            kept = json.loads(self._place(body).read_bytes())
            kept["usage"] = Usage(**kept["usage"]) if kept["usage"] else None
            kept["tops"] = tuple((str(token), float(logprob)) for token, logprob in kept["tops"])
            return Reply(**kept)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, body: dict[str, Any], reply: Reply) -> None:
        self.write(self._place(body), asdict(reply))

    def write(self, place: Path, content: dict[str, Any]) -> None:
        """Atomic, but not flushed to the disk: a reply that is lost is asked for again."""
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(place)

    def _place(self, body: dict[str, Any]) -> Path:
        deciding = {name: body[name] for name in DECISIVE if name in body}
        text = json.dumps([self.url, deciding], sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.json"
