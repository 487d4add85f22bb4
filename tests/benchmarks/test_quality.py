"""The yardstick of the benchmark: scores, verdicts, the measuring of processes and the project files it writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def benchmark_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "quality"))


def test_roc_auc_and_accuracy_equal_scikit_learn() -> None:
    from score import accuracy, roc_auc

    chance = np.random.default_rng(0)
    truth = chance.random(500) < 0.3
    scores = np.round(chance.random(500) + 0.3 * truth, 2)  # rounded: many ties
    assert roc_auc(truth.tolist(), scores.tolist()) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    words, answers = [str(t) for t in truth], [str(t) for t in scores > 0.5]
    assert accuracy(words, answers) == accuracy_score(words, answers)


def test_answers_of_another_length_are_no_score() -> None:
    from score import accuracy

    with pytest.raises(ValueError, match="2 answers to 3 rows"):
        accuracy(["a", "b", "c"], ["a", "b"])


def test_memory_of_children_and_the_time_limit_are_seen(tmp_path: Path) -> None:
    from process import run_measured

    child = "import time; kept = bytearray(120_000_000); time.sleep(0.6)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    found = run_measured([sys.executable, "-c", parent], tmp_path / "log", cap_seconds=20)
    assert found.exit_code == 0
    assert found.peak_bytes > 120_000_000 > found.main_peak_bytes
    late = run_measured([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log", cap_seconds=0.3)
    assert late.exit_code is None
    assert late.seconds < 5


def test_the_project_file_is_one_that_breakeven_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from product import project_file
    from sets import SETS

    from breakeven.project import read_project

    monkeypatch.setenv("BREAKEVEN_DATA", str(tmp_path))
    for data_set in SETS:
        (tmp_path / data_set.name).mkdir()
        for part in ("train", "test", "dev"):
            (tmp_path / data_set.name / f"{part}.csv.gz").touch()
        (tmp_path / "breakeven.toml").write_text(project_file(data_set, 12.5, 3), encoding="utf-8")
        project = read_project(tmp_path)
        assert project.data.answer == data_set.answer
        assert project.data.drop == data_set.drop
        assert project.target.metric == data_set.metric
        assert project.budget.seconds == 12.5


def _line(tool: str, value: float, seconds: float, kind: str = "table", **more: Any) -> dict[str, Any]:
    ours = {"artifact_bytes": 1e6, "p95_ms": 1.0, "reproduced": True} if tool == "breakeven" else {}
    return {"tool": tool, "kind": kind, "outcome": "done", "value": value, "ready_seconds": seconds, **ours, **more}


def test_bars_are_counted_from_the_results() -> None:
    from bars import bars
    from sets import SETS

    tables = [one.name for one in SETS if one.kind == "table"]
    known = {(name, "autogluon_medium"): _line("autogluon_medium", 0.9, 100) for name in tables}
    known |= {(name, "breakeven"): _line("breakeven", 0.8996, 45) for name in tables}
    verdict = {bar.wanted: bar.verdict for bar in bars(known, [])}
    assert verdict["tables: ROC AUC at least AutoGluon medium's less 0.0005"] == "met"
    assert verdict["tables: in at most half of AutoGluon's time"] == "met"
    assert verdict["texts: error at most 0.97 of the best peer's on the median set"] == "not measured"
    known[tables[0], "breakeven"] = _line("breakeven", 0.8994, 51)
    missed = {bar.wanted: bar for bar in bars(known, [])}
    assert missed["tables: ROC AUC at least AutoGluon medium's less 0.0005"].verdict == "**missed**"
    assert tables[0] in missed["tables: in at most half of AutoGluon's time"].measured


def test_the_error_is_set_against_the_best_peer_that_ended() -> None:
    from bars import error_ratio

    known = {
        ("set", "breakeven"): _line("breakeven", 0.91, 1),
        ("set", "tfidf_svc"): _line("tfidf_svc", 0.90, 1),
        ("set", "fasttext_autotune"): _line("fasttext_autotune", 0.88, 1),
        ("set", "flaml_automl"): {"tool": "flaml_automl", "outcome": "failed"},
    }
    assert error_ratio(known, "set", known["set", "breakeven"]) == pytest.approx(0.9)


def test_of_a_peer_the_least_disturbed_run_counts_and_of_ours_the_newest() -> None:
    from table import latest

    peer = {"set": "adult", "tool": "autogluon_medium", "outcome": "done"}
    ours = {"set": "adult", "tool": "breakeven", "outcome": "done"}
    quiet, busy = peer | {"elsewhere": 0.01}, peer | {"elsewhere": 0.5}
    failed = peer | {"elsewhere": 0.0, "outcome": "failed"}
    old, new = ours | {"elsewhere": 0.0}, ours | {"elsewhere": 0.3}
    found = latest([failed, quiet, busy, old, new])
    assert found["adult", "autogluon_medium"] is quiet
    assert found["adult", "breakeven"] is new
