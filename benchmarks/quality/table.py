"""Render `README.md` from the results: the tables, and which of the bars are met; nothing in it is typed by hand.

    python benchmarks/quality/table.py
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bars import OURS, Bar, bars
from sets import SETS

HERE = Path(__file__).parent
PEERS = {
    "tfidf_svc": "TF-IDF + LinearSVC",
    "fasttext_autotune": "fastText autotune",
    "autogluon_medium": "AutoGluon medium",
    "flaml_automl": "FLAML",
    "lightgbm_default": "LightGBM default",
}
Record = dict[str, Any]
Known = dict[tuple[str, str], Record]


def read_results(path: Path) -> list[Record]:
    """All lines of a results file, the oldest first."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def latest(records: Iterable[Record]) -> Known:
    """The line that counts of every (set, tool): of ours the newest; of a peer, which does not change, the one that
    other work on the machine disturbed least."""
    found: Known = {}
    for record in records:
        key = record["set"], record["tool"]
        if key not in found or record["tool"] == OURS or _disturbed(record) <= _disturbed(found[key]):
            found[key] = record
    return found


def _disturbed(record: Record) -> tuple[bool, float]:
    return record["outcome"] != "done", record["elsewhere"]


def write_readme(results: Path) -> None:
    """Render the page beside the results anew."""
    records = read_results(results)
    known = latest(records)
    if known:
        overheads = list(latest(read_results(results.parent / "overhead.jsonl")).values())
        (results.parent / "README.md").write_text(_page(known, overheads), encoding="utf-8")


def _page(known: Known, overheads: list[Record]) -> str:
    newest = max(known.values(), key=lambda record: record["date"])
    machine = newest["machine"]
    text, tables = _names(known, "text"), _names(known, "table")
    parts = [
        "# Quality: breakeven against its peers",
        "Rendered by `table.py` from [results.jsonl](results.jsonl); how it is measured stands at the end.",
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB, "
        f"Python {machine['python']}. Dates: {min(r['date'] for r in known.values())[:10]} to {newest['date'][:10]}. "
        f"Measured code: {', '.join(sorted(_commits(known)))}.",
        "## The bars",
        _bars(bars(known, overheads)),
        "## Texts: error on the test rows",
        "Per cent of wrong answers, less is better; **bold** is the best of a row. The ratio is ours to the best peer.",
        _text_table(known, text),
        "## Tables: ROC AUC on the test rows",
        _auc_table(known, tables),
        "## Seconds until the model is ready",
        "From the start of the process, imports and all, to the saved model. Ours also measures, prices and reports.",
        _grid(known, [*text, *tables], lambda one: f"{one['ready_seconds']:.1f}"),
        "## Peak memory, MB, of all processes of a tool",
        _grid(known, [*text, *tables], lambda one: f"{one['peak_bytes'] / 1e6:,.0f}"),
        "## Size of the saved model, MB",
        _grid(known, [*text, *tables], lambda one: f"{one['artifact_bytes'] / 1e6:,.1f}"),
        "## How quiet the machine was",
        "Per cent of the cores that other work took while a tool was measured. Above a few per cent its seconds are "
        "too long, and a tool that is stopped by its seconds got less done than it could.",
        _grid(known, [*text, *tables], lambda one: f"{one['elsewhere'] * 100:.0f}"),
        "## What was released, and how it serves",
        _serving_table(known, [*text, *tables]),
    ]
    if overheads:
        parts += ["## What a run does besides training and measuring", _overhead_table(overheads)]
    return "\n\n".join([*parts, HOW.format(versions=_versions(known)), _failures(known)]).rstrip() + "\n"


def _names(known: Known, kind: str) -> list[str]:
    return [one.name for one in SETS if one.kind == kind and any(name == one.name for name, _ in known)]


def _commits(known: Known) -> set[str]:
    return {f"`{record['versions'][OURS]}`" for (_, tool), record in known.items() if tool == OURS}


def _done(known: Known, name: str, tool: str) -> Record | None:
    record = known.get((name, tool))
    return record if record and record["outcome"] == "done" else None


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join([_row(head), _row(["---", *["---:"] * (len(head) - 1)]), *(_row(row) for row in rows)])


def _bars(found: list[Bar]) -> str:
    return _table(["bar", "measured", "verdict"], [[bar.wanted, bar.measured, bar.verdict] for bar in found])


def _grid(known: Known, names: list[str], show: Callable[[Record], str]) -> str:
    """A line a set, a column a tool."""
    def cell(name: str, tool: str) -> str:
        record = known.get((name, tool))
        return "" if record is None else show(record) if record["outcome"] == "done" else record["outcome"]

    return _table(["set", OURS, *PEERS.values()], [[name, *(cell(name, t) for t in (OURS, *PEERS))] for name in names])


def _text_table(known: Known, names: list[str]) -> str:
    rows, ratios = [], []
    for name in names:
        errors = {t: 1 - one["value"] for t in (OURS, *PEERS) if (one := _done(known, name, t))}
        peers = [error for tool, error in errors.items() if tool != OURS]
        ratio = errors[OURS] / min(peers) if peers and OURS in errors else None
        ratios += [ratio] if ratio else []
        cells = [_bold(errors.get(t), min(errors.values(), default=0)) or _why(known, name, t) for t in (OURS, *PEERS)]
        rows.append([name, *cells, f"{ratio:.3f}" if ratio else ""])
    if ratios:
        rows.append(["median ratio", *[""] * (1 + len(PEERS)), f"{statistics.median(ratios):.3f}"])
        rows.append(["largest ratio", *[""] * (1 + len(PEERS)), f"{max(ratios):.3f}"])
    return _table(["set", OURS, *PEERS.values(), "ratio"], rows)


def _bold(error: float | None, best: float) -> str:
    shown = "" if error is None else f"{error * 100:.2f}"
    return f"**{shown}**" if shown and error == best else shown


def _why(known: Known, name: str, tool: str) -> str:
    return known[name, tool]["outcome"] if (name, tool) in known else ""


def _auc_table(known: Known, names: list[str]) -> str:
    tools = (OURS, "autogluon_medium", "flaml_automl", "lightgbm_default")
    rows = []
    for name in names:
        found = {tool: _done(known, name, tool) for tool in tools}
        cells = [f"{one['value']:.4f}" if one else _why(known, name, tool) for tool, one in found.items()]
        ours, theirs = found[OURS], found["autogluon_medium"]
        rows.append([name, *cells, *(_against(ours, theirs) if ours and theirs else ["", ""])])
    return _table(["set", OURS, *(PEERS[t] for t in tools[1:]), "ours − AutoGluon", "time, ours / AutoGluon"], rows)


def _against(ours: Record, theirs: Record) -> list[str]:
    return [f"{ours['value'] - theirs['value']:+.4f}", f"{ours['ready_seconds'] / theirs['ready_seconds']:.2f}"]


def _serving_table(known: Known, names: list[str]) -> str:
    head = ["set", "released", "MB", "p50 ms", "p95 ms", "rows/s in bulk", "characters a text", "test score seen again"]
    rows = []
    for name in names:
        one = _done(known, name, OURS)
        if one and one.get("released"):
            rows.append([
                name, one["released"], f"{one['artifact_bytes'] / 1e6:.1f}", f"{one['p50_ms']:.2f}",
                f"{one['p95_ms']:.2f}", f"{one['bulk_rows_per_second']:,.0f}",
                f"{one['characters']:.0f}" if one["characters"] else "", "yes" if one["reproduced"] else "NO",
            ])
    return _table(head, rows)


def _overhead_table(records: list[Record]) -> str:
    head = ["data", "rows", "MB", "seconds", "peak of the main process, MB", "few rows, MB", "more, times the data"]
    return _table(head, [
        [one["set"], f"{one['rows']:,}", f"{one['data_bytes'] / 1e6:.1f}", f"{one['overhead_seconds']:.1f}",
         f"{one['main_peak_bytes'] / 1e6:.0f}", f"{one['small_peak_bytes'] / 1e6:.0f}", f"{one['times_the_data']:.1f}"]
        for one in records
    ])


def _versions(known: Known) -> str:
    told = [pair for record in known.values() for pair in record.get("versions", {}).items()]
    found = {f"{name} {version}" for name, version in told if name != OURS}
    return ", ".join(sorted(found, key=str.lower))


def _failures(known: Known) -> str:
    bad = [r for r in known.values() if r["outcome"] != "done"]
    lines = [f"- {r['tool']} on {r['set']}: {r['outcome']}; it said: `{' / '.join(r['said'])[-300:]}`" for r in bad]
    return "\n".join(["## What did not end well", "", *lines]) if bad else ""


HOW = """## How it is measured, and how to repeat it

```
python benchmarks/quality/run.py            # an hour; what results.jsonl holds already is skipped without --again
python benchmarks/quality/overhead.py       # some minutes
python benchmarks/quality/table.py          # this page anew
```

The sets are not part of the repository: `BREAKEVEN_DATA` names their folder (`NAME/train.csv.gz`, `test.csv.gz` and,
for some, `dev.csv.gz`). Every tool gets an environment of its own with the exact packages of `peers/NAME.txt`, made
below `benchmarks/.envs` on first use (where PyPI gives a CUDA build of torch, install its CPU build first).
Every (set, tool) runs in a fresh process, one at a time, on the same two cores.

- **Same rows.** All learn from train and dev together; who needs rows to tune on holds them out himself. Ours gets
  dev as its validation file. The test rows are only answered. The same columns are dropped for all.
- **Same seconds.** 90 for texts. On tables AutoGluon runs as long as it likes (300 at most), ours gets 0.45 of what
  it took, FLAML all of it. LightGBM knows no limit; ended after two and a half times as long, and a minute.
  Where a peer was measured several times, the run that other work disturbed least counts; of ours, the newest.
- **Same yardstick.** A tool writes its answers to a file; `score.py` counts all of them. For ours they come from
  `breakeven predict` with the release, and must give exactly the test score that the run reported.
- Peers: `tfidf_svc` picks its C by 3-fold cross-validation; `fasttext_autotune` searches on nine tenths for all its
  seconds (a second time where it runs away to NaN) and then trains the settings it found on all rows, with Chinese
  characters as words; `autogluon_medium` is
  `medium_quality` with LightGBM, CatBoost, XGBoost, fastai and torch installed; `flaml_automl` and `lightgbm_default`
  get texts as TF-IDF of words and characters (the 10,000 most frequent n-grams of each) and tables as they are.

Versions: {versions}."""

if __name__ == "__main__":
    write_readme(HERE / "results.jsonl")
