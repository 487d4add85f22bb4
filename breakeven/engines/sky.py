"""The SkyPilot engine: a machine is rented for the candidates, on any cloud that SkyPilot has access to.

For each job it writes a task file beside the job, and hands it to the program `sky`. Without a bucket all jobs of a run
share one machine, which is given back at the end; with spot each is a managed job that SkyPilot begins again where the
machine was taken away, and its folder lies in the bucket. Everything that is not training stays here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.engines.engine import Place, Progress, Room
from breakeven.engines.processes import Processes
from breakeven.engines.sky_task import CLOUDS, Rent, folder_there, job_file, job_there, name_of, task_of, yaml_text
from breakeven.engines.watching import write_failure, write_job
from breakeven.prices.here import this_machine
from breakeven.prices.tables import offer_named, offers
from breakeven.records.job import Bill, Job, Result
from breakeven.records.machine import Offer
from breakeven.records.project import Compute
from breakeven.store import write_bytes

FETCH = {"s3": ("aws", "s3", "sync"), "gs": ("gcloud", "storage", "rsync", "--recursive")}
"""How a folder of a bucket comes here, by the first part of its address."""


class SkyEngine(Processes):
    """One job at a time, on a rented machine."""

    name = "sky"

    def __init__(self) -> None:
        super().__init__()
        self._rent = Rent(cheapest())
        self._rented = ""
        self._allowed = False

    def check(self, compute: Compute) -> None:
        offer = rented_offer(compute)
        if offer.provider not in CLOUDS:
            raise UsageError(
                say("SkyPilot does not rent from {provider}", provider=offer.provider),
                "compute.machine",
                say("it rents from: {names}", names=sorted(CLOUDS)),
            )
        if compute.spot and compute.bucket.partition("://")[0] not in FETCH:
            raise UsageError(
                say("a spot machine may be taken away: results need a bucket"),
                "compute.bucket",
                say('name one of yours, such as bucket = "s3://my-bucket", or set spot = false'),
            )

    def place(self, compute: Compute) -> Place:
        return Place(rented_offer(compute).machine.name, compute.spot)

    def prepare(self, threads: int, compute: Compute | None = None) -> Room:
        compute = compute or Compute()
        self.check(compute)
        super().prepare(threads)
        self._rent = Rent(rented_offer(compute), compute.spot, compute.bucket if compute.spot else "")
        machine = self._rent.offer.machine
        return Room(threads=machine.cores or threads, bytes=int(machine.memory_bytes * 0.8) or None)

    def close(self) -> None:
        if self._rented:
            _sky("down", "--yes", self._rented)
            self._rented = ""
        super().close()

    def run(self, job: Job, watch: Callable[[Progress], None]) -> Result:
        if job.kind != "train" or job.stays:
            return super().run(job, watch)
        file = write_task(job, self._rent)
        self._may_rent(file)
        log = Path(job.folder) / "log.txt"
        done = self._managed(job, file, log) if self._rent.bucket else self._on_one_machine(job, file, log)
        kept = Path(job.folder) / "result.json"
        if done and kept.exists():
            return Result.model_validate_json(kept.read_bytes())
        return write_failure(job, "failed", say("SkyPilot did not bring a result; see log.txt"), Bill(seconds=0.0))

    def _may_rent(self, file: Path) -> None:
        """Raises UsageError, naming the task file, where the program or the access to the cloud is missing."""
        cloud = CLOUDS[self._rent.offer.provider]
        if self._allowed:
            return
        if _program() is None:
            what = say("renting a machine needs the program sky, and it is not installed")
            hint = say("pip install 'breakeven[{extra}]', then: sky check {cloud}", extra="sky", cloud=cloud)
        elif not _has_access(cloud):
            what = say("SkyPilot has no access to {cloud}", cloud=cloud)
            hint = say("sky check {cloud} tells how to give it access; then give the same command again", cloud=cloud)
        else:
            self._allowed = True
            return
        raise UsageError(what, say("the task file is written: {path}", path=str(file)), hint)

    def _on_one_machine(self, job: Job, file: Path, log: Path) -> bool:
        self._rented = self._rented or f"breakeven-{os.getpid()}"
        if _sky("launch", "--yes", "--cluster", self._rented, str(file), log=log).returncode:
            return False
        return not _run(["rsync", "-a", f"{self._rented}:{folder_there(job)}/", f"{job.folder}/"], log).returncode

    def _managed(self, job: Job, file: Path, log: Path) -> bool:
        if _sky("jobs", "launch", "--yes", "--name", name_of(job), str(file), log=log).returncode:
            return False
        fetch = FETCH[self._rent.bucket.partition("://")[0]]
        return not _run([*fetch, f"{self._rent.bucket.rstrip('/')}/{job.digest}", job.folder], log).returncode


def write_task(job: Job, rent: Rent) -> Path:
    """Write the task file of a job, and the job as the rented machine sees it; returns the file."""
    write_job(job)
    write_bytes(job_file(job), job_there(job).model_dump_json(indent=1).encode())
    file = job_file(job).with_name("task.yaml")
    write_bytes(file, yaml_text(task_of(job, rent)).encode())
    return file


def rented_offer(compute: Compute) -> Offer:
    """The machine that the project names, or the cheapest that has what this one has."""
    return offer_named(compute.machine) if compute.machine else cheapest()


def cheapest() -> Offer:
    """The cheapest offer that SkyPilot can rent with at least the cores and the memory of this machine; else the
    largest of them."""
    here = this_machine()
    pool = [offer for offer in offers() if offer.provider in CLOUDS and offer.machine.cores and not offer.machine.gpus]
    enough = [offer for offer in pool if offer.machine.cores >= here.cores
              and offer.machine.memory_bytes >= here.memory_bytes * 0.95]  # fmt: skip
    if enough:
        return min(enough, key=lambda offer: offer.usd_per_hour)
    return max(pool, key=lambda offer: (offer.machine.cores, offer.machine.memory_bytes))


def _program() -> str | None:
    """The program `sky`: beside this Python, or anywhere on the path."""
    return shutil.which("sky", path=str(Path(sys.executable).parent)) or shutil.which("sky")


def _has_access(cloud: str) -> bool:
    """Whether SkyPilot's own check finds credentials that work: it names the clouds it may rent from, by workspace."""
    done = subprocess.run([_program() or "sky", "check", cloud, "--output", "json"], env=_environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # fmt: skip
    try:
        told = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError:
        return False
    return cloud in {name.lower() for workspace in told.values() for name in workspace}


def _environment() -> dict[str, str]:
    return {**os.environ, "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"}


def _sky(*words: str, log: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return _run([_program() or "sky", *words], log)


def _run(words: list[str], log: Path | None) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; what it says goes to the end of a log."""
    with (log or Path(os.devnull)).open("ab") as text:
        return subprocess.run(words, env=_environment(), stdin=subprocess.DEVNULL, stdout=text, stderr=text,
                              check=False)  # fmt: skip


ENGINE = SkyEngine()
