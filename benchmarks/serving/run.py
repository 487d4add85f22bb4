"""The serving benchmark: `breakeven serve` beside its peers, a net, overload, a soak, failures, start-up.

    python benchmarks/serving/run.py [--only peers,net] [--quick] [--scratch FOLDER]

Needs Linux with two cores, `wrk` and `taskset`, a Python that has breakeven with its extra `torch`, and, for the net,
the data sets (benchmarks/README.md). Nothing else should run. One core serves, the other sends. Peers get
environments of their own below the scratch folder. Each part appends a record to results.jsonl, and README.md is
written from the newest records. With --quick all of it is tried in some minutes; its records and page stay in the
scratch folder, as they say nothing.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import time
import traceback
from pathlib import Path

from bench import ROOT, Bench, tell

sys.path.insert(0, str(ROOT))
PARTS = ("start", "peers", "net", "overload", "lifecycle", "soak")


def main() -> int:
    wanted = arguments()
    missing = [name for name in ("wrk", "taskset") if shutil.which(name) is None]
    if missing:
        print(f"{missing[0]} is not on the path: apt-get install wrk util-linux", file=sys.stderr)
        return 2
    bench = Bench(wanted.scratch.resolve(), wanted.quick, 1 if wanted.quick else wanted.rounds,
                  1 if wanted.quick else wanted.seconds)  # fmt: skip
    bench.scratch.mkdir(parents=True, exist_ok=True)
    failed = [part for part in wanted.only if not done(bench, part)]
    return 1 if failed else 0


def done(bench: Bench, part: str) -> bool:
    """Measure a part and write the page; one that fails is told of, and the others are measured all the same."""
    begun = time.monotonic()
    try:
        bench.keep(part, importlib.import_module(f"part_{part}").run(bench))
    except (Exception, SystemExit):
        traceback.print_exc()
        tell(f"part {part} failed")
        return False
    importlib.import_module("page").write(bench)
    tell(f"part {part}: {time.monotonic() - begun:.0f} s")
    return True


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="try everything shortly; publishes nothing")
    parser.add_argument("--scratch", type=Path, default=ROOT / "benchmarks" / ".envs" / "serving")
    parser.add_argument("--rounds", type=int, default=3, help="each server is measured so often, in turns")
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    return parser.parse_args()


def _parts(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(PARTS):
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(sorted(unknown))}")
    return names


if __name__ == "__main__":
    sys.exit(main())
