"""What is served: a boosted classifier of 30 numbers, released by the product, and the same trees as an ONNX file.

The rows are those of the breast cancer set of scikit-learn (Wolberg, Street and Mangasarian 1993). The file for the
peers is made of the release's own trees by onnxmltools in an environment of its own (peers/convert.py).
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench import HERE, Bench, peer_python, product, tell

KEYS = 64
"""Clients with a key each: one may ask 1,000 times a second, so that many are needed to fill a core."""
ROWS = 64
"""Rows that are sent, one a request, in turns."""


@dataclass(frozen=True)
class Case:
    """A project with a release, real inputs for it, and the secrets of its clients."""

    project: Path
    inputs: list[dict[str, float] | str]
    keys: Path
    secrets: list[str]

    def bodies(self, rows: int = 1) -> list[bytes]:
        """Requests of so many inputs each."""
        every = [self.inputs[place % len(self.inputs)] for place in range(max(rows, len(self.inputs)))]
        parts = [every[begun : begun + rows] for begun in range(0, len(every) - rows + 1, rows)]
        return [json.dumps({"inputs": part}).encode() for part in parts]

    def headers(self) -> list[dict[str, str]]:
        """One set of headers a client."""
        return [{"authorization": f"Bearer {secret}"} for secret in self.secrets]


def boosted(bench: Bench) -> Case:
    """The project and its release, made anew."""
    tell("making and releasing the boosted model")
    place = fresh(bench.scratch / "boosted")
    inputs = _write_rows(place / "rows.csv")
    write_project(place, "tabular-classification", "rows.csv")
    product("run", place, "--only", "boosted")
    return Case(place, inputs, place / "keys.json", make_keys(place / "keys.json"))


def onnx_of(bench: Bench, case: Case) -> Path:
    """A folder with `model.onnx`, the trees of the release, `labels.json` and `columns.json`."""
    artifact = release_folder(case.project) / "artifact"
    parts = json.loads((artifact / "boosted.json").read_bytes())["parts"]
    if len(parts) != 1 or parts[0]["crosses"]:
        raise SystemExit("the release mixes several kinds of trees: peers/convert.py takes one")
    folder = fresh(bench.scratch / "onnx")
    python = peer_python(bench.scratch, "convert")
    subprocess.run([str(python), "-W", "ignore", str(HERE / "peers" / "convert.py"), str(artifact / parts[0]["trees"]),
                    str(folder / "model.onnx")], check=True)  # fmt: skip
    described = json.loads((artifact / "artifact.json").read_bytes())
    (folder / "labels.json").write_text(json.dumps(described["labels"]))
    (folder / "columns.json").write_text(json.dumps([column["name"] for column in described["columns"]]))
    return folder


def trees_of(case: Case) -> int:
    """How many trees the release has."""
    files = (release_folder(case.project) / "artifact").glob("*.txt")
    return sum(file.read_text().count("\nTree=") for file in files)


def release_folder(project: Path) -> Path:
    number = (project / ".breakeven" / "releases" / "current").read_text().strip()
    return project / ".breakeven" / "releases" / number


def write_project(place: Path, task: str, train: str) -> None:
    (place / "breakeven.toml").write_text(
        f'[product]\nname = "load"\ntask = "{task}"\n[data]\ntrain = "{train}"\nanswer = "answer"\n'
        "[budget]\nseconds = 300\n"
    )


def make_keys(path: Path) -> list[str]:
    """A key file for KEYS clients, and their keys."""
    from breakeven.serving.keys import add_key

    path.unlink(missing_ok=True)
    return [add_key(path, f"client-{number}", ("predict", "metrics")) for number in range(KEYS)]


def _write_rows(path: Path) -> list[dict[str, float] | str]:
    """Write the set; returns the inputs that are sent."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "answer"])
        for row, target in zip(data.data.tolist(), data.target.tolist(), strict=True):
            writer.writerow([*row, data.target_names[target]])
    step = len(data.data) // ROWS
    return [dict(zip(names, row, strict=True)) for row in data.data[: ROWS * step : step].tolist()]


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder
