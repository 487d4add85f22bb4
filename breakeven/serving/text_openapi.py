"""What the OpenAPI page says of OpenAI's endpoints; the shapes of whole answers are OpenAI's own."""

from __future__ import annotations

from typing import Any

import msgspec

from breakeven.serving.limits import Limits
from breakeven.serving.text_reading import ChatReader, CompletionReader

FAULT = {"type": "object", "required": ["error"], "properties": {"error": {
    "type": "object", "required": ["message", "type"], "properties": {
        "message": {"type": "string"}, "type": {"type": "string"}, "param": {"type": ["string", "null"]},
        "code": {"type": ["string", "null"]}}}}}  # fmt: skip
REFUSALS = {
    "400": "the body is not what is taken here", "401": "no valid key", "403": "the key does not open this",
    "404": "there is no such model", "413": "the body is too large", "415": "the body is not JSON",
    "429": "too many requests of this client", "502": "what writes has failed",
    "503": "there is more to do than can be done in time",
}  # fmt: skip
TEXT = {"type": "object", "required": ["text", "tokens", "prompt_tokens"], "properties": {
    "text": {"type": "string"}, "tokens": {"type": "integer"}, "prompt_tokens": {"type": "integer"}}}  # fmt: skip
"""An answer of `/v1/predict`."""
MODEL = {"type": "object", "required": ["id", "object"], "properties": {
    "id": {"type": "string"}, "object": {"const": "model"},
    "max_model_len": {"type": ["integer", "null"]}}}  # fmt: skip


def text_paths(limits: Limits, place: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(paths, definitions) of the endpoints; `place` is where definitions lie."""
    types = [ChatReader(limits).body_type, CompletionReader(limits).body_type]
    (chat, completion), definitions = msgspec.json.schema_components(types, ref_template=place)
    paths = {
        "/v1/chat/completions": {"post": _writing("chat", "Answer the messages of a chat.", chat)},
        "/v1/completions": {"post": _writing("complete", "Go on with a text.", completion)},
        "/v1/models": {"get": _route("models", "What can be named as a model.", {
            "type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": MODEL}}})},
    }  # fmt: skip
    return paths, definitions


def _writing(name: str, summary: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = {"type": "object", "required": ["id", "object", "created", "model", "choices", "usage"], "properties": {
        "id": {"type": "string"}, "choices": {"type": "array"}, "usage": {"type": "object"}}}  # fmt: skip
    route = _route(name, summary, answer)
    route["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"type": "string"}}
    return route | {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def _route(name: str, summary: str, answer: dict[str, Any]) -> dict[str, Any]:
    faults = {status: {"description": text, "content": {"application/json": {"schema": FAULT}}}
              for status, text in REFUSALS.items()}  # fmt: skip
    given = {"description": "the answer", "content": {"application/json": {"schema": answer}}}
    responses = {"200": given, **faults}
    return {"summary": summary, "operationId": name, "responses": responses, "security": [{}, {"key": []}]}
