"""Pretrained weights on this machine: a folder, or what an earlier download of a hub name left in the cache.

Nothing here asks the network. A hub name that is not in the cache is fetched by the worker, and only when the
project file names it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from breakeven.records.record import digest_of

WEIGHTS = (".safetensors",)
"""Formats that hold tensors and nothing that runs."""


@dataclass(frozen=True)
class Weights:
    """A folder with `config.json`, a tokenizer and tensors, as the transformers library saves it."""

    name: str
    """As the project calls it."""
    folder: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        return json.loads((self.folder / "config.json").read_bytes())  # type: ignore[no-any-return]

    @cached_property
    def files(self) -> tuple[Path, ...]:
        return tuple(sorted(file for file in self.folder.iterdir() if file.suffix in WEIGHTS))

    @cached_property
    def bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files)

    @cached_property
    def digest(self) -> str:
        """Changes with the files: their names, sizes and times, which is quick and enough on one machine."""
        stats = [(file.name, file.stat()) for file in (*self.files, self.folder / "config.json")]
        return digest_of(*(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats))


def find_weights(name: str, project_folder: Path) -> Weights | None:
    """The weights that a project calls `name`: a folder beside the project file, or a hub name in the local cache."""
    folder = project_folder / Path(name).expanduser()
    if (folder / "config.json").is_file():
        return Weights(name, folder.resolve())
    snapshot = _cached(name)
    return Weights(name, snapshot) if snapshot else None


def is_hub_name(name: str) -> bool:
    """Whether a name may be one of a model hub (`owner/model`) rather than a folder."""
    return name.count("/") <= 1 and not name.startswith((".", "/", "~")) and "\\" not in name


def _cached(name: str) -> Path | None:
    """The newest snapshot of a hub name in the cache that the hub's own library keeps."""
    folder = _hub_cache() / f"models--{name.replace('/', '--')}" / "snapshots"
    found = [each for each in folder.glob("*") if (each / "config.json").exists()]
    return max(found, key=lambda each: each.stat().st_mtime).resolve() if found else None


def _hub_cache() -> Path:
    """Where the hub's library keeps what it fetched, by its own environment variables."""
    if "HF_HUB_CACHE" in os.environ:
        return Path(os.environ["HF_HUB_CACHE"])
    return Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface")) / "hub"
