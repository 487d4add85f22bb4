"""The peer: the same artifact behind async FastAPI on uvicorn, as a generic wrapper is usually written.

    RELEASE=…/releases/1 uvicorn fastapi_app:app --loop uvloop --http httptools --no-access-log
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
from fastapi import FastAPI
from pydantic import BaseModel

from breakeven.models.artifact import load_artifact
from breakeven.outputs import OUTPUTS

ARTIFACT, PREDICTOR = load_artifact(Path(os.environ["RELEASE"]) / "artifact")
OUTPUT = OUTPUTS.get(ARTIFACT.output)
NAMES = [column.name for column in ARTIFACT.columns]
app = FastAPI()


class Body(BaseModel):
    inputs: list[dict[str, str | float | None]]


@app.post("/v1/predict")
async def predict(body: Body) -> dict[str, Any]:
    cells = {name: [None if row[name] is None else str(row[name]) for row in body.inputs] for name in NAMES}
    rows = pa.table({name: pa.array(column, pa.large_string()) for name, column in cells.items()})
    return {"outputs": OUTPUT.answers(PREDICTOR.predict(rows), ARTIFACT.labels)}
