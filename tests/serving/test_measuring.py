"""What a run says that an answer takes was taken at our own server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from breakeven.inputs.parts import read_part
from breakeven.models.artifact import ARTIFACT, load_artifact
from breakeven.planning import measured_figures
from breakeven.records.run import Rung
from breakeven.serving.driving import Driven, Unanswered, drive, request
from breakeven.serving.measuring import NotServed, measure_served
from breakeven.store import Store
from tests.road.projects import REPOSITORY, environment

MB = 1 << 20


def chosen(project: Path) -> Rung:
    run = Store(project).run()
    return next(rung for rung in run.rungs if run.choice and rung.name == run.choice.name)


def test_a_run_prices_answers_by_its_own_server(released: Path):
    rung = chosen(released)
    found = rung.measurement
    assert found is not None
    assert (found.served, found.why_not_served) == (True, None)
    assert 0 < found.p50_ms <= found.p95_ms
    assert 30 * MB < found.peak_bytes < 1_000 * MB, "the process of the server, not the worker with all its libraries"
    assert found.served_rows_per_second > 0
    assert found.ready_seconds > 0
    run = Store(released).run()
    unit, _ = measured_figures(run.project, run)
    sources = {leaf.name: leaf.sources[0].title for leaf in unit.capacity.leaves() if leaf.sources}
    assert sources["answers a second of one process"].startswith("measured on its own server: ")
    assert sources["memory of one answering process"] == "the peak of its own server"


def test_every_rung_that_was_trained_is_measured_alike(released: Path, table: Path):
    for project in (released, table):
        rungs = [rung for rung in Store(project).run().rungs if rung.outcome == "trained"]
        assert [rung.measurement.served for rung in rungs] == [True, True]


def test_the_rate_is_that_of_the_best_stretch_where_there_are_answers_enough():
    """Ten answers in the first half of a second, ninety in the second half."""
    at = [*(0.05 * n for n in range(1, 11)), *(0.5 + n / 180 for n in range(1, 91))]
    driven = Driven([0.01] * 100, at)
    assert driven.per_second() == pytest.approx(100)
    assert driven.per_second(2, 20) == pytest.approx(180, rel=0.03)
    assert driven.per_second(4, 60) == pytest.approx(100), "too few answers for two stretches"


def test_what_the_server_refuses_is_not_measured_there(released: Path):
    folder = Store(released).folder / chosen(released).folder / ARTIFACT
    artifact, predictor = load_artifact(folder)
    too_long = pa.table({artifact.columns[0].name: pa.array(["x" * 200_000] * 4, pa.large_string())})
    with pytest.raises(NotServed, match="422"):
        measure_served(folder, artifact, predictor, too_long)


def test_clients_tell_of_every_answer_that_is_none(tmp_path: Path):
    program = (
        "import socket, sys\n"
        "with socket.socket(socket.AF_UNIX) as s:\n"
        "    s.bind(sys.argv[1]); s.listen()\n"
        "    print('on', flush=True)\n"
        "    c, _ = s.accept(); c.recv(9999)\n"
        "    c.sendall(b'HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\n{')\n"
        "    c.sendall(b'}'); c.recv(9999); c.sendall(b'HTTP/1.1 503 No\\r\\ncontent-length: 0\\r\\n\\r\\n')\n"
    )
    place = tmp_path / "socket"
    server = subprocess.Popen([sys.executable, "-c", program, str(place)], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        assert server.stdout.readline()
        with pytest.raises(Unanswered, match="503"):
            drive(place, [request("/v1/predict", b"{}")], 1, 5.0, 5.0, 100)
    finally:
        server.kill()
        server.communicate()


def test_a_server_does_not_outlive_the_worker_that_measures(released: Path):
    folder = Store(released).folder / chosen(released).folder / ARTIFACT
    rows = Store(released).folder / "data" / Store(released).run().audit.dataset.digest
    assert read_part(rows, "train").num_rows
    program = (
        "import sys; from pathlib import Path\n"
        "from breakeven.inputs.parts import read_part\n"
        "from breakeven.models.artifact import load_artifact\n"
        "import breakeven.serving.measuring as m\n"
        "m.LIGHT_SECONDS = m.MOST_SECONDS = 60.0\n"
        "a, p = load_artifact(Path(sys.argv[1]))\n"
        "rows = read_part(Path(sys.argv[2]), 'train').select([c.name for c in a.columns])\n"
        "m.measure_served(Path(sys.argv[1]), a, p, rows)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program, str(folder), str(rows)], cwd=REPOSITORY,
                              env=environment())  # fmt: skip
    try:
        until = time.monotonic() + 30
        while not (children := psutil.Process(worker.pid).children()) and time.monotonic() < until:
            time.sleep(0.05)
        assert children, "it started a server"
        time.sleep(1.0)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        gone, alive = psutil.wait_procs(children, timeout=5)
        assert (len(gone), alive) == (len(children), [])
    finally:
        worker.kill()
        worker.wait()
