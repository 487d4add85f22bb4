"""MLServer: mlserver start FOLDER, with settings.json and model-settings.json beside each other."""

from __future__ import annotations

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from model import Model


class Boosted(MLModel):
    async def load(self) -> bool:
        self.model = Model()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        numbers, scores = self.model.scores(NumpyCodec.decode_input(payload.inputs[0]))
        labels = [self.model.labels[number] for number in numbers.tolist()]
        outputs = [StringCodec.encode_output("label", labels), NumpyCodec.encode_output("scores", scores)]
        return InferenceResponse(model_name=self.name, outputs=outputs)
