"""LitServe: litserve_app.py PORT. It reads its annotations, so they are not postponed."""

import sys
from typing import Any

import litserve
from model import Model


class Boosted(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.model = Model()

    def decode_request(self, request: dict[str, Any]) -> list[list[float]]:
        return request["inputs"]

    def predict(self, x: list[list[float]]) -> list[dict[str, Any]]:
        return self.model.answers(x)

    def encode_response(self, output: list[dict[str, Any]]) -> dict[str, Any]:
        return {"outputs": output}


if __name__ == "__main__":
    server = litserve.LitServer(Boosted(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="error",
               num_api_servers=1)  # fmt: skip
