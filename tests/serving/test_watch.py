"""`monitor --watch` as a process on real streams: killed in the middle it loses nothing and counts nothing twice."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.errors import UsageError
from breakeven.monitoring.sources import GrowingFile, StandardInput
from breakeven.monitoring.watch import Tell, Watching, begin, watch
from breakeven.records.watching import Promise, ShiftAlarm, WindowTold
from breakeven.stages.releases import promote
from breakeven.store import Store
from tests.monitoring.test_alerts import Receiver
from tests.monitoring.test_alerts import receiver as receiver
from tests.monitoring.test_sources import RedisServer
from tests.monitoring.test_sources import redis_server as redis_server
from tests.road.projects import REPOSITORY, environment
from tests.serving.servers import copy_of

SHIFT = ("--label", "billing", "--shift", "20", "--window", "0.3", "--false-alarm-every", "1000")
SECONDS = 60


def texts(rows: int, billing: float, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [f"{'invoice paid twice' if rng.random() < billing else 'parcel late'} today {rng.randrange(7)}"
            for _ in range(rows)]  # fmt: skip


@contextmanager
def watching(project: Path, source: str | Path, out: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    words = ["monitor", project, "--watch", source, "--out", out, "--json", "--webhook-env", "HOOK", *SHIFT]
    process = subprocess.Popen(
        [sys.executable, "-m", "breakeven", *map(str, words)], cwd=REPOSITORY, text=True,
        env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def written(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []


def counted(out: Path) -> int:
    return sum(line.get("items", 0) for line in written(out))


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def killed_and_ended(project: Path, source: str | Path, out: Path, feed: Callable[[list[str]], None],
                     address: str) -> tuple[int, str]:  # fmt: skip
    """Kill a watch while items come, begin it again, let the share shift, end it with Ctrl-C: (exit code, output)."""
    usual = texts(500, 0.3, seed=1)
    feed(usual[:100])
    with watching(project, source, out) as first:
        feeding = threading.Thread(target=lambda: [feed([text]) or time.sleep(0.005) for text in usual[100:]])
        feeding.start()
        wait_until(lambda: counted(out) > 150)
        first.send_signal(signal.SIGKILL)
        first.wait()
        feeding.join()
    with watching(project, source, out, HOOK=address) as second:
        feed(texts(400, 0.8, seed=2))
        wait_until(lambda: counted(out) >= 900)
        second.send_signal(signal.SIGINT)
        output, fault = second.communicate(timeout=SECONDS)
        assert fault == ""
        return second.returncode, output


def test_a_growing_file_survives_kill_9_and_tells_of_a_shift(
    released: Path, tmp_path: Path, receiver: Receiver
) -> None:
    stream, out = tmp_path / "stream.log", tmp_path / "out.jsonl"

    def feed(lines: list[str]) -> None:
        with stream.open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    stream.touch()
    code, output = killed_and_ended(released, stream, out, feed, receiver.address)
    assert code == 3
    assert counted(out) == 900, "no line is lost or counted twice"
    alarms = [line["alarm"] for line in written(out) if "alarm" in line]
    assert alarms[0]["label"] == "billing"
    assert 0.2 < alarms[0]["before"] < 0.4
    assert 500 < alarms[0]["seen"] < 800
    assert alarms[0]["seen"] - alarms[0]["items_ago"] > 400, "it began at 500"
    promise = next(json.loads(line)["promise"] for line in output.splitlines() if "promise" in line)
    assert alarms[0]["seen"] - 500 <= promise["up_rows"]
    assert "billing" in str(receiver.bodies[0])
    assert receiver.address not in output


def test_a_redis_stream_survives_kill_9(
    released: Path, tmp_path: Path, redis_server: RedisServer, receiver: Receiver
) -> None:
    out = tmp_path / "out.jsonl"
    code, _ = killed_and_ended(
        released, redis_server.address, out, lambda lines: redis_server.add(*lines), receiver.address
    )
    assert code == 3
    assert counted(out) == 900, "no entry is lost or counted twice"
    with redis_server.client() as client:
        groups = client.xinfo_groups("reviews")
        assert [(group["pending"], group["lag"]) for group in groups] == [(0, 0)]


def piped(content: bytes) -> StandardInput:
    reading, writing = os.pipe()
    threading.Thread(target=lambda: (os.write(writing, content), os.close(writing))).start()
    return StandardInput(reading)


def test_standard_input_words_and_what_cannot_be_read(released: Path, tmp_path: Path) -> None:
    lines = ['{"message": "invoice paid twice at ACME", "other": 1}', "parcel late at acme", "app crash", "{broken",
             '{"nonsense": 1}', '"invoice paid twice"', '{"message": ["a"]}', ""]  # fmt: skip
    told: list[WindowTold] = []
    settings = Watching(labels=("billing",), about=("acme", "crash"), out=tmp_path / "out.jsonl")
    store = Store(released)
    assert watch(store, piped("\n".join(lines).encode()), settings, Tell(window=told.append), threading.Event()) == 0
    assert (told[0].items, told[0].skipped) == (7, 3)
    assert [(one.about, one.rows, one.value) for one in told[0].series] == [("acme", 2, 0.5), ("crash", 1, 0.0)]
    assert written(tmp_path / "out.jsonl") == [told[0].model_dump(mode="json")]
    again: list[tuple[int, int]] = []
    watch(store, piped(b"app crash"), settings, Tell(began=lambda *both: again.append(both)), threading.Event())
    assert again == [(1, 7)], "it goes on with what was counted before"


def test_the_same_watch_runs_once(released: Path) -> None:
    store, settings, stop = Store(released), Watching(labels=("delivery",), fresh=True), threading.Event()
    reading, writing = os.pipe()
    running = threading.Thread(target=watch, args=(store, StandardInput(reading), settings, Tell(), stop))
    running.start()
    time.sleep(0.5)
    try:
        with pytest.raises(UsageError, match="runs already"):
            watch(store, piped(b""), settings, Tell(), threading.Event())
    finally:
        os.close(writing)
        running.join()
    with pytest.raises(UsageError, match="no label"):
        begin(store, piped(b""), Watching(labels=("nonsense",)), Tell())


def test_a_promise_is_made_once_and_anew_after_an_alarm(released: Path) -> None:
    promises: list[Promise] = []
    alarms: list[ShiftAlarm] = []
    content = "\n".join(texts(400, 0.3, 3) + texts(500, 0.9, 4)).encode()
    settings = Watching(labels=("billing",), shift=0.2, items_a_false_alarm=1_000, fresh=True)
    tell = Tell(promise=promises.append, alarm=alarms.append)
    assert watch(Store(released), piped(content), settings, tell, threading.Event()) == len(alarms) == 1
    assert len(promises) == 2
    assert alarms[0].up
    assert promises[1].usual.value > 0.8


def test_another_release_answers_from_its_promotion_on(released: Path, tmp_path: Path) -> None:

    import breakeven

    project = copy_of(released, tmp_path / "project")
    breakeven.run(project, only=("baseline",))
    breakeven.rollback(project)
    store, began = Store(project), []
    running = begin(store, piped(b""), Watching(labels=("billing",)), Tell(began=lambda *both: began.append(both)))
    running.take(["app crash"] * 5)
    promote(store, 2)
    running.tick()
    assert began == [(1, 0), (2, 0)]
    running.take(["app crash"] * 5)
    assert running.items == 10
    assert running.series[0].seen == 5


def test_nothing_is_kept_before_its_batch_is_counted_whole(released: Path) -> None:
    """An alarm in the middle of a batch: a kill right after it must not lose the rest of the batch."""
    settings, told = Watching(labels=("billing",), shift=0.2, items_a_false_alarm=1_000, fresh=True), []

    def alarm(found: ShiftAlarm) -> None:
        told.append((found.seen, running.items, running._kept_items))

    running = begin(Store(released), piped(b""), settings, Tell(alarm=alarm))
    running.take(texts(400, 0.3, 3))
    running.keep()
    running.take(texts(500, 0.9, 4))
    assert [(items, kept) for _, items, kept in told] == [(900, 400)]
    assert told[0][0] < 900
    assert running._kept_items == 900


def test_an_item_on_which_the_model_fails_stops_nothing(released: Path) -> None:
    running = begin(Store(released), piped(b""), Watching(labels=("billing",), fresh=True), Tell())
    answer = running.served.answer

    def fails(rows: Any) -> Any:
        if any("poison" in str(row) for row in rows.rows):
            raise ValueError("poison")
        return answer(rows)

    running.served = dataclasses.replace(running.served, answer=fails)
    running.take(["app crash", "poison", "parcel late"])
    assert (running.items, running.skipped, running.series[0].seen) == (3, 1, 2)


def test_a_file_of_another_is_only_added_to_and_the_stream_is_not_written(released: Path, tmp_path: Path) -> None:
    stream, out = tmp_path / "stream.log", tmp_path / "out.jsonl"
    stream.write_text("app crash\n")
    out.write_text("of somebody\n")
    store, tell = Store(released), Tell()
    watch(store, piped(b"app crash"), Watching(labels=("technical",), out=out, fresh=True), tell, threading.Event())
    for place, fresh in ((tmp_path / "b", True), (out, False)):
        settings = Watching(labels=("technical",), out=place, fresh=fresh)
        watch(store, piped(b"app crash"), settings, tell, threading.Event())
    lines = out.read_text().splitlines()
    assert lines[0] == "of somebody"
    assert len(lines) == 3
    for place in (stream, tmp_path / "no" / "where", tmp_path):
        with pytest.raises(UsageError, match="cannot be written"):
            begin(store, GrowingFile(stream), Watching(out=place), Tell())
