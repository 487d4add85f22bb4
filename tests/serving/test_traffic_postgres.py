"""Traffic in a real PostgreSQL: nothing is lost or kept twice while the database comes and goes, none waits for it."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

import breakeven
from breakeven.core.errors import UsageError
from breakeven.serving import traffic
from breakeven.serving.traffic import TrafficLog, user_digest
from breakeven.serving.traffic_place import VARIABLE, traffic_of
from breakeven.serving.traffic_postgres import PostgresTraffic
from breakeven.serving.traffic_store import Batch, StoreAway
from breakeven.store import Store
from tests.postgres import Postgres, postgres
from tests.road.projects import command
from tests.serving.servers import copy_of, server
from tests.serving.test_answers import rows_of


@pytest.fixture(scope="module")
def base() -> Iterator[Postgres]:
    with postgres() as found:
        yield found


@pytest.fixture
def store(base: Postgres, request: pytest.FixtureRequest) -> Iterator[PostgresTraffic]:
    made = PostgresTraffic(base.address, request.node.name)
    yield made
    made.close()


def line(name: str, at: datetime | None = None) -> dict[str, object]:
    return {"at": at or datetime.now(UTC), "id": name, "truth": "a", "reward": 0.5}


def ids(store: PostgresTraffic) -> list[str]:
    return sorted(store.read("feedback").column("id").to_pylist())


def test_lines_come_back_as_they_were_and_masked(store: PostgresTraffic) -> None:
    log = TrafficLog(store, share=1.0)
    rows = pa.table({"text": ["write to ann@example.org", None]})
    named = [{"id": name, "label": "a\0b", "confidence": 0.5} for name in ("x-1", "x-2")]
    log.answered(3, "key", "ann", 0.25, rows, named)
    assert log.flush()
    first, second = store.read("answers").to_pylist()
    assert (first["id"], first["release"], first["seconds"], first["answer"]) == ("x-1", 3, 0.25, "a\ufffdb")
    assert json.loads(first["inputs"]) == {"text": "write to [mail]"}
    assert json.loads(second["inputs"]) == {"text": None}
    assert abs((datetime.now(UTC) - first["at"]).total_seconds()) < 60


def test_a_batch_that_is_written_again_is_kept_once(store: PostgresTraffic) -> None:
    batch = Batch("feedback", "w", 0, [line("a"), line("b")])
    store.write(batch)
    store.write(batch)
    store.write(Batch("feedback", "other", 0, [line("c")]))
    assert ids(store) == ["a", "b", "c"]


def test_projects_in_one_database_do_not_see_each_other(base: Postgres, store: PostgresTraffic) -> None:
    store.write(Batch("feedback", "w", 0, [line("a")]))
    other = PostgresTraffic(base.address, "another project")
    assert other.read("feedback").num_rows == 0
    other.close()


def test_old_days_go_and_young_ones_stay(store: PostgresTraffic) -> None:
    old = datetime.now(UTC) - timedelta(days=31)
    store.write(Batch("feedback", "w", 0, [line(f"old-{n}", old) for n in range(5)] + [line("young")]))
    TrafficLog(store, days=30).flush()
    assert ids(store) == ["young"]


def test_a_user_is_forgotten_with_the_feedback(store: PostgresTraffic) -> None:
    log = TrafficLog(store)
    for number, user in enumerate(["ann", "bob", "ann", None]):
        log.answered(1, "", user, 0.0, pa.table({"text": ["a"]}), [{"id": f"x-{number}", "label": "a"}])
        log.feedback(f"x-{number}", "a", None)
    log.flush()
    assert store.forget_user(user_digest("ann") or "") == 2
    assert store.read("answers").column("id").to_pylist() == ["x-1", "x-3"]
    assert ids(store) == ["x-1", "x-3"]


def test_a_line_that_cannot_be_kept_costs_no_other(store: PostgresTraffic) -> None:
    log = TrafficLog(store)
    for name in ("a", "\ud800", "b"):
        log.feedback(name, "a", None)
    assert log.flush()
    assert ids(store) == ["a", "b"]
    assert log.dropped == 1


def test_a_killed_database_costs_nothing_once_it_is_back(base: Postgres, store: PostgresTraffic) -> None:
    log = TrafficLog(store)
    log.feedback("before", "a", None)
    assert log.flush()
    base.kill()
    log.feedback("while away", "a", None)
    assert not log.flush()
    log.feedback("later", "a", None)
    base.start()
    assert log.flush()
    assert ids(store) == ["before", "later", "while away"]
    assert log.dropped == 0


def test_a_frozen_database_holds_up_nobody_and_a_full_buffer_drops(
    base: Postgres, store: PostgresTraffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "FLUSH_SECONDS", 0.05)
    monkeypatch.setattr(traffic, "CLOSE_SECONDS", 0.5)
    monkeypatch.setattr(traffic, "MOST_LINES", 1_000)
    log = TrafficLog(store)
    log.feedback("first", "a", None)
    assert log.flush()
    base.freeze()
    try:
        log.start()
        log.feedback("second", "a", None)
        time.sleep(0.3)  # the thread hangs in the database now
        begun = time.monotonic()
        for number in range(1_500):
            log.feedback(f"x-{number}", "a", None)
        assert time.monotonic() - begun < 0.5
        assert log.dropped == 500
        begun = time.monotonic()
        log.close()
        assert time.monotonic() - begun < 3
        assert log.dropped == 1_501
    finally:
        base.thaw()
    assert log._thread is not None
    log._thread.join(20)
    assert not log._thread.is_alive()


def test_two_processes_that_write_at_once_lose_and_mix_nothing(base: Postgres) -> None:
    base.rows("DROP TABLE IF EXISTS breakeven_answers, breakeven_feedback, breakeven_traffic")
    stores = [PostgresTraffic(base.address, "both") for _ in range(4)]  # all find that the tables are missing
    logs = [TrafficLog(store) for store in stores]

    def work(number: int) -> None:
        for name in range(200):
            logs[number].feedback(f"{number}-{name}", "a", None)
            if name % 50 == 0:
                assert logs[number].flush()
        logs[number].close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = PostgresTraffic(base.address, "both")
    assert ids(reader) == sorted(f"{number}-{name}" for number in range(4) for name in range(200))
    reader.close()


def test_columns_that_a_later_version_adds_are_added_and_later_tables_are_refused(
    base: Postgres, store: PostgresTraffic
) -> None:
    store.write(Batch("feedback", "w", 0, [line("a")]))
    store.close()
    base.rows("ALTER TABLE breakeven_feedback DROP COLUMN reward")
    store.write(Batch("feedback", "w", 1, [line("b")]))
    assert {row["id"]: row["reward"] for row in store.read("feedback").to_pylist()} == {"a": None, "b": 0.5}
    store.close()
    base.rows("UPDATE breakeven_traffic SET version = 99")
    try:
        with pytest.raises(UsageError, match="later version"):
            store.read("feedback")
    finally:
        base.rows("UPDATE breakeven_traffic SET version = 1")


def test_no_fault_shows_a_password(base: Postgres, tmp_path: Path) -> None:
    for address in (
        f"postgresql://owner:s3cr3t@/nowhere?host={base.folder}", "postgresql://u:s3cr3t@p%ss@127.0.0.1:1/x",
        "postgresql://u:s3cr3t%zz@nowhere.invalid:1/x", "postgresql://u:s3cr3t@127.0.0.1:1/x?nonsense=1",
    ):  # fmt: skip
        store = PostgresTraffic(address, "p")
        with pytest.raises(StoreAway) as raised:
            store.read("feedback")
        assert "s3cr3t" not in " ".join(map(str, raised.value.lines()))


def test_a_password_in_the_project_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "breakeven.toml"
    file.write_text('[product]\nname = "toy"\n[monitor]\nstore = "postgresql://u:s3cr3t@h/d"\n', encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        breakeven.forget_user(tmp_path, "ann")
    told = " ".join(map(str, raised.value.lines()))
    assert "breakeven.toml:4" in told
    assert "PGPASSWORD" in told
    assert "s3cr3t" not in told
    file.write_text('[product]\nname = "toy"\n[plan]\nnonsense = 1\n', encoding="utf-8")
    assert breakeven.forget_user(tmp_path, "ann") == 0, "a fault of the plan is no fault of the traffic"
    monkeypatch.setenv(VARIABLE, "mysql://u:s3cr3t@h/d")
    with pytest.raises(UsageError) as raised:
        breakeven.forget_user(tmp_path, "ann")
    assert "s3cr3t" not in " ".join(map(str, raised.value.lines()))


def test_two_serving_processes_write_into_the_teams_store_and_monitor_reads_it(
    released: Path, base: Postgres, tmp_path: Path
) -> None:
    project = copy_of(released, tmp_path / "project")
    shutil.rmtree(project / ".breakeven" / "traffic", ignore_errors=True)
    with (project / "breakeven.toml").open("a", encoding="utf-8") as text:
        text.write(f'[monitor]\nstore = "{base.address}"\n')
    texts = [row["message"] or "" for row in rows_of(project)][:100]
    with server(project, "--log-inputs", "1", "--processes", "2") as found:
        for place in range(0, 100, 10):
            reply = httpx.post(f"{found.url}/v1/predict", json={"inputs": texts[place : place + 10], "user": "ann"})
            lines = [{"id": one["id"], "truth": one["label"]} for one in reply.json()["outputs"]]
            httpx.post(f"{found.url}/v1/feedback", json={"feedback": lines})
        base.kill()
        for _ in range(3):
            begun = time.monotonic()
            assert found.ask("still here").status_code == 200
            assert time.monotonic() - begun < 2
        base.start()
    assert not (project / ".breakeven" / "traffic").exists()
    told = json.loads(command("monitor", project, "--json").stdout)
    assert told["answers"] == 103
    assert told["accuracy"]["rows"] == 100
    assert command("monitor", project, "--forget-user", "ann").stdout.startswith("100")
    assert traffic_of(Store(project)).read("answers").num_rows == 3
