"""The peers: each in an environment of its own, with the ONNX file of the same trees, set up as its users are told to.

Choices that are kinder than the defaults: one worker, async handlers where there are any, MLServer without its second
process (quicker on one core), rows sent as plain lists without names, no line of log a request.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import PEERS, Bench, environment, peer_python
from making import Case
from servers import JSON, Answer, Server, free_port, outputs

QUIET = {
    "BENTOML_DO_NOT_TRACK": "true", "RAY_USAGE_STATS_ENABLED": "0", "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true", "UVICORN_ACCESS_LOG": "false",
}  # fmt: skip


def peers(bench: Bench, case: Case, model: Path) -> list[Server]:
    """All of them, quickest first. `model` is the folder of the ONNX file."""
    rows = [list(each.values()) for each in case.inputs if isinstance(each, dict)]
    env = environment(BENCHMARK_MODEL=str(model), PYTHONPATH=str(PEERS), **QUIET)
    makers = (_fastapi, _mlserver, _litserve, _mlflow, _bentoml, _ray, _ray_direct)
    return [_fastapi_named(bench, case, env), *(make(bench, rows, env) for make in makers)]


def _fastapi(bench: Bench, rows: list[list[float]], env: dict[str, str]) -> Server:
    return _plain("FastAPI", _uvicorn(bench, "fastapi_app"), "/health", rows, env)


def _fastapi_named(bench: Bench, case: Case, env: dict[str, str]) -> Server:
    """Asked with the bodies that ours is asked with."""
    command = _uvicorn(bench, "fastapi_named_app")
    return Server("FastAPI, named columns", command, "/predict", "/health", case.bodies(), [JSON], outputs, env)


def _uvicorn(bench: Bench, app: str) -> Callable[[int], list[str]]:
    python = peer_python(bench.scratch, "fastapi")
    return lambda port: [str(python), "-m", "uvicorn", f"{app}:app", "--port", str(port), "--loop", "uvloop",
                         "--http", "httptools", "--no-access-log", "--log-level", "error"]  # fmt: skip


def _bentoml(bench: Bench, rows: list[list[float]], env: dict[str, str]) -> Server:
    program = peer_python(bench.scratch, "bentoml").parent / "bentoml"

    def command(port: int) -> list[str]:
        return [str(program), "serve", "bentoml_app:Boosted", "--working-dir", str(PEERS),
                "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip

    return _plain("BentoML", command, "/readyz", rows, env)


def _litserve(bench: Bench, rows: list[list[float]], env: dict[str, str]) -> Server:
    return _plain("LitServe", _script(bench, "litserve"), "/health", rows, env)


def _ray(bench: Bench, rows: list[list[float]], env: dict[str, str]) -> Server:
    return _plain("Ray Serve", _script(bench, "ray"), "/-/healthz", rows, env)


def _ray_direct(bench: Bench, rows: list[list[float]], env: dict[str, str]) -> Server:
    return _plain("Ray Serve, direct", _script(bench, "ray", "direct"), "/-/healthz", rows, env)


def _script(bench: Bench, name: str, *words: str) -> Callable[[int], list[str]]:
    """The command of a peer whose program is `peers/NAME_app.py PORT`."""
    python = peer_python(bench.scratch, name)
    return lambda port: [str(python), str(PEERS / f"{name}_app.py"), str(port), *words]


def _mlserver(bench: Bench, rows: list[list[float]], env: dict[str, str]) -> Server:
    program, folder = peer_python(bench.scratch, "mlserver").parent / "mlserver", _folder(bench, "mlserver")

    def command(port: int) -> list[str]:
        settings = {"host": "127.0.0.1", "http_port": port, "grpc_port": free_port(), "metrics_port": free_port(),
                    "parallel_workers": 0, "debug": False}  # fmt: skip
        (folder / "settings.json").write_text(json.dumps(settings))
        return [str(program), "start", str(folder)]

    model = {"name": "boosted", "implementation": "mlserver_app.Boosted"}
    (folder / "model-settings.json").write_text(json.dumps(model))
    bodies = [json.dumps({"inputs": [_tensor(row)]}).encode() for row in rows]
    return Server("MLServer", command, "/v2/models/boosted/infer", "/v2/health/ready", bodies, [JSON], _tensors, env)


def _mlflow(bench: Bench, rows: list[list[float]], env: dict[str, str]) -> Server:
    python, folder = peer_python(bench.scratch, "mlflow"), _folder(bench, "mlflow") / "model"
    if not folder.exists():
        subprocess.run([str(python), str(PEERS / "mlflow_app.py"), str(folder)], check=True, env=env,
                       stderr=subprocess.DEVNULL)  # fmt: skip

    def command(port: int) -> list[str]:
        return [str(python.parent / "mlflow"), "models", "serve", "-m", str(folder), "--env-manager", "local",
                "-h", "127.0.0.1", "-p", str(port)]  # fmt: skip

    found = _plain("MLflow", command, "/ping", rows, env)
    own = env | {"PATH": f"{python.parent}:{env['PATH']}"}  # it starts `uvicorn` by its name
    return Server(found.name, command, "/invocations", found.ready, found.bodies, found.headers, _predictions, own)


def _plain(
    name: str, command: Callable[[int], list[str]], ready: str, rows: list[list[float]], env: dict[str, str]
) -> Server:
    """A peer that takes `{"inputs": [[...]]}` at /predict."""
    bodies = [json.dumps({"inputs": [row]}).encode() for row in rows]
    return Server(name, command, "/predict", ready, bodies, [JSON], outputs, env)


def _folder(bench: Bench, name: str) -> Path:
    folder = bench.scratch / "peers" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tensor(row: list[float]) -> dict[str, Any]:
    return {"name": "input", "shape": [1, len(row)], "datatype": "FP32", "data": row}


def _tensors(reply: Any) -> Answer:
    found = {output["name"]: output["data"] for output in reply["outputs"]}
    return found["label"][0], {str(place): score for place, score in enumerate(found["scores"])}


def _predictions(reply: Any) -> Answer:
    return outputs({"outputs": reply["predictions"]})
