"""The SkyPilot engine: the task file that it writes, read by SkyPilot itself, and what it says when it cannot rent."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from breakeven.core.errors import UsageError
from breakeven.engines.sky import SkyEngine, cheapest, rented_offer, write_task
from breakeven.engines.sky_task import Rent, yaml_text
from breakeven.prices.here import this_machine
from breakeven.prices.tables import offer_named, offers
from breakeven.records.job import Job
from breakeven.records.project import Compute
from tests.engines.jobs import predictions, table, training_job

PYTHON = os.environ.get("BREAKEVEN_SKY_PYTHON") or (sys.executable if find_spec("sky") else "")
"""A Python that has SkyPilot; `make sky` makes one, because it brings ninety libraries of its own."""
SPOT = Compute(train_on="sky", machine="AWS/p4d.24xlarge", spot=True, bucket="s3://team-runs")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return training_job(table(tmp_path / "p"), "linear", tmp_path / "jobs")


def test_the_machine_is_the_cheapest_that_sky_rents_and_that_has_what_this_one_has():
    offer, here = cheapest(), this_machine()
    assert offer.machine.cores >= here.cores
    better = [other for other in offers() if other.provider in ("AWS", "GCP", "Azure", "DigitalOcean")
              and other.machine.cores >= here.cores and not other.machine.gpus
              and other.machine.memory_bytes >= here.memory_bytes and other.usd_per_hour < offer.usd_per_hour]
    assert not better
    assert rented_offer(Compute(machine="AWS/m7i.large")).item == "m7i.large"


def test_what_it_cannot_rent_is_said():
    with pytest.raises(UsageError, match="does not rent from Hetzner"):
        SkyEngine().check(Compute(train_on="sky", machine="Hetzner/CAX11"))
    with pytest.raises(UsageError, match="results need a bucket"):
        SkyEngine().check(Compute(train_on="sky", spot=True))
    SkyEngine().check(SPOT)


def test_without_sky_or_access_the_task_file_is_written_and_named(job: Job, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("breakeven.engines.sky._program", lambda: None)
    with pytest.raises(UsageError, match="sky") as caught:
        SkyEngine().run(job, lambda step: None)
    _, where, hint = map(str, caught.value.lines())
    assert Path(where.rpartition(": ")[2]).is_file()
    assert "pip install 'breakeven[sky]'" in hint


def test_the_run_command_of_the_task_trains_the_same_model(job: Job, tmp_path: Path):
    """What the rented machine runs, run here: its script with the folders that SkyPilot would have put there."""
    from breakeven.engines import sky_task
    from breakeven.engines.local import LocalEngine

    there = tmp_path / "there"
    script = sky_task.task_of(job, Rent(offer_named("AWS/m7i.large")))
    write_task(job, Rent(offer_named("AWS/m7i.large")))
    (there / "python" / "bin").mkdir(parents=True)
    (there / "python" / "bin" / "python").symlink_to(sys.executable)
    for target, source in script["file_mounts"].items():
        place = there / Path(target).relative_to(sky_task.THERE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)
    text = (there / "job.json").read_text(encoding="utf-8").replace(sky_task.THERE, str(there))
    (there / "job.json").unlink()
    (there / "job.json").write_text(text, encoding="utf-8")
    run = script["run"].replace(sky_task.THERE, str(there)).replace(f"{there}/python/bin/python", sys.executable)
    subprocess.run(["bash", "-c", run], check=True, cwd=tmp_path)
    came = there / "jobs" / job.digest
    assert json.loads((came / "result.json").read_bytes())["outcome"] == "done"
    assert predictions(LocalEngine(), [job])[job.digest] == (came / "predictions.safetensors").read_bytes()


def test_yaml_is_yaml():
    text = yaml_text({"a": {"b": True, "c": "x: # y"}, "d": "one\ntwo", "e": 1})
    assert text == 'a:\n  b: true\n  c: "x: # y"\nd: |\n  one\n  two\ne: 1\n'


LOADER = """
import json, sys
import sky
task = sky.Task.from_yaml(sys.argv[1])
task.validate(skip_file_mounts="jobs" in " ".join(task.file_mounts or {}))
found = next(iter(task.resources))
print(json.dumps({"cloud": str(found.cloud), "machine": found.instance_type, "gpus": found.accelerators,
                  "spot": found.use_spot, "recovery": found.job_recovery, "usd": found.get_cost(3600),
                  "buckets": list(task.storage_mounts), "mounts": sorted(task.file_mounts)}))
"""


def catalog(home: Path) -> None:
    """SkyPilot's list of AWS machines, made of our own price table, so that it need not be fetched."""
    rows = [offer for offer in offers() if offer.provider == "AWS"]
    place = home / ".sky" / "catalogs" / "v8" / "aws"
    place.mkdir(parents=True)
    with (place / "vms.csv").open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text)
        heads = "InstanceType AcceleratorName AcceleratorCount vCPUs MemoryGiB GpuInfo Price SpotPrice Region"
        writer.writerow([*heads.split(), "AvailabilityZone", "Arch"])
        for offer in rows:
            gpu = ["", ""] if not offer.machine.gpus else [offer.machine.gpu, offer.machine.gpus]
            writer.writerow([offer.item, *gpu, offer.machine.cores, offer.machine.memory_bytes >> 30, "",
                             offer.usd_per_hour, offer.spot_usd_per_hour or offer.usd_per_hour, offer.region,
                             f"{offer.region}a", "x86_64"])  # fmt: skip


@pytest.mark.skipif(not PYTHON, reason="SkyPilot is not installed: `make sky` runs this in an environment of its own")
@pytest.mark.parametrize("spot", [False, True])
def test_skypilot_reads_the_task_as_it_was_meant(job: Job, tmp_path: Path, spot: bool):
    offer = offer_named("AWS/m7i.large")
    file = write_task(job, Rent(offer, spot, "s3://team-runs" if spot else ""))
    catalog(tmp_path / "home")
    done = subprocess.run(
        [PYTHON, "-c", LOADER, str(file)], capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env={"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["cloud"], told["machine"], told["spot"]) == ("AWS", "m7i.large", spot)
    assert told["usd"] == pytest.approx(offer.usd_per_hour), "SkyPilot counts the price that we count"
    assert told["buckets"] == (["/tmp/breakeven/jobs"] if spot else [])
    assert "/tmp/breakeven/data" in told["mounts"]
    assert (told["recovery"] or {}).get("strategy") == ("EAGER_NEXT_REGION" if spot else None)


@pytest.mark.skipif(not PYTHON, reason="SkyPilot is not installed: `make sky` runs this in an environment of its own")
def test_a_cloud_without_credentials_is_said_by_skypilot_itself(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as port:
        if port.connect_ex(("127.0.0.1", 46580)) == 0:
            pytest.skip("an API server of SkyPilot runs here; this test would ask it, not its own")
    program = str(Path(PYTHON).with_name("sky"))
    monkeypatch.setattr("breakeven.engines.sky._program", lambda: program)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    try:
        with pytest.raises(UsageError, match="has no access to") as caught:
            SkyEngine().run(job, lambda step: None)
    finally:
        subprocess.run([program, "api", "stop"], check=True, capture_output=True)
    assert Path(str(caught.value.lines()[1]).rpartition(": ")[2]).is_file()
