"""The Ray engine on real clusters: three local nodes, one of which is killed; one of its own; and none that answers."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from breakeven.core.errors import UsageError
from breakeven.engines.engine import Progress
from breakeven.engines.local import LocalEngine
from breakeven.engines.ray import RayEngine
from breakeven.models.artifact import PREDICTIONS
from breakeven.records.job import Job
from breakeven.records.project import Compute
from tests.engines.jobs import demo, predictions, table, training_job
from tests.road.projects import command, environment, make_project

# not imported here: Ray reads its settings from the environment while it is imported
pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="it needs the extra: pip install 'breakeven[ray]'")
ROWS_AND_FAMILIES = [(family, seed) for seed in (0, 1) for family in ("baseline", "linear", "boosted")]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch):
    """Three nodes of one core each, on the loopback address."""
    for name, value in {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
                        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "for-this-test-alone-" * 2}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 100_000_000}
    made = Cluster(initialize_head=True, head_node_args=node)
    made.extra = [made.add_node(**node) for _ in range(2)]
    yield made
    made.shutdown()


def test_six_candidates_on_three_nodes_one_of_which_is_killed(tmp_path: Path, cluster):
    held = table(tmp_path / "p")
    engine = RayEngine()
    room = engine.prepare(2, Compute(train_on="ray", ray_address=cluster.address))
    begun: list[str] = []
    going: set[str] = set()
    begin = engine._begin

    def counted(job: Job, *rest: float):
        begun.append(job.digest)
        return begin(job, *rest)

    def kill_one(job: Job, progress: Progress) -> None:
        going.add(job.digest)
        if len(going) == 3 and cluster.extra:  # all nodes are at work
            cluster.remove_node(cluster.extra.pop(), allow_graceful=False)
            cluster.extra.clear()

    engine._begin = counted  # type: ignore[method-assign]
    try:
        assert (room.jobs, room.threads, room.machines) == (3, 1, 3.0)
        jobs = [training_job(held, family, tmp_path / "ray", seed) for family, seed in ROWS_AND_FAMILIES]
        ended = {job.digest: result for job, result in engine.run_many(jobs, kill_one)}
    finally:
        engine.close()
    assert {result.outcome for result in ended.values()} == {"done"}, ended
    assert len(begun) == 7, f"one job was lost with its node and begun again: {begun}"
    there = {job.digest: (Path(job.folder) / PREDICTIONS).read_bytes() for job in jobs}
    here = [training_job(held, family, tmp_path / "here", seed) for family, seed in ROWS_AND_FAMILIES]
    assert predictions(LocalEngine(), here) == there
    artifacts = [[path.read_bytes() for path in sorted(tmp_path.glob(f"{place}/*/artifact/**/*")) if path.is_file()]
                 for place in ("ray", "here")]  # fmt: skip
    assert artifacts[0] == artifacts[1]


def started_by(process: psutil.Process) -> list[psutil.Process]:
    return [each for each in process.children(recursive=True) if each.is_running()]


def test_the_demo_on_a_cluster_of_its_own(tmp_path: Path):
    project = demo(tmp_path / "p", 'train_on = "ray"\nprocesses = 2')
    done = command("run", project, "--only", "baseline,linear", "--budget-seconds", "900", "--json")
    assert done.returncode in (0, 3), done.stderr
    told = json.loads(done.stdout)
    assert [rung["outcome"] for rung in told["candidates"]] == ["trained", "trained"]
    assert told["release"]
    assert not done.stderr, "nothing of Ray's own is printed"


def test_an_interrupt_leaves_no_process_and_no_file(tmp_path: Path):
    more = '[compute]\ntrain_on = "ray"\n'
    project = make_project(tmp_path / "p", more=more, target="at_least = 0.999999")
    run = subprocess.Popen(
        [sys.executable, "-m", "breakeven", "run", str(project), "--only", "baseline,linear"],
        env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert run.stderr is not None
    assert any("linear: begins" in line for line in run.stderr)
    time.sleep(1.0)
    processes = psutil.Process(run.pid).children(recursive=True)
    folders = set(re.findall(r"/tmp/bk-\w+", " ".join(word for each in processes for word in each.cmdline())))
    assert len(folders) == 1, "Ray runs in a folder of its own"
    run.send_signal(signal.SIGINT)
    run.stderr.read()
    assert run.wait(timeout=120) == 4
    assert not psutil.wait_procs(processes, timeout=20)[1]
    assert not Path(folders.pop()).exists()


def test_what_cannot_be_reached_is_said_in_three_lines():
    for address, words in (("127.0.0.1:9", "no Ray cluster answers"), ("ray://head:10001", "no address"),
                           ("head", "no address")):  # fmt: skip
        with pytest.raises(UsageError, match=words) as caught:
            RayEngine().check(Compute(train_on="ray", ray_address=address))
        assert "ray start --head" in str(caught.value.lines()[2])


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("breakeven.engines.ray.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        RayEngine().check(Compute(train_on="ray"))
    assert "pip install 'breakeven[ray]'" in str(caught.value.lines()[2])
