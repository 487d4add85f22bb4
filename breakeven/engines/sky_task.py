"""A SkyPilot task for one job: what machine, which files, how to set up, what to run. Written as YAML, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from breakeven.records.job import Job
from breakeven.records.machine import Offer

CLOUDS = {
    "AWS": "aws", "Azure": "azure", "DigitalOcean": "do", "FluidStack": "fluidstack", "GCP": "gcp", "Lambda": "lambda",
    "Nebius": "nebius", "RunPod": "runpod", "Vast.ai": "vast",
}  # fmt: skip
"""The sellers of the price tables that SkyPilot can rent from, under its names."""
THERE = "/tmp/breakeven"
"""The folder on the rented machine: code, job, data and members lie below it."""
USED = ("babel", "filelock", "httpx", "lightgbm", "numpy", "psutil", "pyarrow", "pydantic", "safetensors",
        "scikit-learn", "scipy", "threadpoolctl")  # fmt: skip
"""What a worker needs; the package's own metadata say it better where there are any."""
EXTRAS = ("torch", "transformers", "tokenizers", "peft", "accelerate", "onnx", "onnxruntime", "onnxscript")


@dataclass(frozen=True)
class Rent:
    """What to rent: an offer, perhaps at its spot price, and the bucket that outlives a machine taken away."""

    offer: Offer
    spot: bool = False
    bucket: str = ""


def task_of(job: Job, rent: Rent) -> dict[str, Any]:
    """The task as SkyPilot reads it. Its paths here are absolute; `job_there` is the job that lies beside it."""
    task: dict[str, Any] = {"name": name_of(job), "resources": _resources(rent), "num_nodes": 1}
    mounts: dict[str, Any] = {f"{THERE}/code/breakeven": str(Path(__file__).parents[1]),
                              f"{THERE}/data": job.data_folder, f"{THERE}/job.json": str(job_file(job))}  # fmt: skip
    mounts |= {f"{THERE}/members/{Path(folder).name}": folder for _, folder in job.members}
    if rent.bucket:
        mounts[f"{THERE}/jobs"] = {"source": rent.bucket, "mode": "MOUNT"}
    task["file_mounts"] = mounts
    task["setup"] = "\n".join((
        "set -e",
        "command -v uv >/dev/null || python3 -m pip install --user --quiet uv",
        "export PATH=$HOME/.local/bin:$PATH",
        f"[ -d {THERE}/python ] || uv venv --quiet --python 3.11 {THERE}/python",
        f"uv pip install --quiet --python {THERE}/python/bin/python {' '.join(requirements())}",
    ))  # fmt: skip
    task["run"] = "\n".join((
        "set -e",
        f"mkdir -p {folder_there(job)}",
        f"cp {THERE}/job.json {folder_there(job)}/job.json",
        f"PYTHONPATH={THERE}/code {THERE}/python/bin/python -m breakeven.engines.node {folder_there(job)}/job.json",
    ))  # fmt: skip
    return task


def _resources(rent: Rent) -> dict[str, Any]:
    offer, cloud = rent.offer, CLOUDS[rent.offer.provider]
    found: dict[str, Any] = {"infra": f"{cloud}/{offer.region}" if len(offer.region) > 3 else cloud}
    if offer.machine.cores or offer.item.startswith("gpu"):
        found["instance_type"] = offer.item
    else:
        found["accelerators"] = f"{_gpu(offer.machine.gpu)}:{offer.machine.gpus}"
    if rent.spot:
        found |= {"use_spot": True, "job_recovery": {"strategy": "EAGER_NEXT_REGION", "max_restarts_on_errors": 0}}
    return found


def _gpu(name: str) -> str:
    """`A100-SXM-80GB` is `A100-80GB` to SkyPilot, `H100-SXM` is `H100`, `RTX 4090` is `RTX4090`."""
    bare = re.sub(r"-(SXM\d?|PCIe|NVL)", "", name).replace(" ", "")
    return bare.removesuffix("-40GB").removesuffix("-16GB")


def name_of(job: Job) -> str:
    """A name that every cloud takes: letters, digits and dashes."""
    name = job.candidate.name if job.candidate else job.kind
    return re.sub(r"[^a-z0-9]+", "-", f"breakeven-{name}-{job.digest[:8]}".lower()).strip("-")


def folder_there(job: Job) -> str:
    return f"{THERE}/jobs/{job.digest}"


def job_file(job: Job) -> Path:
    """Where the job lies that is sent: the same with the paths of the rented machine."""
    return Path(job.folder) / "sky" / "job.json"


def job_there(job: Job) -> Job:
    """The job with its paths on the rented machine."""
    return job.model_copy(
        update={
            "folder": folder_there(job),
            "data_folder": f"{THERE}/data",
            "members": tuple((name, f"{THERE}/members/{Path(folder).name}") for name, folder in job.members),
            "cache": f"{THERE}/cache",
        }
    )


def requirements() -> list[str]:
    """The libraries of this very environment, each at its version: other ones could give other results."""
    names = [re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0] for line in _required() if "extra ==" not in line]
    pinned = []
    for name in (*names, *EXTRAS):
        try:
            pinned.append(f"{name}=={version(name).partition('+')[0]}")
        except PackageNotFoundError:
            continue
    return pinned


def _required() -> list[str]:
    try:
        return requires("breakeven") or []
    except PackageNotFoundError:
        return list(USED)  # run from its source folder, as the tests do


def yaml_text(task: dict[str, Any]) -> str:
    """A mapping as YAML: plain keys, strings in quotes as in JSON, several lines as a literal block."""
    return "\n".join(_lines(task, 0)) + "\n"


def _lines(mapping: dict[str, Any], depth: int) -> Iterator[str]:
    space = "  " * depth
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield f"{space}{key}:"
            yield from _lines(value, depth + 1)
        elif isinstance(value, str) and "\n" in value:
            yield f"{space}{key}: |"
            yield from (f"{space}  {line}" for line in value.splitlines())
        else:
            yield f"{space}{key}: {json.dumps(value, ensure_ascii=False)}"
