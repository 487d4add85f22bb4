"""What a run does besides training and measuring, on 50,000 rows: its seconds, and the memory of the main process.

    python benchmarks/quality/overhead.py [--rows 50000] [--again]

The rows are made of the sets: all of train, dev and test, repeated with changes until there are enough (these runs
score nothing that counts). From the seconds of the process those of the training and measuring jobs are taken
away, as their bills tell. The memory is set against the same run on a few rows: what is more, in times the data.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bars import OURS
from environments import product_python
from process import Finished, run_measured
from product import ENDINGS, toml
from sets import SETS, DataSet
from table import latest, read_results, write_readme

HERE = Path(__file__).parent
RESULTS = HERE / "overhead.jsonl"
MADE_OF = ("thucnews10", "agnews_small", "adult")
FEW_ROWS = 500
BUDGET_SECONDS, FEW_SECONDS = 45.0, 10.0
SEED = 0
CAP = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what a run does besides training and measuring.")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--again", action="store_true")
    wanted = parser.parse_args()
    known = latest(read_results(RESULTS))
    for data_set in SETS:
        if data_set.name in MADE_OF and data_set.file("train") and (wanted.again or (data_set.name, OURS) not in known):
            record = _measure(data_set, wanted.rows)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            print(record, flush=True)
    write_readme(HERE / "results.jsonl")
    return 0


def _measure(data_set: DataSet, rows: int) -> dict[str, Any]:
    """One run on many rows and one on a few."""
    folder = Path(tempfile.mkdtemp(prefix="breakeven-overhead-"))
    try:
        many, overhead, size = _run(data_set, rows, BUDGET_SECONDS, folder / "many")
        few, _, _ = _run(data_set, FEW_ROWS, FEW_SECONDS, folder / "few")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "set": data_set.name, "tool": OURS, "rows": rows, "data_bytes": size, "process_seconds": many.seconds,
        "overhead_seconds": overhead, "main_peak_bytes": many.main_peak_bytes, "small_peak_bytes": few.main_peak_bytes,
        "times_the_data": (many.main_peak_bytes - few.main_peak_bytes) / size,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _run(data_set: DataSet, rows: int, seconds: float, project: Path) -> tuple[Finished, float, int]:
    """The process, its seconds less those of training and measuring, and the bytes of the data."""
    project.mkdir(parents=True)
    size = _write_rows(data_set, rows, project / "rows.csv")
    keys: dict[str, Any] = {"train": "rows.csv", "answer": data_set.answer, "seed": SEED}
    if data_set.input:
        keys["input"] = data_set.input
    tables = {
        "product": {"name": "overhead", "task": data_set.task},
        "data": keys,
        "target": {"metric": data_set.metric, "at_least": 0.999},
        "budget": {"seconds": seconds},
    }
    (project / "breakeven.toml").write_text(toml(tables), encoding="utf-8")
    command = [str(product_python()), "-m", "breakeven", "run", str(project), "--json"]
    log = project / "log"
    finished = run_measured(command, log, CAP)
    if finished.exit_code not in ENDINGS:
        raise SystemExit(f"the run on {data_set.name} failed:\n{log.read_text()[-2000:]}")
    return finished, finished.seconds - _worked_seconds(project / ".breakeven"), size


def _worked_seconds(store: Path) -> float:
    """Seconds of the training and measuring jobs of a run folder, as their bills tell."""
    jobs = (json.loads(path.read_text()) | {"folder": path.parent} for path in store.glob("jobs/*/job.json"))
    results = [job["folder"] / "result.json" for job in jobs if job["kind"] in ("train", "measure")]
    return sum(json.loads(path.read_text())["bill"]["seconds"] for path in results if path.exists())


def _write_rows(data_set: DataSet, wanted: int, path: Path) -> int:
    """So many rows of a set, those of later rounds changed so that they are no copies; returns the bytes written."""
    files = [file for part in ("train", "dev", "test") if (file := data_set.file(part))]
    known: list[dict[str, str]] = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
            known += csv.DictReader(text)
    chance = random.Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(known[0]))
        writer.writeheader()
        for number in range(wanted):
            row = known[number % len(known)]
            writer.writerow(_changed(row, data_set, chance) if number >= len(known) else row)
    return path.stat().st_size


def _changed(row: dict[str, str], data_set: DataSet, chance: random.Random) -> dict[str, str]:
    """A text with its words in another order; a table's row with its first number moved."""
    if data_set.input:
        words = row[data_set.input].split(" ")
        return row | {data_set.input: " ".join(chance.sample(words, len(words)))}
    first = next(iter(row))
    return row | {first: str(int(row[first]) + chance.randint(1, 9))}


if __name__ == "__main__":
    sys.exit(main())
