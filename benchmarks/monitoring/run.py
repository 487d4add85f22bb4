"""Monitoring measured on real data. Each part by itself, or all; then the tables of README.md are written.

    python benchmarks/monitoring/run.py --scratch DIR [--parts planted,quality,quiet,ab] [--days 20 --rows 1000000]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import abtest
import planted
import quality
import quiet
from table import write_tables

HERE = Path(__file__).parent
RESULTS = HERE / "results.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="where projects and logs are made, and kept")
    parser.add_argument("--parts", default="planted,quality,quiet,ab")
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    for part in asked.parts.split(","):
        keep(part, {
            "planted": lambda: planted.measure(asked.scratch), "quality": lambda: quality.measure(asked.scratch),
            "quiet": lambda: quiet.measure(asked.scratch, asked.days, asked.rows), "ab": abtest.measure,
        }[part]())  # fmt: skip
    write_tables(RESULTS, HERE / "README.md")


def keep(part: str, records: list[dict[str, Any]]) -> None:
    """Records of a part take the place of its earlier ones."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    others = [line for line in lines if json.loads(line)["part"] != part]
    new = [json.dumps(record, ensure_ascii=False) for record in records]
    RESULTS.write_text("\n".join([*others, *new]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
