"""A release written as a folder from which it is served elsewhere: docker, compose, kubernetes, ray-serve.

The folder holds the release, a project file that names what it is and which keys it trusts, the code of this package
and the versions of the libraries that were loaded when the release answered here. Nothing is fetched or built.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import breakeven
from breakeven.core.errors import ModelError, UsageError
from breakeven.core.words import say
from breakeven.records.release import Release
from breakeven.serving.deploy.dashboard import ADAPTER, dashboard
from breakeven.serving.deploy.needs import SYSTEM
from breakeven.serving.deploy.steps import STEPS
from breakeven.serving.keys import Scope, add_key
from breakeven.stages.releases import current_number, verified
from breakeven.stages.signing import written_key
from breakeven.stages.trust import trusted_keys
from breakeven.store import FOLDER, PROJECT, Store, storing

USER = 10_001
"""The number of the user in the image: no name, no rights."""
WATCHER_MIB = 96
"""Of the process that holds the socket and watches the others; measured: 75 to 85 MiB."""
SPARE = 1.25
NEEDS_SECONDS = 120.0
KEYS: tuple[tuple[str, str, tuple[Scope, ...]], ...] = (
    ("client-key", "client", ("predict", "feedback")), ("metrics-key", "prometheus", ("metrics",)),
)  # fmt: skip
"""File of the secret, name and scopes of the keys that an export for compose brings."""


@dataclass(frozen=True)
class Export:
    """What an export is made of: the store, the release, the name of the product, its libraries, the folder."""

    store: Store
    release: Release
    name: str
    libraries: tuple[tuple[str, str], ...]
    out: Path

    @property
    def slug(self) -> str:
        """The name as images, hosts and Kubernetes take it."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:40].strip("-") or "release"

    def values(self) -> dict[str, Any]:
        """What the templates are filled with."""
        measured = self.release.measurement
        process = measured.peak_bytes / (1 << 20) if measured and not measured.remote else None
        request = int(SPARE * process + WATCHER_MIB) if process else None
        return {
            "number": self.release.number, "name": " ".join(self.name.split()), "slug": self.slug, "user": USER,
            "image": f"{self.slug}:{self.release.number}", "python": platform.python_version(),
            "packages": sorted({SYSTEM[name] for name, _ in self.libraries if name in SYSTEM}),
            "measured_mib": int(process) if process else None, "memory_request": request,
            "memory_limit": 2 * request if request else None, "wait": ADAPTER,
            "memory": f', "memory": {request << 20}' if request else "",
            "trusted": ", as is the signature of it" if trusted_keys(self.store) else "",
        }  # fmt: skip

    def write(self, path: str, template: str, **more: Any) -> None:
        """Fill a template into a file below the folder."""
        filled = _environment().get_template(template).render(**self.values(), **more)
        self.put(path, filled)

    def put(self, path: str, text: str) -> None:
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def export_release(store: Store, to: str, out: Path, number: int | None = None) -> Release:
    """Write a release, the one that answers by default, for a target of TARGETS into a new folder.

    Raises UsageError for an unknown target, a release that is not there or a folder that is not empty; ModelError for
    a release that cannot be trusted or served; StorageError.
    """
    if to not in TARGETS:
        raise UsageError(say("{name} is nothing that is exported to", name=to), "--to",
                         say("known: {names}", names=sorted(TARGETS)))  # fmt: skip
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(say("a file would be overwritten"), str(out), say("name a new folder"))
    wanted = number if number is not None else current_number(store)
    if wanted is None:
        raise UsageError(say("there is no release yet"), str(store.folder), say('make one with "breakeven run"'))
    release = verified(store, wanted)
    made = Export(store, release, _product(store), libraries_of(store, wanted), out)
    with storing(out):
        out.mkdir(parents=True, exist_ok=True)
        TARGETS[to](made)
        made.write("README.md", "README.md", steps=STEPS[to].format(image=made.values()["image"], slug=made.slug))
    return release


def libraries_of(store: Store, number: int) -> tuple[tuple[str, str], ...]:
    """Name and version of what is loaded once a release answers, found by letting it answer in a process of its own.

    Raises ModelError when it cannot be served.
    """
    words = [sys.executable, "-m", "breakeven.serving.deploy.needs", str(store.file), str(number)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=NEEDS_SECONDS, check=False)
    if done.returncode:
        raise ModelError(
            say("the release cannot be served"), str(store.release_folder(number)),
            say('see why with "breakeven serve"'),
        )
    return tuple((name, version) for name, version in json.loads(done.stdout.splitlines()[-1]))


def _product(store: Store) -> str:
    return str(tomllib.loads(store.file.read_text(encoding="utf-8-sig"))["product"]["name"])


# --- the targets -----------------------------------------------------------------------------------------------


def _docker(made: Export) -> None:
    _folder(made)
    made.write("Dockerfile", "Dockerfile")
    made.write(".dockerignore", "dockerignore")


def _compose(made: Export) -> None:
    _docker(made)
    made.write("compose.yaml", "compose.yaml")
    made.write("prometheus.yml", "prometheus.yml", interval="5s", target="server:8000",
               credentials="/etc/prometheus/metrics-key")  # fmt: skip
    made.write("grafana/provisioning/datasources/prometheus.yaml", "datasource.yaml")
    made.write("grafana/provisioning/dashboards/breakeven.yaml", "dashboards.yaml")
    made.put("grafana/dashboards/breakeven.json", json.dumps(dashboard(made.name), indent=1))
    _secrets(made)
    for place in ("traffic", "prometheus", "grafana"):
        (made.out / "data" / place).mkdir(parents=True)
    made.put(".env", f"# Who the containers run as: who may read secrets/ and write data/\nBREAKEVEN_USER={_owner()}\n")


def _kubernetes(made: Export) -> None:
    _docker(made)
    made.write("kubernetes.yaml", "kubernetes.yaml")
    made.write("prometheus-adapter.yaml", "prometheus-adapter.yaml")


def _ray_serve(made: Export) -> None:
    _folder(made)
    shutil.move(made.out / "app" / "breakeven", made.out / "breakeven")
    (made.out / "app").rmdir()
    made.write("serve_release.py", "serve_release.py.txt")


TARGETS: dict[str, Callable[[Export], None]] = {
    "docker": _docker, "compose": _compose, "kubernetes": _kubernetes, "ray-serve": _ray_serve,
}


def _folder(made: Export) -> None:
    """The code, the release, its project file and the libraries."""
    package = Path(breakeven.__file__).parent
    shutil.copytree(package, made.out / "app" / "breakeven", ignore=_left_out)
    releases = made.out / "project" / FOLDER / "releases"
    shutil.copytree(made.store.release_folder(made.release.number), releases / str(made.release.number))
    (releases / "current").write_text(f"{made.release.number}\n")
    (made.out / "project" / FOLDER / "traffic").mkdir()
    keys = [written_key(key) for key in trusted_keys(made.store)]
    trusted = f"\n[release]\ntrusted_keys = {json.dumps(keys)}\n" if keys else ""
    made.put(f"project/{PROJECT}", f"[product]\nname = {json.dumps(made.name, ensure_ascii=False)}\n{trusted}")
    made.put("requirements.txt", "".join(f"{name}=={version}\n" for name, version in made.libraries))


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Compiled files, and the example projects of `init` with their data."""
    examples = {"templates"} if Path(folder) == Path(breakeven.__file__).parent else set()
    return {name for name in names if name == "__pycache__" or name in examples}


def _secrets(made: Export) -> None:
    """Two keys: one for clients, one for Prometheus. Each in a file that only its owner can read."""
    folder = made.out / "secrets"
    folder.mkdir(mode=0o700)
    keys = folder / "keys.json"
    for file, name, scopes in KEYS:
        handle = os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as secret:
            secret.write(add_key(keys, name, scopes))


def _owner() -> str:
    """Who may read the secrets: who exports; but nothing runs as root."""
    if not hasattr(os, "getuid") or os.getuid() == 0:
        return f"{USER}:{USER}"
    return f"{os.getuid()}:{os.getgid()}"


def _environment() -> Environment:
    loader = PackageLoader("breakeven.serving.deploy", "templates")
    return Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                       keep_trailing_newline=True, autoescape=False)  # fmt: skip
