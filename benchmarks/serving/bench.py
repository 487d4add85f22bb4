"""What all parts share: where things lie, how long is measured, on which cores, and what machine this is."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = HERE / "peers"
SERVER_CORE, CLIENT_CORE = "0", "1"


@dataclass(frozen=True)
class Bench:
    """How to measure. `scratch` holds environments and projects; a quick run proves that all of it works, no more."""

    scratch: Path
    quick: bool
    rounds: int
    seconds: float

    @property
    def results(self) -> Path:
        return (self.scratch if self.quick else HERE) / "results.jsonl"

    @property
    def page(self) -> Path:
        return (self.scratch if self.quick else HERE) / "README.md"

    def keep(self, part: str, found: dict[str, Any]) -> None:
        """Append the record of a part."""
        record = {"part": part, "when": datetime.now(UTC).isoformat(timespec="seconds"), "quick": self.quick,
                  "machine": machine(), "found": found}  # fmt: skip
        with self.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def machine() -> dict[str, Any]:
    """The processor, what else it does, and the versions that matter."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(), "cores": os.cpu_count(),
        "load": os.getloadavg()[0], "python": platform.python_version(),
        "versions": {name: version(name) for name in ("lightgbm", "msgspec", "numpy", "uvicorn", "uvloop")},
        "commit": _commit(),
    }  # fmt: skip


def _commit() -> str:
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip()


def environment(**more: str) -> dict[str, str]:
    """The environment of a server: one thread a library, modules compiled once as they are in an installed package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def product(*words: str | Path, **more: str) -> None:
    """Run the product's own command; its output is shown where it fails."""
    done = subprocess.run([sys.executable, "-m", "breakeven", *map(str, words)], env=environment(**more),
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode not in (0, 3):
        raise SystemExit(f"breakeven {words[0]} failed:\n{done.stdout}{done.stderr}")


def peer_python(scratch: Path, name: str) -> Path:
    """The Python of a peer with the packages of `peers/NAME.txt`; made once, and anew when the file changes."""
    pins, folder = PEERS / f"{name}.txt", scratch / "envs" / name
    python, mark = folder / "bin" / "python", folder / "pins.sha256"
    digest = sha256(pins.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == digest:
        return python
    tell(f"making the environment of {name}")
    venv.create(folder, clear=True, with_pip=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(pins)],
                   check=True, stderr=subprocess.DEVNULL)  # fmt: skip
    mark.write_text(digest)
    return python


def median(values: Sequence[float | None]) -> float | None:
    """The median of the known ones; None where none is known."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
