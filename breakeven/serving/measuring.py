"""What an artifact takes to answer in our own server: the price of an answer is that of this server, not of a loop.

The artifact is made a release of a folder of its own, and a process of the server answers for it on a Unix socket as
it would for anybody: verified, with its golden rows, its guard, its batches, its traffic log and a key. The figures are
those of one process with one thread, as `serve` starts them.

    one client, one row after another            p50 and p95 of an answer at light load
    up to 32 clients, one row a request           answers a second when it can do no more, the best of four stretches
    the same clients, 32 rows a request           rows a second in bulk
    the largest resident size of the process      what a machine needs for each
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from breakeven.core.errors import BreakevenError
from breakeven.engines.group import ENGINE_PID
from breakeven.models.artifact import ARTIFACT, answer_rows
from breakeven.models.model import Billed, Predictor, Writer
from breakeven.outputs import OUTPUTS
from breakeven.records.artifact import Artifact
from breakeven.records.evaluation import Evaluation
from breakeven.records.release import Release
from breakeven.serving.driving import Client, Driven, Unanswered, connected, drive, request
from breakeven.serving.keys import SCOPES, add_key
from breakeven.serving.limits import Limits
from breakeven.serving.server import Place, listening
from breakeven.serving.traffic_place import VARIABLE
from breakeven.stages.golden import ANSWERS, QUESTIONS, ROWS
from breakeven.stages.release import file_digests, manifest_of
from breakeven.stages.releases import RECORD
from breakeven.stages.trust import TRUSTED
from breakeven.store import Store, write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

HOW = "BREAKEVEN_MEASURE"
"""A variable: `loop` leaves the server out, seconds sooner a rung; what is found is then said to be of a loop."""
READY_SECONDS = 20.0
LIGHT_SECONDS, FULL_SECONDS, BULK_SECONDS = 0.3, 0.6, 0.2
MOST_SECONDS = 3.0
"""Of each of the three, where answers are slow."""
STRETCHES = 4
"""The rate is that of the best 0.15 seconds: another program may take the processor in the others."""
FEWEST = 20
MOST_CLIENTS = 32
QUEUE_SHARE = 0.25
"""Slow answers get fewer clients: together they wait for so much of the queue's limit, and none is refused."""
DISTINCT_ROWS, BULK_ROWS = 256, 32
NO_RATE = 1e9
PROGRAM = """import ctypes, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
from breakeven.serving.process import main
sys.exit(main(sys.argv[1:]))
"""
"""The process of the server; on Linux it is killed with its parent (PR_SET_PDEATHSIG) even while it is loading."""


class NotServed(Exception):
    """The artifact could not be measured in a server; the text says why."""


@dataclass(frozen=True)
class ServedFigures:
    """Measured at one process of the server: light load, all it can do, and its largest size."""

    light: Driven
    per_second: float
    """When it can do no more, one row a request; by so many answers:"""
    answers: int
    bulk_rows_per_second: float
    ready_seconds: float
    peak_bytes: int


def can_be_served(artifact: Artifact, predictor: Predictor) -> bool:
    """Whether answers of an artifact go over /v1/predict: texts and hosted models do not."""
    spoken = OUTPUTS.get(artifact.output).reads_answer or isinstance(predictor, Writer | Billed)
    return not spoken and os.name == "posix"


def is_wanted() -> bool:
    """Whether rungs are to be measured in the server, as they are if nothing else is said."""
    return os.environ.get(HOW) != "loop"


def measure_served(folder: Path, artifact: Artifact, predictor: Predictor, rows: pa.Table) -> ServedFigures:
    """Serve the artifact of a folder for about a second and ask it `rows` (n, its columns). Raises NotServed."""
    with tempfile.TemporaryDirectory(prefix="breakeven-") as place:
        store = Store(Path(place))
        keys = Path(place) / "keys.json"
        try:
            _make_release(store, folder, artifact, predictor, rows)
            key = add_key(keys, "measure", SCOPES)
            with _process(store, keys) as process:
                return _measure(process, rows, key)
        except (Unanswered, OSError, BreakevenError) as fault:
            raise NotServed(f"{type(fault).__name__}: {fault}"[:300]) from fault


def _make_release(store: Store, folder: Path, artifact: Artifact, predictor: Predictor, rows: pa.Table) -> None:
    """A release of the artifact with golden rows, as `run` would make one."""
    from breakeven.inputs.writer import open_writer

    place = store.release_folder(1)
    shutil.copytree(folder, place / ARTIFACT, copy_function=_link)
    golden = _spread(rows, ROWS)
    with open_writer(place / QUESTIONS, place / QUESTIONS) as write:
        write(golden)
    with open_writer(place / ANSWERS, place / ANSWERS) as write:
        write(answer_rows(golden, artifact, predictor, OUTPUTS.get(artifact.output), str(folder)))
    made = Release(
        number=1, candidate="candidate", run="", path=str(place), files=file_digests(place / ARTIFACT),
        test=Evaluation(candidate="candidate", part="validation", rows=0, scores=()), test_opened=0,
        created=datetime.now(UTC).isoformat(timespec="seconds"), manifest=manifest_of(place), golden=golden.num_rows,
    )  # fmt: skip
    store.write(made, place / RECORD)
    write_bytes(store.folder / "releases" / "current", b"1\n")


def _link(source: str, target: str) -> None:
    """The same file under another name; a copy where the disk has no links, or is another one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@dataclass(frozen=True)
class Serving:
    """A process that answers at a Unix socket."""

    process: subprocess.Popen[bytes]
    place: Path


@contextmanager
def _process(store: Store, keys: Path) -> Iterator[Serving]:
    """A process of the server until the block ends."""
    place, told = store.folder / "socket", store.folder / "server.log"
    limits = Limits(requests_per_second=NO_RATE, burst=int(NO_RATE))
    with listening(Place(path=place)) as sock, told.open("wb") as log:
        setup = {"project": str(store.folder.parent), "descriptor": sock.fileno(), "limits": limits.model_dump(),
                 "keys": str(keys)}  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(setup)], pass_fds=[sock.fileno()], env=_environment(),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield Serving(process, place)
        finally:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """One thread, as `serve` gives a process; what is asked here stands in no team's traffic, and nobody signed it."""
    kept = {name: value for name, value in os.environ.items() if name not in (VARIABLE, TRUSTED)}
    return {**kept, "OMP_NUM_THREADS": "1", ENGINE_PID: str(os.getpid())}


def _measure(serving: Serving, rows: pa.Table, key: str) -> ServedFigures:
    ready = _wait_ready(serving)
    items = _spread(rows, DISTINCT_ROWS).to_pylist()
    single = [_body([item], key) for item in items]
    drive(serving.place, single, 1, 0.0, MOST_SECONDS, FEWEST // 2)  # warm
    light = drive(serving.place, single, 1, LIGHT_SECONDS, MOST_SECONDS, FEWEST)
    waits = QUEUE_SHARE * Limits().queue_seconds / light.quantile(0.5)
    clients = max(2, min(MOST_CLIENTS, int(waits)))
    full = drive(serving.place, single, clients, FULL_SECONDS, MOST_SECONDS, FEWEST)
    size = max(1, min(BULK_ROWS, int(waits)))
    bulk = [_body(items[start : start + size], key) for start in range(0, max(1, len(items) - size + 1), size)]
    several = drive(serving.place, bulk, min(4, clients), BULK_SECONDS, MOST_SECONDS, 4)
    rate, in_bulk = full.per_second(STRETCHES, FEWEST), several.per_second() * min(size, len(items))
    return ServedFigures(light, rate, len(full.at), in_bulk, ready, peak_of(serving.process.pid))


def _body(items: list[dict[str, str | None]], key: str) -> bytes:
    return request("/v1/predict", json.dumps({"inputs": items}, ensure_ascii=False).encode(), key)


def _wait_ready(serving: Serving) -> float:
    """Seconds until the process is ready. Raises Unanswered when it ends or is not ready in time."""
    begun = time.monotonic()
    with connected(serving.place) as sock:  # the socket listens already: the request waits for the process
        client = Client(sock)
        client.ask(request("/ready"))
        sock.settimeout(0.05)
        while time.monotonic() < begun + READY_SECONDS:
            try:
                if client.hears():
                    return time.monotonic() - begun
            except TimeoutError:
                if serving.process.poll() is not None:
                    break
    log = (serving.place.parent / "server.log").read_text(encoding="utf-8", errors="replace").strip()
    raise Unanswered(log.splitlines()[-1] if log else "it was not ready in time")


def peak_of(pid: int) -> int:
    """The largest resident size of a process so far, in bytes; its present one where the system tells no more."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return int(psutil.Process(pid).memory_info().rss)


def _spread(rows: pa.Table, wanted: int) -> pa.Table:
    """At most `wanted` rows, spread over all."""
    step = max(1, rows.num_rows // wanted)
    return rows.take(list(range(0, rows.num_rows, step))[:wanted])
