"""Small files of the log become one, and no line is lost, doubled or brought back, wherever it is killed."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from breakeven.serving import traffic_merging
from breakeven.serving.traffic import user_digest
from breakeven.serving.traffic_merging import SETTLED_SECONDS, locked
from breakeven.serving.traffic_parquet import ParquetTraffic
from breakeven.serving.traffic_store import Batch


def filled(folder: Path, files: int = 40, settled: int = 30) -> ParquetTraffic:
    """A log of so many files of two answers each; the first ones are old enough to be merged."""
    store, now = ParquetTraffic(folder), datetime.now(UTC)
    for number in range(files):
        lines = [{"at": now, "id": f"{number}-{one}", "release": 1, "key": "", "user": user_digest("ab"[one]),
                  "seconds": 0.1, "answer": "yes", "confidence": 0.5, "inputs": None, "arm": "current"}
                 for one in range(2)]  # fmt: skip
        store.write(Batch("answers", f"w{number:03}", 0, lines))
    old = time.time() - SETTLED_SECONDS - 1
    for file in sorted(folder.glob("*/answers-*"))[:settled]:
        os.utime(file, (old, old))
    return store


def ids(store: ParquetTraffic) -> list[str]:
    return sorted(store.read("answers").column("id").to_pylist())


def test_settled_files_become_one_and_all_lines_stay(tmp_path: Path) -> None:
    store = filled(tmp_path)
    before = ids(store)
    store.tidy()
    assert len(list(tmp_path.glob("*/answers-*"))) == 11
    assert ids(store) == before
    store.tidy()
    assert len(list(tmp_path.glob("*/answers-*"))) == 11, "nothing is merged twice"


def test_killed_before_the_sources_are_gone_no_line_is_doubled_or_brought_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(tmp_path)
    before = ids(store)
    real, swept = traffic_merging.sweep, []

    def killed(day: Path, kind: str) -> None:
        swept.append(kind)
        if len(swept) == 2:  # the first sweep is before the merge, the second one after it
            raise KeyboardInterrupt
        real(day, kind)

    monkeypatch.setattr(traffic_merging, "sweep", killed)
    with pytest.raises(KeyboardInterrupt):
        store.tidy()
    monkeypatch.undo()
    assert len(list(tmp_path.glob("*/answers-*"))) == 41
    assert ids(store) == before
    assert store.forget_user(user_digest("a") or "") == 40
    assert ids(store) == [name for name in before if name.endswith("-1")]
    store.tidy()
    assert ids(store) == [name for name in before if name.endswith("-1")]


def test_nothing_is_merged_while_somebody_reads(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with locked(tmp_path):
        store.tidy()
        assert len(list(tmp_path.glob("*/answers-*"))) == 40
    store.tidy()
    assert len(list(tmp_path.glob("*/answers-*"))) == 11
