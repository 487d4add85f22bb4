"""Async FastAPI: uvicorn fastapi_app:app --loop uvloop --http httptools --no-access-log"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from model import Model
from pydantic import BaseModel

MODEL = Model()
app = FastAPI()


class Body(BaseModel):
    inputs: list[list[float]]


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"alive": True}


@app.post("/predict")
async def predict(body: Body) -> dict[str, Any]:
    return {"outputs": MODEL.answers(body.inputs)}
