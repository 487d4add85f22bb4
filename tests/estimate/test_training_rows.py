"""Trainings out of tables: the real one, and those that nobody should have written."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import pytest

from breakeven.interfaces.training_json import rows_json

REPOSITORY = Path(__file__).parents[2]
OUTCOMES = ("gpu_hours", "days", "step_time_s", "tokens_per_s_per_gpu", "tflops_per_gpu", "mfu_pct", "hfu_pct",
            "mem_gib_per_gpu", "cost_usd", "gpu_hours_per_1e9_tokens")  # fmt: skip


@pytest.fixture(scope="module")
def truth() -> Path:
    """The folder of published figures; the tests are skipped where it is absent."""
    folder = Path(os.environ.get("BREAKEVEN_TRUTH", REPOSITORY.parent / "shared" / "truth"))
    if not folder.is_dir():
        pytest.skip(f"the published figures are not at {folder} (set BREAKEVEN_TRUTH)")
    return folder


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "rows.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_rows_are_answered_whatever_the_file_looks_like(tmp_path: Path) -> None:
    text = "id,model,params_total,tokens,hw,hw_count\r\na,,7e9,1e12,H100,64\r\nb,,lots,1e12,H100,64\r\n" \
        "c,,7e9,,H100,\r\nd,,7e9,1e12,,64\r\ne,,7e9,1e12,Abacus,64\r\nf,\"\",7e9,-1,A100-80GB,x\r\n"  # fmt: skip
    rows = {row["id"]: row for row in rows_json(written(tmp_path, text, "utf-8-sig"))["rows"]}
    assert rows["a"]["gpu_hours_low"] < rows["a"]["gpu_hours"] < rows["a"]["gpu_hours_high"]
    assert {name for name, row in rows.items() if "refused" in row} == {"b", "d", "e"}
    assert all(rows[name]["refused"][part] for name in "bde" for part in ("what", "where", "hint"))
    assert rows["c"]["gpu_hours"] > 0
    assert rows["f"]["gpus"] > 0
    json.dumps(rows, allow_nan=False)


def test_a_fine_tuning_row_gets_its_memory(tmp_path: Path) -> None:
    text = "id,kind,params_total,method,lora_rank,quant,hw,hw_count,seq_len,micro_batch\n" \
        "q,memory_time,7e9,qlora,16,nf4,RTX 4090,1,512,1\nfull,memory_time,7e10,full,,,RTX 4090,1,512,1\n"  # fmt: skip
    small, large = rows_json(written(tmp_path, text))["rows"]
    assert small["fits"] is True
    assert 3 < small["mem_gb_per_gpu"] < 24
    assert large["fits"] is False


def test_outcomes_are_never_looked_at(truth: Path, tmp_path: Path) -> None:
    """The same rows with every outcome turned into nonsense give the same answers."""
    with (truth / "training_runs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))[::7]
    answers = []
    for place, change in enumerate((lambda value: value, lambda value: "7777")):
        file = tmp_path / f"{place}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(row | {name: change(row[name]) for name in OUTCOMES} for row in rows)
        answers.append(rows_json(file)["rows"])
    assert answers[0] == answers[1]


def test_every_published_training_gets_an_answer(truth: Path) -> None:
    rows = rows_json(truth / "training_runs.csv")["rows"]
    assert len(rows) > 300
    assert [row["id"] for row in rows if "refused" in row] == []
    assert all(row[name] > 0 for row in rows for name in ("gpu_hours", "days", "mfu", "mem_gib_per_gpu"))


def test_the_calibration_holds_on_groups_it_has_not_seen(truth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A looser ceiling than the bars of the benchmark: 14 % on configurations, 32 % on runs, 72 to 90 % inside."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks" / "planner"))
    monkeypatch.setenv("BREAKEVEN_TRUTH", str(truth))
    for name in ("run", "fit", "table", "calibrate"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import numpy as np
    from calibrate import left_out, rows
    from run import coverage, score
    from table import known

    data = rows(known())
    found, predicted = left_out(data)
    scored = np.array([one.scored for one in data.known])
    assert score(data, predicted, data.bench & scored)["group_median"] < 0.14
    runs = score(data, predicted, data.runs & scored)
    assert runs["group_median"] < 0.32
    assert abs(runs["bias"]) < 0.1
    assert 0.72 <= coverage(data, predicted, data.runs & scored) <= 0.9
    assert np.all(np.isfinite(found.constants()))
