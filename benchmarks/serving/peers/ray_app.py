"""Ray Serve: ray_app.py PORT [direct]. With `direct` clients reach the process of the model without the proxy."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

PORT, DIRECT = int(sys.argv[1]), len(sys.argv) > 2
if DIRECT:  # read when ray is imported
    os.environ |= {
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1", "RAY_SERVE_ENABLE_DIRECT_INGRESS": "1",
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(PORT), "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(PORT + 1),
    }  # fmt: skip

import ray  # noqa: E402
from model import Model  # noqa: E402
from ray import serve  # noqa: E402
from ray.serve.schema import LoggingConfig  # noqa: E402
from starlette.requests import Request  # noqa: E402

QUIET = LoggingConfig(enable_access_log=False)


@serve.deployment(num_replicas=1, max_ongoing_requests=512, logging_config=QUIET)
class Boosted:
    def __init__(self) -> None:
        self.model = Model()

    async def __call__(self, request: Request) -> dict[str, Any]:
        return {"outputs": self.model.answers((await request.json())["inputs"])}


if __name__ == "__main__":
    ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="error")
    serve.start(http_options={"host": "127.0.0.1", "port": PORT - 1 if DIRECT else PORT}, logging_config=QUIET)
    serve.run(Boosted.bind(), route_prefix="/predict")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.pause()
