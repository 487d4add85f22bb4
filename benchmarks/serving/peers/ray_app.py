"""Ray Serve: ray_app.py PORT"""

from __future__ import annotations

import signal
import sys
from typing import Any

import ray
from model import Model
from ray import serve
from ray.serve.schema import LoggingConfig
from starlette.requests import Request

QUIET = LoggingConfig(enable_access_log=False)


@serve.deployment(num_replicas=1, max_ongoing_requests=512, logging_config=QUIET)
class Boosted:
    def __init__(self) -> None:
        self.model = Model()

    async def __call__(self, request: Request) -> dict[str, Any]:
        return {"outputs": self.model.answers((await request.json())["inputs"])}


if __name__ == "__main__":
    ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="error")
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])}, logging_config=QUIET)
    serve.run(Boosted.bind(), route_prefix="/predict")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.pause()
