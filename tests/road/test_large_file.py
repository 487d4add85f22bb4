"""A file larger than memory is answered: reader, model and writer hold a batch at a time."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

import breakeven
from tests.road.projects import REPOSITORY, environment, make_project

HEADROOM, TIMES = 48 << 20, 3
"""Bytes that a worker may take beyond what it holds after a small file, and how many times larger the large one is."""
PROGRAM = """
import resource, sys, tempfile
from pathlib import Path
from breakeven.worker import run
from breakeven.records.job import Job, Limits, Result

def predict(source, target):
    with tempfile.TemporaryDirectory() as folder:
        job = Job(kind="predict", digest=source, folder=folder, limits=Limits(seconds=600, bytes=1 << 60),
                  artifact=sys.argv[1], source=source, target=target)
        path = Path(folder) / "job.json"
        path.write_text(job.model_dump_json())
        run(path)
        return Result.model_validate_json((Path(folder) / "result.json").read_bytes())

small, large, end, headroom = *sys.argv[2:5], int(sys.argv[5])
predict(small, "small" + end)  # what is loaded once, and buffers as large as they get
taken = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize"))) * 1024
resource.setrlimit(resource.RLIMIT_AS, (taken + headroom, taken + headroom))
if sys.argv[6:] == ["whole"]:
    Path(large).read_bytes()  # that the limit is one
result = predict(large, "large" + end)
print(result.outcome, result.values.get("rows"), result.reason)
"""


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make_project(tmp_path_factory.mktemp("large") / "texts", target="")
    breakeven.run(project, only=("baseline",))
    return project / ".breakeven" / "releases" / "1" / "artifact"


@pytest.fixture(scope="module")
def files(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, int]:
    """Two files of rows, the large one TIMES as large as the headroom; and the rows of the large one."""
    folder = tmp_path_factory.mktemp("rows")
    with (artifact.parents[3] / "rows.csv").open(encoding="utf-8", newline="") as text:
        heads, *rows = csv.reader(text)
    block = "".join(f'"{" ".join(row[0] for _ in range(12))}",{",".join(row[1:])}\n' for row in rows)
    blocks = TIMES * HEADROOM // len(block.encode()) + 1
    for name, count in (("small.csv", -(-21_000 // len(rows))), ("large.csv", blocks)):
        with (folder / name).open("w", encoding="utf-8") as file:
            file.write(",".join(heads) + "\n")
            file.writelines(block for _ in range(count))
    return folder / "small.csv", folder / "large.csv", blocks * len(rows)


def answered(artifact: Path, files: tuple[Path, Path, int], ending: str, folder: Path, *more: str) -> str:
    words = [sys.executable, "-c", PROGRAM, artifact, *files[:2], ending, str(HEADROOM), *more]
    variables = environment(OMP_NUM_THREADS="1", ARROW_DEFAULT_MEMORY_POOL="system")
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, timeout=280,
                          env={**variables, "PYTHONPATH": str(REPOSITORY)})  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.skipif(not os.environ.get("BREAKEVEN_SLOW"), reason="it takes half a minute (set BREAKEVEN_SLOW=1)")
@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space, read from /proc")
def test_a_file_several_times_larger_than_the_memory_is_answered(
    artifact: Path, files: tuple[Path, Path, int], tmp_path: Path
) -> None:
    assert files[1].stat().st_size >= TIMES * HEADROOM
    assert answered(artifact, files, ".csv", tmp_path).startswith(f"done {files[2]} ")
    with (tmp_path / "large.csv").open("rb") as text:
        assert sum(1 for _ in text) == files[2] + 1
    assert "MemoryError" in answered(artifact, files, ".csv", tmp_path, "whole")
