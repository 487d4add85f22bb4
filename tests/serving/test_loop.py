"""The loop: what serving measures goes back into the plan, the labels and the next training."""

from __future__ import annotations

import json
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from breakeven import planning
from breakeven.core.errors import UsageError
from breakeven.core.figure import Provenance
from breakeven.core.units import unit
from breakeven.inputs.parts import read_part
from breakeven.inputs.reader import read_table
from breakeven.interfaces import live
from breakeven.monitoring.demand import DAYS_A_MONTH
from breakeven.serving.traffic import TrafficLog
from breakeven.serving.traffic_place import FOLDER, traffic_of
from breakeven.stages.releases import current_number
from breakeven.stages.rollouts import current_rollout
from breakeven.store import Store
from tests.monitoring.logs import write_days
from tests.road.projects import command
from tests.serving.servers import copy_of, server


def test_replan_takes_the_traffic_for_the_guess_and_says_what_moved(tmp_path: Path, released: Path) -> None:
    project = _paying(tmp_path, released)
    before = planning.replan(project)
    assert before.traffic is None
    write_days(Store(project), [round(400 * 1.3 ** (day / DAYS_A_MONTH)) for day in range(30)], datetime.now(UTC),
               truths=5)  # fmt: skip
    found = planning.replan(project)
    by_name = {one.new.name: one for one in found.replaced}
    asked = by_name["requests a month"]
    assert (asked.old.provenance, asked.new.provenance) == (Provenance.ASSUMED, Provenance.MEASURED)
    assert asked.old.value == 1_000
    assert 11_000 < asked.new.value < 17_000
    assert asked.new.low < asked.new.value < asked.new.high
    assert 0.25 < by_name["growth a month"].new.value < 0.35
    assert asked.break_even_month < found.old_break_even_month, "it earns more than was guessed"
    assert found.traffic.accuracy.value == pytest.approx(0.8)
    assert unit(found.traffic.usd_per_1k.unit) == unit("usd/1k request")
    assert found.new_break_even.p10 <= found.new_break_even_month <= found.new_break_even.p90
    said = command("replan", project, "--language", "zh")
    assert said.returncode == 0, said.stderr
    assert "单独使盈亏平衡月份变动的" in said.stdout
    assert planning.replan(project, days=0).traffic is None


def _paying(folder: Path, released: Path) -> Path:
    """A released project with a price for its answers, and people to pay."""
    project = copy_of(released, folder / "paying")
    shutil.rmtree(project / ".breakeven" / FOLDER, ignore_errors=True)
    with (project / "breakeven.toml").open("a", encoding="utf-8") as text:
        text.write('[demand]\nrequests_per_month = 1000\ngrowth_per_month = "10%..30%"\nprice_per_1k_requests = 40.0\n'
                   '[capital]\ncash_usd = 50000\n[[team]]\nrole = "one"\nsalary_usd_per_year = 6000\n')  # fmt: skip
    return project


def test_the_whole_loop_by_its_commands(tmp_path: Path, released: Path) -> None:
    """Serve, tell truths, monitor, label, learn behind the gate, put on trial, plan anew."""
    project = _paying(tmp_path, released)
    store = Store(project)
    labels = store.run().audit.dataset.labels
    chance = random.Random(4)
    truths = [labels[n % len(labels)] for n in range(150)]
    texts = [f"neu{labels.index(label)} frage {chance.randrange(10**9)} an ann@example.org" for label in truths]
    with server(project, "--log-inputs", "1") as running:
        answers = running.ask(*texts).json()["outputs"]
        told = [{"id": one["id"], "truth": label} for one, label in zip(answers[:110], truths, strict=False)]
        assert httpx.post(f"{running.url}/v1/feedback", json={"feedback": told}).status_code == 200
    queued = tmp_path / "queue.csv"
    said = command("labels", "next", "--count", "25", "--out", queued, "--project", project, "--language", "zh")
    assert said.returncode == 0, said.stderr
    assert "40" in said.stdout, "110 of 150 are labelled already"
    rows = read_table(queued).to_pylist()
    known = {one["id"]: label for one, label in zip(answers, truths, strict=True)}
    lines = ["id,truth", *(f"{row['id']},{known[row['id']]}" for row in rows)]
    queued.write_text("\n".join(lines), encoding="utf-8")
    assert command("labels", "add", queued, "--project", project).returncode == 0
    assert live.monitor(project, 7).accuracy.rows == 135
    learned = command("run", project, "--from-feedback", "--canary", "20", "--only", "linear", "--json")
    assert learned.returncode == 0, learned.stderr + learned.stdout
    made = json.loads(learned.stdout)
    assert made["gate"]["passed"]
    assert made["gate"]["taken"]["masked"] == 135
    assert (made["release"]["number"], current_number(store)) == (2, 1)
    assert current_rollout(store).percent == 20
    assert store.releases()[-1].test_opened == 2, "the same test rows, opened by another candidate"
    with pytest.raises(UsageError, match="on trial already"):
        live.learn(project, canary=20)
    assert [line.template.split()[0] for line in planning.replan(project).traffic.kept] == ["requests", "growth"]


def test_behind_a_closed_gate_nothing_changes(tmp_path: Path, released: Path) -> None:
    """Truths that are wrong of texts that the release knows: what learns from them is worse."""
    project = _paying(tmp_path, released)
    store = Store(project)
    dataset = store.run().audit.dataset
    known = read_part(store.folder / dataset.folder, "train").select(["message", "answer"]).to_pylist()
    log, labels = TrafficLog(traffic_of(store), 1.0), dataset.labels
    for n in range(300):
        row = known[n % len(known)]
        wrong = labels[(labels.index(row["answer"]) + (n < 200)) % len(labels)]
        log.answered(1, "", None, 0.001, pa.table({"message": [f"{row['message']} ({n})"]}),
                     [{"id": str(n), "label": row["answer"], "confidence": 0.9}])  # fmt: skip
        log.feedback(str(n), wrong, None)
    log.close()
    before = {path: path.read_bytes() for path in (store.folder / "releases").rglob("*") if path.is_file()}
    said = command("run", project, "--from-feedback", "--only", "linear", "--canary", "10", "--language", "zh")
    assert said.returncode == 3, said.stderr
    assert "什么都没有改动" in said.stdout
    assert "✗" in said.stdout
    assert {path: path.read_bytes() for path in (store.folder / "releases").rglob("*") if path.is_file()} == before
    assert len(store.runs()) == 1
    assert current_rollout(store) is None
