"""Measure breakeven against its peers: same rows, same machine, same seconds, one after the other.

    python benchmarks/quality/run.py [--sets a,b] [--tools x,y] [--seconds 90] [--again]

Every (set, tool) is a fresh process and one line of `results.jsonl`, written as soon as it is known; what is there
already is not repeated without `--again`. At the end `README.md` is rendered anew. Linux only (it reads /proc).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bars import OURS
from environments import PEERS, peer_python, product_python
from process import run_measured
from product import bill, run_product
from score import score_answers
from sets import ROOT, SETS, DataSet
from table import latest, read_results, write_readme

RESULTS = Path(__file__).parent / "results.jsonl"
ORDER = {
    "table": ("autogluon_medium", "flaml_automl", "lightgbm_default", OURS),
    "text": ("tfidf_svc", "fasttext_autotune", "autogluon_medium", "lightgbm_default", "flaml_automl", OURS),
}
"""AutoGluon comes first on tables: its time is the measure of ours. Ours is last of all."""
TABLE_SECONDS = 300.0
"""What AutoGluon may take on a table; it has always ended by itself before."""
OUR_SHARE = 0.45
"""Of AutoGluon's time, what ours is given as its budget; the bar is one half."""
CORES = 2
SEED = 0
PATIENCE = 2.5
"""A tool that takes this many times its seconds, and a minute, is ended."""


def main() -> int:
    wanted = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if len(os.sched_getaffinity(0)) > CORES:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    for data_set, tool in _steps(wanted):
        known = latest(read_results(wanted.results))
        if (data_set.name, tool) in known and not wanted.again:
            continue
        seconds = _seconds(data_set, tool, wanted.seconds, known)
        print(f"{data_set.name:22} {tool:20} {seconds:6.1f} s given", end=" ", flush=True)
        record = _measure(data_set, tool, seconds)
        with wanted.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        value = f"{record['value']:.4f}" if "value" in record else record["outcome"]
        print(f"{record.get('ready_seconds', float('nan')):6.1f} s taken  {value}", flush=True)
    write_readme(wanted.results)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure breakeven against its peers.")
    parser.add_argument("--sets", default=",".join(one.name for one in SETS), help="names, with commas between")
    parser.add_argument("--tools", default=",".join(dict.fromkeys(ORDER["text"])), help="names, with commas between")
    parser.add_argument("--seconds", type=float, default=90.0, help="what every tool gets for a text set")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that keeps the results")
    parser.add_argument("--again", action="store_true", help="measure anew what results.jsonl holds already")
    wanted = parser.parse_args()
    wanted.sets, wanted.tools = wanted.sets.split(","), wanted.tools.split(",")
    unknown = {*wanted.sets} - {one.name for one in SETS} | {*wanted.tools} - {*ORDER["text"]}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return wanted


def _steps(wanted: argparse.Namespace) -> list[tuple[DataSet, str]]:
    """Every set with every tool that is wanted; a set whose files are not here is told and left out."""
    sets = [one for one in SETS if one.name in wanted.sets]
    for one in sets:
        if not one.file("train"):
            print(f"{one.name}: no files; set BREAKEVEN_DATA to the folder of the sets", file=sys.stderr)
    steps = [
        (one, tool)
        for kind, tools in ORDER.items()
        for tool in tools
        for one in sets
        if one.kind == kind and tool in wanted.tools and one.file("train")
    ]
    return sorted(steps, key=lambda step: step[1] == OURS)


def _seconds(data_set: DataSet, tool: str, text_seconds: float, known: dict[tuple[str, str], Any]) -> float:
    """What a tool is given: on texts all the same; on tables ours a share of AutoGluon's time, the others all of it."""
    if data_set.kind == "text":
        return text_seconds
    if tool == "autogluon_medium":
        return TABLE_SECONDS
    theirs = known.get((data_set.name, "autogluon_medium"), {}).get("ready_seconds", text_seconds)
    return theirs * OUR_SHARE if tool == OURS else theirs


def _measure(data_set: DataSet, tool: str, seconds: float) -> dict[str, Any]:
    """One line of the results."""
    folder = Path(tempfile.mkdtemp(prefix="breakeven-benchmark-"))
    log = folder / "log"
    about = {"set": data_set.name, "kind": data_set.kind, "tool": tool, "metric": data_set.metric,
             "seconds_given": seconds, "seed": SEED, "date": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        if tool == OURS:
            cap = seconds * PATIENCE + 60
            found = run_product(product_python(), data_set, seconds, SEED, folder, log, cap)
            found["versions"] = {OURS: _commit()}
        else:
            found = _run_peer(data_set, tool, seconds, folder, log)
        if found["outcome"] != "done":
            found["said"] = _last_words(log, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return about | found | {"machine": _machine()}


def _last_words(log: Path, folder: Path) -> list[str]:
    """The end of what a tool said, without the paths of this machine."""
    lines = log.read_text(errors="replace").strip().splitlines()[-3:]
    return [line.replace(str(ROOT), "REPOSITORY").replace(str(folder), "FOLDER") for line in lines]


def _run_peer(data_set: DataSet, tool: str, seconds: float, folder: Path, log: Path) -> dict[str, Any]:
    python = peer_python(tool)
    job = {
        "kind": data_set.kind, "known": [str(file) for file in data_set.known_rows()],
        "test": str(data_set.file("test")), "input": data_set.input, "answer": data_set.answer,
        "drop": list(data_set.drop), "positive": data_set.positive, "metric": data_set.metric, "seconds": seconds,
        "seed": SEED, "cores": CORES, "folder": str(folder), "started": time.time(),
    }
    (folder / "job.json").write_text(json.dumps(job))
    command = [str(python), str(PEERS / f"{tool}.py"), str(folder / "job.json")]
    finished = run_measured(command, log, seconds * PATIENCE + 60)
    found = bill(finished) | {"process_seconds": finished.seconds}
    del found["ready_seconds"]  # the peer itself tells when it was ready: it goes on with the test rows
    if finished.exit_code != 0:
        return found | {"outcome": "too late" if finished.exit_code is None else "failed"}
    size = sum(file.stat().st_size for file in (folder / "artifact").rglob("*") if file.is_file())
    told = json.loads((folder / "result.json").read_text())
    value = score_answers(data_set, folder / "answers.csv", "score")
    return found | told | {"outcome": "done", "artifact_bytes": size, "value": value}


def _commit() -> str:
    """The commit that was measured, with a + when the product's code differs from it."""
    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True).stdout.strip()

    return git("rev-parse", "--short=10", "HEAD") + ("+" if git("status", "--porcelain", "breakeven") else "")


def _machine() -> dict[str, Any]:
    told = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": model, "cores": CORES, "memory_bytes": memory, "python": platform.python_version()}


if __name__ == "__main__":
    sys.exit(main())
