"""The Ray engine: candidates are trained at the same time on the nodes of a Ray cluster, a running one or our own.

A task of Ray carries the job's files to a node, runs the same `python -m breakeven.worker job.json` there under the
same limits, and carries everything back. Work on a trained model (measuring it, the test rows) and jobs that need this
machine's keys stay here. A job whose node is lost is tried again, from what it had sent back until then.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say
from breakeven.engines.engine import Progress, Room
from breakeven.engines.node import Sent, Told, WrongCode, work
from breakeven.engines.parcel import all_files, kept_files, pack, unpack
from breakeven.engines.processes import Processes
from breakeven.engines.watching import write_failure, write_job
from breakeven.records.job import Bill, Job, Result
from breakeven.records.project import Compute
from breakeven.store import code_version, write_bytes

TRIES = 4
LOOK_EVERY = 0.2
SECONDS_TO_ANSWER = 3.0
SECONDS_TO_END = 5.0
OBJECTS = 400_000_000
"""Bytes of the store that our own cluster moves files through; it takes them as they are needed."""


@dataclass
class Try:
    """A job on its way: its stream of `Told`, how often it was begun, and when first."""

    job: Job
    stream: Any
    begun: float
    tries: int = 1


class RayEngine(Processes):
    """As many jobs at a time as the cluster has cores for."""

    name = "ray"

    def __init__(self) -> None:
        super().__init__()
        self._ray: Any = None
        self._own: str = ""
        self._data: dict[str, Any] = {}
        self._memory = 0
        self._gpus = 0.0
        self._machines = 1.0

    # --- beginning and end

    def check(self, compute: Compute) -> None:
        if find_spec("ray") is None:
            raise UsageError(
                say("training on ray needs the library ray"),
                "compute.train_on",
                say("pip install 'breakeven[{extra}]', or set train_on = \"here\"", extra="ray"),
            )
        if compute.ray_address:
            _check_address(compute.ray_address)

    def prepare(self, threads: int, compute: Compute | None = None) -> Room:
        compute = compute or Compute()
        self.check(compute)
        self._ray = _library(own=not compute.ray_address)
        if compute.ray_address:
            self._join(compute.ray_address)
        else:
            self._start(threads)
        room = self._survey(compute)
        super().prepare(room.threads)
        return room

    def _join(self, address: str) -> None:
        try:
            self._ray.init(address=address, configure_logging=False, log_to_driver=False, namespace="breakeven")
        except (ConnectionError, RuntimeError, ValueError) as fault:
            raise UsageError(
                say("the Ray cluster did not let us in: {fault}", fault=str(fault).splitlines()[0]),
                f"compute.ray_address = {address}",
                say("run where a node of the cluster runs (ray start --address={address}), or leave ray_address out "
                    "for a cluster of your own on this machine", address=address),
            ) from None  # fmt: skip

    def _start(self, threads: int) -> None:
        """A cluster of our own: this machine, its loopback address, no dashboard, gone when we close.

        Its folder has a short name, because those of its sockets may not pass 107 bytes.
        """
        self._own = tempfile.mkdtemp(prefix="bk-", dir="/tmp" if os.path.isdir("/tmp") else None)
        try:
            self._ray.init(
                address="local", num_cpus=threads, include_dashboard=False, configure_logging=False,
                log_to_driver=False, namespace="breakeven", object_store_memory=OBJECTS, _temp_dir=self._own,
            )  # fmt: skip
        except Exception as fault:  # it raises no narrower one when its processes do not answer in time
            raise UsageError(
                say("Ray did not start on this machine: {fault}", fault=str(fault).splitlines()[0]),
                "compute.train_on",
                say('try again when the machine is less busy, or set train_on = "here"'),
            ) from None

    def close(self) -> None:
        if self._ray:
            self._data.clear()
            self._ray.shutdown()
            self._ray = None
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)
            self._own = ""
        super().close()

    def _survey(self, compute: Compute) -> Room:
        """What the nodes have room for: one job a node by default, or as many as the project says."""
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
        cores = [int(node["CPU"]) for node in nodes]
        wanted = compute.processes or (len(nodes) if compute.ray_address else sum(cores))
        each = max(1, min(*cores, sum(cores) // wanted)) if cores else 1
        jobs = max(1, min(wanted, sum(count // each for count in cores)))
        self._memory = int(min(node.get("memory", 0.0) // (node["CPU"] // each) for node in nodes))
        self._gpus = sum(node.get("GPU", 0.0) for node in nodes)
        self._machines = len(nodes) * each / sum(cores)
        return Room(jobs=jobs, threads=each, bytes=self._memory, machines=float(len(nodes)))

    # --- jobs

    def run(self, job: Job, watch: Callable[[Progress], None]) -> Result:
        if self._stays(job):
            return super().run(job, watch)
        return next(result for _, result in self.run_many([job], lambda job, progress: watch(progress)))

    def _stays(self, job: Job) -> bool:
        return self._ray is None or job.kind != "train" or job.stays

    def run_many(self, jobs: Sequence[Job], watch: Callable[[Job, Progress], None]) -> Iterator[tuple[Job, Result]]:
        going = {}
        try:
            for job in jobs:
                if not self._stays(job):
                    begun = self._begin(job, time.monotonic())
                    going[begun.stream] = begun
            yield from super().run_many([job for job in jobs if self._stays(job)], watch)
            while going:
                for stream in self._ray.wait(list(going), timeout=LOOK_EVERY)[0]:
                    ended = self._step(going.pop(stream), watch, going)
                    if ended:
                        yield ended
        finally:
            self._cancel(list(going))

    def _begin(self, job: Job, begun: float, tries: int = 1) -> Try:
        """Send a job on its way, with the seconds that are left of its limit."""
        write_job(job)
        gone = time.monotonic() - begun
        limits = job.limits.model_copy(update={
            "seconds": max(1.0, job.limits.seconds - gone),
            "aim": max(1.0, job.limits.aim - gone) if job.limits.aim else None,
        })  # fmt: skip
        needs = {"num_cpus": job.threads, "memory": min(job.limits.bytes, self._memory)}
        if job.gpu and self._gpus:
            needs["num_gpus"] = 1
        task = self._ray.remote(max_retries=0, num_returns="streaming", **needs)(work)
        sent = Sent(
            code=code_version(),
            members={name: _parcel(folder) for name, folder in job.members},
            kept=pack(Path(job.folder), kept_files(Path(job.folder))),
            machines=self._machines,
            place=self._own,
        )
        told = job.model_copy(update={"limits": limits}).model_dump_json()
        return Try(job, task.remote(told, self._rows(job.data_folder), sent), begun, tries)

    def _rows(self, folder: str) -> Any:
        """The rows of a dataset as an object of the cluster, put there once for all jobs."""
        if folder not in self._data:
            self._data[folder] = self._ray.put(_parcel(folder))
        return self._data[folder]

    def _step(
        self, going: Try, watch: Callable[[Job, Progress], None], all_going: dict[Any, Try]
    ) -> tuple[Job, Result] | None:
        """Take the next that a job tells; it stays among those going unless it has ended."""
        job = going.job
        try:
            told: Told = self._ray.get(next(going.stream))
        except StopIteration:
            return job, self._failed(going, say("it ended without a result on its node"))
        except self._ray.exceptions.RayTaskError as fault:
            return job, self._failed(going, _why(fault.cause))
        except self._ray.exceptions.RayError:
            if going.tries >= TRIES:
                return job, self._failed(going, say("its node was lost {count} times", count=TRIES))
            again = self._begin(job, going.begun, going.tries + 1)
            all_going[again.stream] = again
            return None
        if told.ended is not None:
            return job, self._ended(going, told.ended)
        all_going[going.stream] = going
        if told.kept is not None:
            unpack(told.kept, Path(job.folder))
        if told.progress:
            watch(job, told.progress)
        return None

    def _ended(self, going: Try, parcel: bytes) -> Result:
        """Put what came back into the job's folder; the result last, because its being there means that all is."""
        folder = Path(going.job.folder)
        with tempfile.TemporaryDirectory(prefix=".came-", dir=folder) as place:
            unpack(parcel, Path(place))
            result = Result.model_validate_json((Path(place) / "result.json").read_bytes())
            shutil.rmtree(folder / "artifact", ignore_errors=True)
            for file in all_files(Path(place)):
                name = file.relative_to(place)
                if str(name) not in ("job.json", "result.json", "lock"):
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    file.replace(folder / name)
        if going.tries > 1:  # the seconds that were lost with its nodes were paid, too
            bill = result.bill.model_copy(update={"seconds": time.monotonic() - going.begun})
            result = result.model_copy(update={"bill": bill})
        write_bytes(folder / "result.json", result.model_dump_json(indent=1).encode())
        return result

    def _failed(self, going: Try, reason: Message) -> Result:
        bill = Bill(seconds=time.monotonic() - going.begun, machines=self._machines)
        return write_failure(going.job, "failed", reason, bill)

    def _cancel(self, streams: list[Any]) -> None:
        """End what still goes: at first so that it can clear up, then by force."""
        for force in (False, True):
            for stream in streams:
                self._ray.cancel(stream, force=force)
            until = time.monotonic() + SECONDS_TO_END
            while streams and time.monotonic() < until:
                streams = [stream for stream in streams if not self._is_over(stream)]

    def _is_over(self, stream: Any) -> bool:
        if not self._ray.wait([stream], timeout=LOOK_EVERY)[0]:
            return False
        try:
            self._ray.get(next(stream))
        except (StopIteration, self._ray.exceptions.RayError):
            return True
        return False


# --- what it needs of the machine ----------------------------------------------------------------------------


def _library(own: bool) -> Any:
    """Ray, told not to report its use; a cluster of our own keeps to the loopback address and asks for a token."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if own and "ray" not in sys.modules:  # it reads them while it is imported
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # its name for "the loopback address alone"
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray

    return ray


def _check_address(address: str) -> None:
    host, _, port = address.rpartition(":")
    hint = say('"ray start --head" starts one and tells its address; without ray_address we start our own, here')
    if not host or not port.isdigit() or "/" in host:
        raise UsageError(say("{address} is no address of a Ray cluster: host:port is expected", address=address),
                         "compute.ray_address", hint)  # fmt: skip
    try:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS_TO_ANSWER).close()
    except OSError as fault:
        what = say("no Ray cluster answers at {address}: {fault}", address=address, fault=fault.strerror or str(fault))
        raise UsageError(what, "compute.ray_address", hint) from None


def _parcel(folder: str) -> bytes:
    return pack(Path(folder), all_files(Path(folder)))


def _why(fault: BaseException) -> Message:
    if isinstance(fault, WrongCode | ImportError):
        return say("its node has another version of breakeven, or none: install the same on every node")
    return say("it failed: {fault}", fault=f"{type(fault).__name__}: {fault}".splitlines()[0][:300])


ENGINE = RayEngine()
