"""The whole road through the command line: outcomes, exit codes, the record, resuming, limits."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.road.projects import command, make_project

HOG = '''
import time
from breakeven.core.words import say
from breakeven.models.model import Model, Trained
from breakeven.records.candidate import Candidate

class Hog(Model):
    name = "hog"
    def describe(self): return say("asks for ten gigabytes")
    def propose(self, dataset, task, means):
        return (Candidate(name="hog", family=self.tag, cost_rank=0.5, seconds_hint=20),)
    def train(self, work):
        import numpy as np
        kept = [np.ones(25_000_000) for _ in range(50)]
        time.sleep(30)
        return Trained(np.zeros((1, 1)))
    def load(self, folder, artifact): raise AssertionError("never trained")

class Sleeper(Hog):
    name = "sleeper"
    def describe(self): return say("never comes back")
    def propose(self, dataset, task, means):
        return (Candidate(name="sleeper", family=self.tag, cost_rank=0.6, seconds_hint=4),)
    def train(self, work):
        time.sleep(300)

class Crasher(Hog):
    name = "crasher"
    def propose(self, dataset, task, means):
        return (Candidate(name="crasher", family=self.tag, cost_rank=0.7, seconds_hint=4),)
    def train(self, work):
        import os
        os.kill(os.getpid(), 11)

HOG, SLEEPER, CRASHER = Hog(), Sleeper(), Crasher()
'''


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """A package of somebody else's with three bad families, found by entry points."""
    place = tmp_path / "strangers"
    info = place / "strangers-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "strangers.py").write_text(HOG)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n")
    points = "".join(f"{name} = strangers:{name.upper()}\n" for name in ("hog", "sleeper", "crasher"))
    (info / "entry_points.txt").write_text(f"[breakeven.models]\n{points}")
    return place


def test_a_released_run_tells_the_record_of_the_design(tmp_path: Path) -> None:
    done = command("run", make_project(tmp_path / "p"), "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert set(record) == {"run", "outcome", "candidates", "choice", "release", "plan", "report", "seconds"}
    assert record["outcome"] == "released"
    for candidate in record["candidates"]:
        assert ("test" in candidate) == (candidate["name"] == record["choice"]["name"])
    assert Path(record["report"]).exists()
    assert (tmp_path / "p" / record["release"]["path"]).is_dir()
    planned = json.loads(command("plan", tmp_path / "p", "--json").stdout)
    assert planned["months"] == record["plan"]["months"], "plan and run price by one function"


def test_a_missed_target_releases_the_nearest_and_exits_with_3(tmp_path: Path) -> None:
    target = 'metric = "accuracy"\nat_least = 0.9999'
    project = make_project(tmp_path / "p", task="tabular-classification", target=target)
    done = command("run", project, "--json")
    assert done.returncode == 3, done.stderr
    record = json.loads(done.stdout)
    assert record["outcome"] == "target_missed"
    assert record["release"] is not None
    assert {c["name"] for c in record["candidates"] if c["outcome"] == "trained"} >= {"baseline", "linear", "boosted"}


def test_the_test_score_is_that_of_predict(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", rows=400, target='metric = "accuracy"\nat_least = 0.7')
    rows = (project / "rows.csv").read_text().splitlines(keepends=True)
    (project / "test.csv").write_text("".join([rows[0], *rows[301:]]))
    (project / "rows.csv").write_text("".join(rows[:301]))
    toml = project / "breakeven.toml"
    toml.write_text(toml.read_text().replace('train = "rows.csv"\n', 'train = "rows.csv"\ntest = "test.csv"\n'))
    record = json.loads(command("run", project, "--json").stdout)
    reported = next(c["test"]["value"] for c in record["candidates"] if "test" in c)
    done = command("predict", project / "test.csv", "--project", project, "--out", tmp_path / "a.jsonl")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert sum(a["label"] == a["answer"] for a in answers) / len(answers) == pytest.approx(reported, abs=1e-12)


@pytest.mark.parametrize("task", ["regression", "tabular-classification", "sentiment"])
def test_every_task_has_a_road(tmp_path: Path, task: str) -> None:
    target = "at_most = 0.9" if task == "regression" else "at_least = 0.7"
    done = command("run", make_project(tmp_path / "p", task=task, target=target), "--json")
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_same_command_repeats_nothing(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", target="at_least = 0.999999")
    first = json.loads(command("run", project, "--json").stdout)
    results = {path: path.stat().st_mtime_ns for path in project.glob(".breakeven/jobs/*/result.json")}
    assert results
    second = json.loads(command("run", project, "--json").stdout)
    assert {path: path.stat().st_mtime_ns for path in results} == results
    assert second["release"] == first["release"]
    assert second["run"] != first["run"]


def test_limits_hold_and_the_rest_goes_on(tmp_path: Path, strangers: Path) -> None:
    """One family asks for ten gigabytes, one never comes back, one crashes: each is a line in the ladder."""
    project = make_project(tmp_path / "p", more="memory_gb = 1.5\n")
    toml = project / "breakeven.toml"
    toml.write_text(toml.read_text().replace("seconds = 90", "seconds = 60"))
    begun = time.monotonic()
    done = command("run", project, "--json", PYTHONPATH=str(strangers))
    assert time.monotonic() - begun < 70
    assert done.returncode == 0, done.stderr
    ladder = {c["name"]: c for c in json.loads(done.stdout)["candidates"]}
    assert ladder["hog"]["outcome"] == "failed"
    assert "memory" in ladder["hog"]["reason"]
    assert ladder["hog"]["train"]["peak_bytes"] < 3e9
    assert ladder["sleeper"]["outcome"] == "failed"
    assert ladder["sleeper"]["reason"].startswith("stopped at its limit of")
    assert ladder["crasher"]["outcome"] == "failed"
    assert ladder["linear"]["outcome"] == "trained"


def test_a_family_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = command("run", make_project(tmp_path / "p"), "--only", "linaer")
    assert done.returncode == 2
    assert "linaer" in done.stderr
    assert "linear" in done.stderr
