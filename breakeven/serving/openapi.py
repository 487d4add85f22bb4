"""The OpenAPI page of a release: its own columns in, its own answers out."""

from __future__ import annotations

from typing import Any

import msgspec

from breakeven.outputs import OUTPUTS
from breakeven.serving.limits import Limits
from breakeven.serving.reading import FeedbackReader
from breakeven.serving.served import Served
from breakeven.serving.text_openapi import TEXT, text_paths

PLACE = "#/components/schemas/{name}"
FAULT = {
    "type": "object",
    "properties": {"error": {"type": "object", "properties": {
        "status": {"type": "integer"}, "message": {"type": "string"}}, "required": ["status", "message"]}},
    "required": ["error"],
}  # fmt: skip
TAKEN = {"type": "object", "properties": {"taken": {"type": "integer"}}, "required": ["taken"]}
REFUSALS = {
    "400": "the request is not HTTP as it should be", "401": "no valid key", "403": "the key does not open this",
    "413": "the body is too large", "415": "the body is not JSON", "422": "the body is not what the release takes",
    "429": "too many requests of this client", "503": "there is more to do than can be done in time",
}  # fmt: skip


def openapi(served: Served) -> dict[str, Any]:
    """OpenAPI 3.1 of a server with this release."""
    types = [served.reader.body_type, FeedbackReader(Limits()).body_type]
    (body, feedback), definitions = msgspec.json.schema_components(types, ref_template=PLACE)
    output = OUTPUTS.get(served.artifact.output)
    one = TEXT if served.writing else output.answer_schema(served.artifact.labels)
    answer = {"type": "object", "properties": {
        "release": {"type": "integer"},
        "outputs": {"type": "array", "items": _with_id(one)},
    }, "required": ["release", "outputs"]}  # fmt: skip
    predict = {
        "summary": "Answer inputs with the current release.",
        "operationId": "predict",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _json("the answers, in the order of the inputs", answer),
                      **{status: _json(text, FAULT) for status, text in REFUSALS.items()}},
        "security": [{}, {"key": []}],
    }  # fmt: skip
    texts, more = text_paths(served.writing.limits, PLACE) if served.writing else ({}, {})
    return {
        "openapi": "3.1.0",
        "info": {"title": f"breakeven release {served.number}", "version": str(served.number)},
        "paths": {
            "/v1/predict": {"post": predict},
            "/v1/feedback": {"post": {
                "summary": "Tell what the truth of answers was, or what they were worth.",
                "operationId": "feedback",
                "requestBody": {"required": True, "content": {"application/json": {"schema": feedback}}},
                "responses": {"200": _json("how many were taken", TAKEN),
                              **{status: _json(text, FAULT) for status, text in REFUSALS.items()}},
                "security": [{}, {"key": []}],
            }},
            "/health": {"get": _probe("health", "The process is alive.", ())},
            "/ready": {"get": _probe("ready", "The release gave its golden answers.", ("503",))},
            **texts,
        },
        "components": {"schemas": definitions | more, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def _with_id(schema: dict[str, Any]) -> dict[str, Any]:
    """An answer with the name that feedback calls it by."""
    return schema | {"properties": schema["properties"] | {"id": {"type": "string"}},
                     "required": [*schema["required"], "id"]}


def _probe(name: str, summary: str, others: tuple[str, ...]) -> dict[str, Any]:
    responses = {"200": {"description": "yes"}} | {status: _json("no", FAULT) for status in others}
    return {"summary": summary, "operationId": name, "responses": responses}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


