"""The traffic log: what is kept, what is masked, what is forgotten; and what `monitor` makes of it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

import breakeven
from breakeven.core.errors import UsageError
from breakeven.serving.traffic import MOST_LINES, TrafficLog, user_digest
from breakeven.serving.traffic_parquet import ParquetTraffic
from tests.road.projects import command
from tests.serving.servers import copy_of, server
from tests.serving.test_answers import rows_of


def outputs(*names: str) -> list[dict[str, object]]:
    return [{"id": name, "label": "a", "confidence": 0.5} for name in names]


def test_inputs_are_kept_masked_and_only_where_asked(tmp_path: Path) -> None:
    rows = pa.table({"text": ["write to ann@example.org or 13800138000", None]})
    for share, kept in ((0.0, 0), (1.0, 2)):
        log = TrafficLog(ParquetTraffic(tmp_path / str(share)), share)
        log.answered(3, "key", "ann", 0.01, rows, outputs("x-1", "x-2"))
        log.close()
        found = ParquetTraffic(tmp_path / str(share)).read("answers")
        assert found.num_rows == 2
        assert found.column("inputs").null_count == 2 - kept
        text = json.dumps(found.drop_columns(["at"]).to_pylist())
        assert "ann@example.org" not in text
        assert '"ann"' not in text
        assert "13800138000" not in text


def test_a_user_is_forgotten_with_the_feedback(tmp_path: Path) -> None:
    store = ParquetTraffic(tmp_path)
    log = TrafficLog(store)
    for number, user in enumerate(["ann", "bob", "ann", None]):
        log.answered(1, "", user, 0.0, pa.table({"text": ["a"]}), outputs(f"x-{number}"))
        log.feedback(f"x-{number}", "a", None)
        log.flush()
    assert store.forget_user(user_digest("ann")) == 2
    assert store.read("answers").column("id").to_pylist() == ["x-1", "x-3"]
    assert store.read("feedback").column("id").to_pylist() == ["x-1", "x-3"]
    assert store.forget_user(user_digest("ann")) == 0


def test_a_full_buffer_drops_and_counts_and_a_closed_folder_costs_nothing_once_it_opens(tmp_path: Path) -> None:
    counted: list[int] = []
    log = TrafficLog(ParquetTraffic(tmp_path / "a-file" / "below"), lost=counted.append)
    (tmp_path / "a-file").write_text("")
    for _ in range(MOST_LINES + 5):
        log.feedback("x", "a", None)
    assert log.dropped == 5
    assert not log.flush()
    (tmp_path / "a-file").unlink()
    assert log.flush()
    assert log.store.read("feedback").num_rows == MOST_LINES
    assert log.dropped == sum(counted) == 5


def test_what_a_closed_folder_did_not_take_at_the_end_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    log = TrafficLog(ParquetTraffic(tmp_path / "a-file" / "below"))
    log.feedback("x", "a", None)
    log.close()
    assert log.dropped == 1


def test_a_line_that_cannot_be_kept_costs_no_other(tmp_path: Path) -> None:
    log = TrafficLog(ParquetTraffic(tmp_path))
    for name in ("a", "b", "\ud800", "c", "d"):
        log.feedback(name, "a", None)
    assert log.flush()
    assert log.store.read("feedback").column("id").to_pylist() == ["a", "b", "c", "d"]
    assert log.dropped == 1


def test_old_days_are_removed(tmp_path: Path) -> None:
    old = (datetime.now(UTC).date() - timedelta(days=31)).isoformat()
    (tmp_path / old).mkdir(parents=True)
    log = TrafficLog(ParquetTraffic(tmp_path), days=30)
    log.flush()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def watched(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose server answered 300 usual rows, with the truth of 100 of them."""
    project = copy_of(released, tmp_path_factory.mktemp("watched") / "project")
    shutil.rmtree(project / ".breakeven" / "traffic", ignore_errors=True)  # of other tests
    with pytest.raises(UsageError, match="answered nothing"):
        breakeven.monitor(project)
    ask(project, [row["message"] or "" for row in rows_of(project)][:240], truths=100)
    return project


def ask(project: Path, texts: list[str], truths: int = 0) -> None:
    with server(project, "--log-inputs", "1") as found, httpx.Client() as client:
        for start in range(0, len(texts), 20):
            body = {"inputs": texts[start : start + 20], "user": "ann"}
            given = client.post(f"{found.url}/v1/predict", json=body).json()["outputs"]
            told = [{"id": one["id"], "truth": one["label"]} for one in given if start < truths]
            if told:
                reply = client.post(f"{found.url}/v1/feedback", json={"feedback": told})
                assert reply.json() == {"taken": 20}


def test_usual_traffic_is_no_alarm(watched: Path) -> None:
    found = breakeven.monitor(watched)
    assert found.alarms == ()
    assert found.answers == 240
    assert found.accuracy is not None
    assert found.accuracy.rows == 100
    assert found.accuracy.value == 1.0
    assert found.usd_per_day is not None
    assert found.planned_usd_per_day is not None
    assert found.p95_ms is not None


def test_other_traffic_is_an_alarm_and_exit_code_3(watched: Path, tmp_path: Path) -> None:
    project = copy_of(watched, tmp_path / "project")
    shutil.rmtree(project / ".breakeven" / "traffic")
    ask(project, [f"完全不同的消息 {n}" for n in range(300)])
    done = command("monitor", project, "--json")
    assert done.returncode == 3, done.stderr
    told = json.loads(done.stdout)
    assert {shift["kind"] for shift in told["shifts"] if shift["alarm"]} >= {"text"}
    shown = command("monitor", project, "--language", "zh")
    assert shown.returncode == 3
    assert "告警" in shown.stdout
    assert command("monitor", project, "--forget-user", "ann").stdout.startswith("300")


@pytest.mark.parametrize("body", [{"feedback": []}, {"feedback": [{"id": "x"}]}, {"feedback": [{"truth": "a"}]}, {}])
def test_feedback_without_sense_is_refused(running, body) -> None:  # type: ignore[no-untyped-def]
    assert httpx.post(f"{running.url}/v1/feedback", json=body).status_code == 422


def test_answers_have_names_of_their_own(running) -> None:  # type: ignore[no-untyped-def]
    names = [answer["id"] for _ in range(20) for answer in running.ask("a", "b").json()["outputs"]]
    assert len(set(names)) == 40
