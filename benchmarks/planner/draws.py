"""How long the uncertainty of a plan takes: draws × months, and a plan from end to end.

    python benchmarks/planner/draws.py

Prints a table for docs/uncertainty.md: the median of five, after one that warms up.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from breakeven.plan.draws import ranged
from breakeven.plan.make_plan import make_plan
from breakeven.plan.tornado import tornado
from breakeven.plan.uncertainty import uncertainty
from breakeven.records.project import Project

PROJECT = """
[product]
name = "desk"
task = "text-classification"
[plan]
months = 60
[demand]
requests_per_month = "150_000..250_000"
growth_per_month = "5%..15%"
price_per_1k_requests = "3..5"
[capital]
cash_usd = 400_000
[[capital.round]]
month = 9
usd = "500_000..1_500_000"
[[team]]
role = "engineer"
count = 2
salary_usd_per_year = "80_000..120_000"
[[team]]
role = "sales"
salary_usd_per_year = "50_000..70_000"
loaded = "1.2..1.4"
from_month = 7
[[marketing]]
channel = "ads"
usd_per_month = "2_000..4_000"
customers_per_1k_usd = "2..6"
requests_per_customer = "1_000..3_000"
"""


def seconds(work: Callable[[], object]) -> float:
    """The median of five runs after one."""
    taken = []
    for _ in range(6):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def end_to_end(*options: str) -> float:
    """`breakeven plan` as a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "breakeven.toml").write_text(PROJECT)
        command = [sys.executable, "-m", "breakeven", "plan", folder, *options]
        return seconds(lambda: subprocess.run(command, check=True, capture_output=True))


def main() -> None:
    project = Project.model_validate(tomllib.loads(PROJECT))
    plan = make_plan(project)
    print(f"{len(plan.months)} months, {len(plan.ledger.entries)} entries, {len(ranged(plan.ledger))} ranges\n")
    print("| work | seconds |\n|---|---:|")
    print(f"| the plan alone | {seconds(lambda: make_plan(project)):.3f} |")
    for draws in (1 << 12, 1 << 14):
        print(f"| {draws:,} draws × 60 months | {seconds(lambda draws=draws: uncertainty(plan, draws)):.3f} |")
    print(f"| tornado | {seconds(lambda: tornado(plan)):.3f} |")
    print(f"| `breakeven plan --json`, a process of its own | {end_to_end('--json'):.2f} |")
    print(f"| `breakeven plan`, a process of its own, page and tables included | {end_to_end():.2f} |")


if __name__ == "__main__":
    main()
