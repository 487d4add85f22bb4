"""The OpenAPI page of a release: its own columns in, its own answers out."""

from __future__ import annotations

from typing import Any

import msgspec

from breakeven.outputs import OUTPUTS
from breakeven.serving.arrow import ARROW
from breakeven.serving.limits import Limits
from breakeven.serving.reading import FeedbackReader
from breakeven.serving.served import Served
from breakeven.serving.text_openapi import TEXT, text_paths

PLACE = "#/components/schemas/{name}"
REF = "#/components/schemas/"
FAULT = {
    "type": "object", "description": "Why a request was refused.",
    "properties": {"error": {"type": "object", "properties": {
        "status": {"type": "integer", "minimum": 400, "maximum": 599}, "message": {"type": "string"}},
        "required": ["status", "message"], "additionalProperties": False}},
    "required": ["error"], "additionalProperties": False,
    "example": {"error": {"status": 422, "message": "Expected `str`, got `int` - at `$.inputs[0]`"}},
}  # fmt: skip
TAKEN = {"type": "object", "properties": {"taken": {"type": "integer"}}, "required": ["taken"]}
REFUSALS = {
    "400": "the request is not HTTP as it should be", "401": "no valid key", "403": "the key does not open this",
    "413": "the body is too large", "415": "the body is of another kind", "422": "the body is not what is taken",
    "429": "too many requests with this key", "503": "there is more to do than can be done in time",
}  # fmt: skip
ARROW_STREAM = {"schema": {"type": "string", "contentMediaType": ARROW.decode(), "description":
                "Apache Arrow's stream format, uncompressed: a column for each column of an input."}}  # fmt: skip
EXAMPLES = {"text": "the parcel has not come", "number": 1.5, "category": "a", "date": "2026-11-22"}


def openapi(served: Served) -> dict[str, Any]:
    """OpenAPI 3.1 of a server with this release."""
    types = [served.reader.body_type, FeedbackReader(Limits()).body_type]
    (body, feedback), definitions = msgspec.json.schema_components(types, ref_template=PLACE)
    definitions["Feedback"]["anyOf"] = [
        {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in ("truth", "reward", "event")
    ]
    output = OUTPUTS.get(served.artifact.output)
    one = TEXT if served.writing else output.answer_schema(served.artifact.labels)
    answers = {"type": "object", "properties": {
        "release": {"type": "integer"},
        "outputs": {"type": "array", "items": _with_id(one)},
    }, "required": ["release", "outputs"]}  # fmt: skip
    texts, more = text_paths(served.writing.limits, PLACE) if served.writing else ({}, {})
    taken = {"application/json": {"schema": body, "example": _example(served)}, ARROW.decode(): ARROW_STREAM}
    told = {"application/json": {"schema": feedback, "example": {"feedback": [{"id": "5f0c-1", "reward": 1.0}]}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"breakeven release {served.number}", "version": str(served.number)},
        "paths": {
            "/v1/predict": {"post": _asked("predict", "Answer inputs with the current release.", taken, {
                "description": "the answers, in the order of the inputs",
                "content": {"application/json": {"schema": {"$ref": REF + "Answers"}}, ARROW.decode(): ARROW_STREAM}})},
            "/v1/feedback": {"post": _asked(
                "feedback", "Tell what the truth of answers was, what they were worth, or what their user did.", told,
                _json("how many were taken", TAKEN))},
            "/health": {"get": _probe("health", "The process is alive.", ())},
            "/ready": {"get": _probe("ready", "The release gave its golden answers.", ("503",))},
            **texts,
        },
        "components": {"schemas": definitions | more | {"Answers": answers, "Fault": FAULT},
                       "securitySchemes": {"key": {"type": "http", "scheme": "bearer",
                                                   "description": "A key of `breakeven keys add`; none is asked for "
                                                                  "where the server listens on its machine alone."}}},
    }  # fmt: skip


def _asked(name: str, summary: str, taken: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A path that takes a body."""
    return {"summary": summary, "operationId": name, "requestBody": {"required": True, "content": taken},
            "responses": {"200": given, **{status: _fault(text) for status, text in REFUSALS.items()}},
            "security": [{}, {"key": []}]}  # fmt: skip


def _example(served: Served) -> dict[str, Any]:
    """A body with one input, of the kinds of its columns."""
    cells = {column.name: column.levels[0] if column.levels else EXAMPLES.get(column.kind)
             for column in served.artifact.columns}  # fmt: skip
    return {"inputs": [cells]}


def _with_id(schema: dict[str, Any]) -> dict[str, Any]:
    """An answer with the name that feedback calls it by."""
    return schema | {"properties": schema["properties"] | {"id": {"type": "string"}},
                     "required": [*schema["required"], "id"]}


def _probe(name: str, summary: str, others: tuple[str, ...]) -> dict[str, Any]:
    responses = {"200": _json("yes", {"type": "object"})} | {status: _fault("no") for status in others}
    return {"summary": summary, "operationId": name, "responses": responses}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _fault(description: str) -> dict[str, Any]:
    return _json(description, {"$ref": REF + "Fault"})
