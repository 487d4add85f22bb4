"""SIGKILL before every step on the disk of whatever changes a release: afterwards the old or the new one answers.

A real server watches the project all the while and is asked after each kill; the audit log stays readable, and the
same act done again succeeds. With BREAKEVEN_SLOW=1 it is every step; docs/security.md quotes that number.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import breakeven
from breakeven.serving.keys import add_key, read_keys
from breakeven.serving.traffic import TrafficLog
from breakeven.serving.traffic_parquet import ParquetTraffic
from breakeven.serving.traffic_place import FOLDER
from breakeven.stages.releases import audit, current_number, history, make_current, verified
from breakeven.stages.rollouts import current_rollout, rollout_file, start_rollout
from breakeven.store import Store
from tests.road.projects import REPOSITORY, environment
from tests.serving.servers import Server, copy_of, server

MOST_STEPS = 200
"""More than any act has."""
STRIDE = 1 if os.environ.get("BREAKEVEN_SLOW") else 5
"""Every step, or every fifth."""


class Killer:
    """Does acts in processes that are killed at a step."""

    def __init__(self, project: Path) -> None:
        self.store = Store(project)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.serving.killed", str(project)], cwd=REPOSITORY, env=environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def do(self, act: str, step: int = MOST_STEPS) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(act, step, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def two(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with releases 1 and 2, and a user in the traffic log; release 1 answers."""
    project = copy_of(released, tmp_path_factory.mktemp("killed") / "project", "traffic")
    breakeven.run(project, only=("baseline",))
    breakeven.rollback(project)
    return project


@pytest.fixture(scope="module")
def killer(two: Path) -> Iterator[Killer]:
    made = Killer(two)
    yield made
    made.close()


@pytest.fixture
def still(released: Path, tmp_path: Path) -> Iterator[Killer]:
    """For a project that no server writes to."""
    made = Killer(copy_of(released, tmp_path / "project", "traffic"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def watched(two: Path) -> Iterator[Server]:
    with server(two) as found:
        yield found


def to_one(store: Store) -> None:
    rollout_file(store).unlink(missing_ok=True)
    make_current(store, 1, "promote")


def on_trial(store: Store) -> None:
    to_one(store)
    start_rollout(store, 2, "canary", 50)


def second_gone(store: Store) -> None:
    to_one(store)
    for folder in (store.folder / "releases").iterdir():
        if folder.is_dir() and folder.name not in ("1", "2"):
            shutil.rmtree(folder)


BEFORE: dict[str, Callable[[Store], object]] = {
    "promote": to_one,
    "rollback": lambda store: (to_one(store), make_current(store, 2, "promote")),
    "start": to_one,
    "stop": on_trial,
    "finish": on_trial,
    "release": second_gone,
}
DONE: dict[str, Callable[[Store], bool]] = {
    "promote": lambda store: current_number(store) == 2,
    "rollback": lambda store: current_number(store) == 1,
    "start": lambda store: current_rollout(store) is not None,
    "stop": lambda store: current_rollout(store) is None and current_number(store) == 1,
    "finish": lambda store: current_rollout(store) is None and current_number(store) == 2,
    "release": lambda store: (current_number(store) or 0) > 2,
}


@pytest.mark.parametrize("act", sorted(BEFORE))
def test_killed_at_each_step_the_old_or_the_new_release_answers(act: str, killer: Killer, watched: Server) -> None:
    store, kills = killer.store, 0
    for step in range(1, MOST_STEPS, STRIDE):
        BEFORE[act](store)
        end = killer.do(act, step)
        if end == "done":
            break
        assert end == "killed", f"{act}, step {step}: {end}"
        kills += 1
        check_sound(store, watched)
        if not DONE[act](store):
            assert killer.do(act) == "done", f"{act} again, after step {step}"
            check_sound(store, watched)
            assert DONE[act](store), f"{act} again, after step {step}"
    assert kills >= 2
    print(f"{act}: killed at {kills} steps")


def check_sound(store: Store, watched: Server) -> None:
    """A release that can be trusted is the current one, every release is whole, and the server answers with one."""
    number = current_number(store)
    assert number is not None
    assert verified(store, number).number == number
    for release in store.releases():
        verified(store, release.number)
    assert history(store)[-1]["release"] is not None
    rollout = current_rollout(store)
    assert rollout is None or verified(store, rollout.release)
    reply = watched.ask("blue sea")
    assert reply.status_code == 200
    assert reply.json()["release"] in (1, 2, 3)  # 3: the one that the act `release` makes


def test_after_all_kills_the_server_answers_with_the_release_that_is_named(two: Path, watched: Server) -> None:
    store = Store(two)
    to_one(store)
    for number in (2, 1):
        make_current(store, number, "promote")
        until = time.monotonic() + 30
        while {watched.ask("a").json()["release"] for _ in range(20)} != {number} and time.monotonic() < until:
            time.sleep(0.05)
        assert {watched.ask("a").json()["release"] for _ in range(20)} == {number}


def test_killed_at_each_step_keys_and_the_traffic_log_stay_whole(still: Killer) -> None:
    killer, store, kills = still, still.store, 0
    folder = store.folder / FOLDER
    file = store.folder / "keys.json"
    for act in ("key", "log", "forget"):
        for step in range(1, MOST_STEPS, STRIDE):
            file.unlink(missing_ok=True)
            add_key(file, "first", ("predict",))
            shutil.rmtree(folder, ignore_errors=True)
            log = TrafficLog(ParquetTraffic(folder))
            log.answered(1, "", "ann", 0.0, pa.table({"text": ["a"]}), [{"id": "x", "label": "a"}])
            log.close()
            if killer.do(act, step) == "done":
                break
            kills += 1
            assert [key.name for key in read_keys(file).keys] in (["first"], ["first", "second"])
            assert ParquetTraffic(folder).read("answers").num_rows in (0, 1)
            assert killer.do(act) in ("done", "refused")
            assert len(read_keys(file).keys) == 1 + (act == "key")
            assert ParquetTraffic(folder).read("answers").num_rows == (act != "forget")
    assert kills >= 6
    print(f"keys and traffic log: killed at {kills} steps")


def test_an_audit_log_that_was_cut_off_anywhere_is_read_and_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in (1, 2):
        audit(store, "promote", number, number - 1)
    path = store.folder / "releases" / "audit.jsonl"
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        assert history(store)[0]["release"] == 1
        audit(store, "promote", 3, 2)
        assert [line["release"] for line in history(store)] in ([1, 3], [1, 2, 3])
        assert path.read_bytes().startswith(whole[:end])  # only ever added to
