"""From the JSON of OpenAI's endpoints to what an engine is asked: every field by its type and bounds, no other field.

Fields that would change an answer in a way that is not offered here (`tools`, `logit_bias`, `logprobs` …) are refused
rather than passed over; some clients send neutral values of a few of them, and those are taken.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from breakeven.outputs.chats import WRITER, Said
from breakeven.serving.limits import Limits
from breakeven.serving.reading import USER_CHARACTERS, Malformed, decoded

MOST_MESSAGES, MOST_STOP_WORDS, STOP_CHARACTERS, NAME_CHARACTERS = 1_000, 4, 100, 200
MOST_SEED = 2**63 - 1
Whole = Annotated[int, msgspec.Meta(ge=1)]
Temperature = Annotated[float, msgspec.Meta(ge=0.0, le=2.0)]
Share = Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
Seed = Annotated[int, msgspec.Meta(ge=-MOST_SEED, le=MOST_SEED)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS)]
StopWord = Annotated[str, msgspec.Meta(min_length=1, max_length=STOP_CHARACTERS)]
Stop = StopWord | Annotated[list[StopWord], msgspec.Meta(max_length=MOST_STOP_WORDS)]
Nothing = Annotated[float, msgspec.Meta(ge=0.0, le=0.0)]
One = Annotated[int, msgspec.Meta(ge=1, le=1)]
PLACE, FIELD = re.compile(r" - at `\$\.(.*)`$"), re.compile(r"(?:unknown|required) field `(.*?)`")


class StreamOptions(msgspec.Struct, forbid_unknown_fields=True):
    include_usage: bool = False


class ResponseFormat(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["text"]


@dataclass(frozen=True)
class Wanted:
    """What a request wants, its prompt aside; None where it names nothing."""

    model: str
    said: tuple[Said, ...]
    """The prompt; empty where its tokens are given."""
    tokens: tuple[int, ...] | None
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int | None
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool
    user: str | None

    @property
    def is_chat(self) -> bool:
        return bool(self.said) and self.said[0].role != ""

    @property
    def shown(self) -> str:
        """The prompt as a row would hold it."""
        if self.is_chat:
            return json.dumps([{"role": each.role, "content": each.text} for each in self.said], ensure_ascii=False)
        return self.said[0].text if self.said else json.dumps(self.tokens)


class ChatReader:
    """Reads the body of `/v1/chat/completions`."""

    def __init__(self, limits: Limits) -> None:
        text = Annotated[str, msgspec.Meta(max_length=limits.text_characters)]
        part = msgspec.defstruct("TextPart", [("type", Literal["text"]), ("text", text)], forbid_unknown_fields=True)
        parts = Annotated[list[part], msgspec.Meta(min_length=1, max_length=MOST_MESSAGES)]  # type: ignore[valid-type]
        roles = Literal["system", "developer", "user", "assistant"]
        message = msgspec.defstruct("Message", [("role", roles), ("content", text | parts)], forbid_unknown_fields=True)
        messages = Annotated[list[message], msgspec.Meta(min_length=1, max_length=MOST_MESSAGES)]  # type: ignore[valid-type]
        fields = [
            ("messages", messages), *_common(limits), ("max_completion_tokens", _tokens(limits), None),
            ("logprobs", Literal[False] | None, None), ("response_format", ResponseFormat | None, None),
        ]  # fmt: skip
        self.body_type: Any = msgspec.defstruct("ChatCompletion", fields, kw_only=True, forbid_unknown_fields=True)
        self._decoder: Any = msgspec.json.Decoder(self.body_type)

    def read(self, body: bytes) -> Wanted:
        """Raises Malformed."""
        found = decoded(self._decoder, body)
        if found.max_tokens is not None and found.max_completion_tokens is not None:
            raise Malformed("`max_tokens` is the old name of `max_completion_tokens`: give one - at `$.max_tokens`")
        said = tuple(_said(message) for message in found.messages)
        if said[-1].role == WRITER:
            place = len(said) - 1
            raise Malformed(f"the last message must be what is to be answered - at `$.messages[{place}].role`")
        return _wanted(found, said, found.max_completion_tokens or found.max_tokens)


class CompletionReader:
    """Reads the body of `/v1/completions`; a prompt is a text, or its tokens."""

    def __init__(self, limits: Limits) -> None:
        text = Annotated[str, msgspec.Meta(max_length=limits.text_characters)]
        token = Annotated[int, msgspec.Meta(ge=0)]
        ids = Annotated[list[token], msgspec.Meta(min_length=1, max_length=limits.prompt_tokens)]
        fields = [("prompt", text | ids), *_common(limits), ("best_of", One | None, None),
                  ("echo", Literal[False] | None, None)]  # fmt: skip
        self.body_type: Any = msgspec.defstruct("Completion", fields, kw_only=True, forbid_unknown_fields=True)
        self._decoder: Any = msgspec.json.Decoder(self.body_type)

    def read(self, body: bytes) -> Wanted:
        """Raises Malformed."""
        found = decoded(self._decoder, body)
        if isinstance(found.prompt, str):
            return _wanted(found, (Said("", found.prompt),), found.max_tokens)
        return _wanted(found, (), found.max_tokens, tuple(found.prompt))


def place_of(fault: str) -> str | None:
    """The path of the field that a text of Malformed names, as OpenAI's `param`."""
    place, field = PLACE.search(fault), FIELD.search(fault)
    path = [place.group(1)] if place else []
    return ".".join(path + ([field.group(1)] if field else [])) or None


def _common(limits: Limits) -> list[Any]:
    """The fields of both bodies. Penalties other than 0 and more than one answer are not offered."""
    user = Annotated[str, msgspec.Meta(max_length=USER_CHARACTERS)]
    return [
        ("model", Name), ("max_tokens", _tokens(limits), None), ("temperature", Temperature | None, None),
        ("top_p", Share | None, None), ("seed", Seed | None, None), ("stop", Stop | None, None),
        ("stream", bool | None, None), ("stream_options", StreamOptions | None, None), ("user", user | None, None),
        ("n", One | None, None), ("frequency_penalty", Nothing | None, None),
        ("presence_penalty", Nothing | None, None),
    ]  # fmt: skip


def _tokens(limits: Limits) -> Any:
    return Annotated[int, msgspec.Meta(ge=1, le=limits.answer_tokens)] | None


def _said(message: Any) -> Said:
    content = message.content
    text = content if isinstance(content, str) else "".join(part.text for part in content)
    return Said("system" if message.role == "developer" else message.role, text)


def _wanted(
    found: Any, said: tuple[Said, ...], max_tokens: int | None, tokens: tuple[int, ...] | None = None
) -> Wanted:
    if found.stream_options is not None and not found.stream:
        raise Malformed("only a stream has options - at `$.stream_options`")
    stop = (found.stop,) if isinstance(found.stop, str) else tuple(found.stop or ())
    return Wanted(
        model=found.model, said=said, tokens=tokens, max_tokens=max_tokens,
        temperature=1.0 if found.temperature is None else found.temperature,
        top_p=1.0 if found.top_p is None else found.top_p,
        seed=None if found.seed is None else found.seed % 2**64, stop=stop, stream=bool(found.stream),
        include_usage=bool(found.stream_options and found.stream_options.include_usage), user=found.user,
    )  # fmt: skip
