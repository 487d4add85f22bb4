"""Async FastAPI asked as our server is: an object with a value for every column."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from model import Model
from pydantic import BaseModel

MODEL = Model()
NAMES: list[str] = json.loads((Path(os.environ["BENCHMARK_MODEL"]) / "columns.json").read_text())
app = FastAPI()


class Body(BaseModel):
    inputs: list[dict[str, float]]


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"alive": True}


@app.post("/predict")
async def predict(body: Body) -> dict[str, Any]:
    return {"outputs": MODEL.answers([[row[name] for name in NAMES] for row in body.inputs])}
