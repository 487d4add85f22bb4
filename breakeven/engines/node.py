"""The far end of an engine that sends jobs to other machines: run one here, in a folder of its own, and send it back.

Nothing of any such engine is known here: a generator that takes bytes and gives progress and bytes. Where the files
come by another way, `python -m breakeven.engines.node job.json` runs the job of a file under its limits.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from breakeven.engines.engine import Progress
from breakeven.engines.parcel import all_files, kept_files, pack, signature, unpack
from breakeven.engines.processes import Processes
from breakeven.engines.watching import Ending, follow, result_of, write_job
from breakeven.engines.workers import FreshWorker, end_tree
from breakeven.records.job import Job
from breakeven.store import code_version, write_bytes

TELL_EVERY = 0.5
KEEP_EVERY = 10.0


@dataclass(frozen=True)
class Sent:
    """What a job needs beside `job.json` and the rows: the trained members by name, what an earlier try left."""

    code: str
    members: dict[str, bytes]
    kept: bytes
    machines: float
    place: str = ""
    """The folder to work in; empty: the machine's own for temporary files."""


@dataclass(frozen=True)
class Told:
    """One step of a job: its progress, what the next try could go on from, or the whole folder when it has ended."""

    progress: Progress | None = None
    kept: bytes | None = None
    ended: bytes | None = None


class WrongCode(Exception):
    """This machine has another version of breakeven, or of a library that decides results."""


def work(job_json: str, data: bytes, sent: Sent) -> Iterator[Told]:
    """Run a job to its end or its limits, and tell each half second how far it is. `data` is the parcel of its rows.

    Raises WrongCode.
    """
    if sent.code != code_version():
        raise WrongCode
    with tempfile.TemporaryDirectory(prefix="breakeven-", dir=sent.place or None) as place:
        unpack(data, Path(place) / "data")
        job = _unpacked(Job.model_validate_json(job_json), sent, Path(place))
        worker = FreshWorker(write_job(job), job.threads)
        try:
            ending = yield from _telling(worker, job)
        finally:
            end_tree(worker.pid)
        result = result_of(job, ending, sent.machines)
        write_bytes(Path(job.folder) / "result.json", result.model_dump_json(indent=1).encode())
        yield Told(ended=pack(Path(job.folder), all_files(Path(job.folder))))


def _unpacked(job: Job, sent: Sent, place: Path) -> Job:
    """The job with its paths in a place of this machine."""
    folder = place / "job"
    unpack(sent.kept, folder)
    for name, parcel in sent.members.items():
        unpack(parcel, place / "members" / name)
    shared = Path(job.cache)
    return job.model_copy(
        update={
            "folder": str(folder),
            "data_folder": str(place / "data"),
            "members": tuple((name, str(place / "members" / name)) for name in sent.members),
            "cache": str(shared if job.cache and shared.is_dir() else place / "cache"),
        }
    )


def _telling(worker: FreshWorker, job: Job) -> Generator[Told, None, Ending]:
    """Follow a worker; tell of it, and send what it keeps when that has changed."""
    folder, steps = Path(job.folder), follow(worker, job)
    told = sent = time.monotonic()
    kept = signature(kept_files(folder))
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        now = time.monotonic()
        if now - told > TELL_EVERY:
            told = now
            yield Told(progress)
        if now - sent > KEEP_EVERY and signature(kept_files(folder)) != kept:
            sent, files = now, kept_files(folder)
            kept = signature(files)
            yield Told(kept=pack(folder, files))


def main(path: Path) -> int:
    """Run the job of a file here; its result lies beside it, with the bill as it was seen from outside."""
    job = Job.model_validate_json(path.read_bytes())
    result = Processes().run(job, lambda progress: None)
    write_bytes(path.with_name("result.json"), result.model_dump_json(indent=1).encode())
    return 0  # a refusal or a limit is a result, too


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
