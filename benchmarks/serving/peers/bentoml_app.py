"""BentoML: bentoml serve bentoml_app:Boosted"""

from __future__ import annotations

from typing import Any

import bentoml
from model import Model


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Boosted:
    def __init__(self) -> None:
        self.model = Model()

    @bentoml.api
    async def predict(self, inputs: list[list[float]]) -> dict[str, Any]:
        return {"outputs": self.model.answers(inputs)}
