"""An environment of its own for every tool, below `benchmarks/.envs`: made once, and anew when its pins change."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from sets import ROOT

FOLDER = ROOT / "benchmarks" / ".envs"
PEERS = Path(__file__).parent / "peers"


def peer_python(name: str) -> Path:
    """The Python of a peer, with exactly the packages of `peers/NAME.txt`."""
    return _environment(name, PEERS / f"{name}.txt", [])


def product_python() -> Path:
    """The Python of the product itself: its locked packages, and the repository as it stands."""
    return _environment("breakeven", ROOT / "requirements.lock", ["--no-deps", "-e", str(ROOT)])


def _environment(name: str, pins: Path, further: list[str]) -> Path:
    folder = FOLDER / name
    python, mark = folder / "bin" / "python", folder / "pins.sha256"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == digest:
        return python
    print(f"making the environment of {name}", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", str(pins)], check=True)
    if further:
        subprocess.run([*install, *further], check=True)
    mark.write_text(digest)
    return python
