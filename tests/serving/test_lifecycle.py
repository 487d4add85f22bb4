"""A server under load: told to end, killed, given another release. What it has taken it answers."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

import breakeven
from breakeven.core.errors import ModelError, UsageError
from breakeven.serving.server import cores, processes_for
from breakeven.stages.releases import history, verified
from breakeven.store import Store
from tests.road.projects import REPOSITORY, environment
from tests.serving.servers import Server, copy_of, server


class Load:
    """Clients that ask without a pause until they are stopped; counts what became of each request."""

    def __init__(self, found: Server, clients: int = 8) -> None:
        self.found, self.counts, self.releases = found, Counter[str](), Counter[int]()
        self.lost: list[str] = []
        self._go = True
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._go = False
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with httpx.Client(timeout=30) as client:
            while self._go:
                try:
                    reply = client.post(f"{self.found.url}/v1/predict", json={"inputs": ["blue sea"]})
                    self.counts[str(reply.status_code)] += 1
                    self.releases[reply.json()["release"]] += 1
                except httpx.ConnectError:
                    self.counts["closed"] += 1
                    return
                except httpx.TransportError as fault:
                    self.lost.append(repr(fault))
                    return


@pytest.fixture
def copied(released: Path, tmp_path: Path) -> Path:
    return copy_of(released, tmp_path / "project")


def second_release(project: Path) -> None:
    breakeven.run(project, only=("baseline",))
    assert len(Store(project).releases()) == 2


@pytest.mark.parametrize("processes", [1, 2])
def test_told_to_end_under_load_it_loses_nothing(copied: Path, processes: int) -> None:
    with server(copied, "--processes", str(processes)) as found, Load(found) as load:
        time.sleep(1.0)
        found.process.send_signal(signal.SIGTERM)
        found.process.wait(30)
    assert found.process.returncode == 0
    assert load.counts["200"] > 20
    assert load.lost == []
    assert set(load.counts) == {"200", "closed"}


def test_a_server_that_cannot_start_says_so_and_ends(copied: Path) -> None:
    artifact = copied / ".breakeven" / "releases" / "1" / "artifact" / "artifact.json"
    content = json.loads(artifact.read_bytes())
    record = artifact.parents[1] / "release.json"
    artifact.write_text(json.dumps(content | {"family": "linear/99"}))
    trusted = json.loads(record.read_bytes())
    for entry in trusted["manifest"]:
        if entry["path"] == "artifact/artifact.json":
            entry["bytes"] = artifact.stat().st_size
            entry["sha256"] = hashlib.sha256(artifact.read_bytes()).hexdigest()
    record.write_text(json.dumps(trusted))
    done = subprocess.run([sys.executable, "-m", "breakeven", "serve", str(copied), "--port", "0"], cwd=REPOSITORY,
                          env=environment(), capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 2
    assert "http://" not in done.stdout
    assert "the release cannot be served" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cheap_release_has_a_process_for_each_core(copied: Path) -> None:
    with server(copied, "auto") as found:
        until = time.monotonic() + 20
        while len(found.children()) < cores() and time.monotonic() < until:
            time.sleep(0.05)
        assert len(found.children()) == cores() == processes_for(0.001)
        assert found.ask("blue sea").status_code == 200
    assert processes_for(0.5) == 1


def test_a_killed_process_is_back_and_the_others_go_on(copied: Path) -> None:
    with server(copied) as found:
        before = found.children()
        os.kill(before[0], signal.SIGKILL)
        found.wait_ready()
        assert found.children() != before
        assert found.ask("blue sea").status_code == 200


def test_another_release_and_back_under_load_without_a_lost_request(copied: Path) -> None:
    second_release(copied)
    with server(copied) as found, Load(found) as load:
        for wanted in (1, 2):
            if wanted == 1:
                breakeven.rollback(copied)
            else:
                breakeven.promote(copied, 2)
            until = time.monotonic() + 30
            while found.ask("a").json()["release"] != wanted and time.monotonic() < until:
                time.sleep(0.05)
            assert found.ask("a").json()["release"] == wanted
    assert load.lost == []
    assert set(load.counts) == {"200"}
    assert set(load.releases) == {1, 2}
    acts = [line["act"] for line in history(Store(copied))]
    assert acts == ["run", "run", "rollback", "promote"]


def test_a_damaged_release_is_not_taken_and_the_old_one_goes_on(copied: Path) -> None:
    second_release(copied)
    breakeven.rollback(copied)
    artifact = copied / ".breakeven" / "releases" / "2" / "artifact" / "artifact.json"
    artifact.write_bytes(artifact.read_bytes() + b" ")
    with pytest.raises(ModelError, match="size"):
        breakeven.promote(copied, 2)
    with server(copied) as found:
        (copied / ".breakeven" / "releases" / "current").write_text("2\n")  # past the command
        time.sleep(1.5)
        assert found.ask("a").json()["release"] == 1


@pytest.mark.parametrize(("damage", "told"), [
    (lambda folder: (folder / "artifact" / "extra.json").write_text("{}"), "not in the manifest"),
    (lambda folder: (folder / "golden.jsonl").unlink(), "missing"),
    (lambda folder: _link(folder / "golden.jsonl"), "link"),
    (lambda folder: _flip(folder / "artifact" / "artifact.json"), "SHA-256"),
])  # fmt: skip
def test_files_that_are_not_those_released_are_found(copied: Path, damage, told: str) -> None:  # type: ignore[no-untyped-def]
    damage(copied / ".breakeven" / "releases" / "1")
    with pytest.raises(ModelError, match=told):
        verified(Store(copied), 1)


def _link(path: Path) -> None:
    kept = path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(kept)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(bytes(content))


def test_the_release_that_answers_stays(copied: Path) -> None:
    second_release(copied)
    with pytest.raises(UsageError, match="answers"):
        breakeven.remove_release(copied, 2)
    breakeven.remove_release(copied, 1)
    with pytest.raises(UsageError, match="no release 1"):
        breakeven.rollback(copied)
