"""The run folder `.breakeven/` beside the project file: the only reader and writer of records.

    lock                     one run at a time
    data/DIGEST/             the rows of a dataset, as Arrow files
    jobs/DIGEST/             job.json, result.json, artifact/ … of one piece of work
    records/KIND/DIGEST.json what a stage found
    runs/ID/run.json         a finished run, and its report
    plans/KIND/ID.json       plans as they were made: `assumed` before a run, `measured` with what one has measured
    releases/N/              release.json and the artifact; `releases/current` names one

Everything is written to a temporary name, flushed to the disk and renamed: a reader sees all of it or nothing.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from breakeven import __version__
from breakeven.core.errors import StorageError, UsageError
from breakeven.core.words import say
from breakeven.records.plan import Plan
from breakeven.records.record import Record, digest_of
from breakeven.records.release import Release
from breakeven.records.revision import KeptPlan
from breakeven.records.run import Run

AnyRecord = TypeVar("AnyRecord", bound=Record)

FOLDER = ".breakeven"
PROJECT = "breakeven.toml"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "lightgbm", "pyarrow")
WORKING_CODE = ("inputs", "outputs", "checks", "models", "worker.py", "stages/audit.py", "stages/evaluate.py")
"""The code whose change makes earlier work invalid."""


class Store:
    """The run folder of a project, given as its folder or its file; made on the first write."""

    def __init__(self, project: Path) -> None:
        place = project.resolve()
        self.file = place if place.is_file() or place.name == PROJECT else place / PROJECT
        """The project file."""
        self.folder = self.file.parent / FOLDER

    # --- places

    def data_folder(self, digest: str) -> Path:
        return self.folder / "data" / digest

    def job_folder(self, digest: str) -> Path:
        return self.folder / "jobs" / digest

    def run_folder(self, run: str) -> Path:
        return self.folder / "runs" / run

    def release_folder(self, number: int) -> Path:
        return self.folder / "releases" / str(number)

    # --- records

    def read(self, kind: type[AnyRecord], path: Path) -> AnyRecord | None:
        """The record kept at `path`; None when there is none or it is of an older form."""
        try:
            return kind.model_validate_json(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValidationError):
            return None

    def write(self, record: Record, path: Path) -> None:
        """Keep a record at `path`. Raises StorageError."""
        write_bytes(path, record.model_dump_json(indent=1).encode())

    def cached(self, name: str, digest: str, kind: type[AnyRecord], make: Callable[[], AnyRecord]) -> AnyRecord:
        """The record of that name and digest, made and kept when there is none."""
        path = self.folder / "records" / name / f"{digest}.json"
        kept = self.read(kind, path)
        if kept is None:
            kept = make()
            self.write(kept, path)
        return kept

    # --- runs and releases

    def runs(self) -> tuple[str, ...]:
        """The ids of all finished runs, the oldest first."""
        return tuple(sorted(path.parent.name for path in self.folder.glob("runs/*/run.json")))

    def run(self, name: str | None = None) -> Run:
        """A finished run, the latest when none is named. Raises UsageError."""
        runs = self.runs()
        wanted = name or (runs[-1] if runs else None)
        found = self.read(Run, self.run_folder(wanted) / "run.json") if wanted else None
        if found is None:
            what = say("there is no run {run}", run=wanted) if wanted else say("there is no run yet")
            raise UsageError(what, str(self.folder / "runs"), say('make one with "breakeven run"'))
        return found

    def new_run_id(self) -> str:
        """An id that sorts by time: 20261122T071500Z, with a letter when two fall into one second."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        taken = len(list(self.folder.glob(f"runs/{stamp}*")))
        return stamp if not taken else f"{stamp}-{taken}"

    # --- plans

    def keep_plan(self, plan: Plan, run: str = "") -> KeptPlan:
        """Keep a plan, and by which run's measurements it was made, unless the newest of its kind says the same."""
        kind = "measured" if run else "assumed"
        kept = self.newest_plan(kind)
        if kept and (kept.plan, kept.run) == (plan, run):
            return kept
        now = datetime.now(UTC)
        made = KeptPlan(id=now.strftime("%Y%m%dT%H%M%S.%fZ"), created=now.isoformat(timespec="seconds"), run=run,
                        plan=plan)
        write_bytes(self.plan_file(made), made.model_dump_json().encode())
        return made

    def plan_file(self, kept: KeptPlan) -> Path:
        """Where a plan is kept; its page lies beside it."""
        return self.folder / "plans" / ("measured" if kept.run else "assumed") / f"{kept.id}.json"

    def newest_plan(self, kind: str = "assumed") -> KeptPlan | None:
        """The newest kept plan of a kind; None when there is none or it is of an older form."""
        found = sorted((self.folder / "plans" / kind).glob("*.json"))
        return self.read(KeptPlan, found[-1]) if found else None

    def releases(self) -> tuple[Release, ...]:
        """All releases, the oldest first."""
        found = (self.read(Release, path) for path in self.folder.glob("releases/[0-9]*/release.json"))
        return tuple(sorted((r for r in found if r), key=lambda release: release.number))

    def current_release(self) -> Release | None:
        """The release that answers now."""
        try:
            number = int((self.folder / "releases" / "current").read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return self.read(Release, self.release_folder(number) / "release.json")

    # --- locking

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder alone. Raises UsageError when another run holds it, StorageError when it can't be made."""
        from filelock import FileLock, Timeout

        with storing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise UsageError(
                    say("another run is at work on this project"),
                    str(self.folder / "lock"),
                    say("wait until it has ended, or end it with Ctrl-C"),
                ) from None
        try:
            yield
        finally:
            lock.release()


# --- atomic writing ------------------------------------------------------------------------------------------


@contextmanager
def storing(place: Path) -> Iterator[None]:
    """Turns what the system says about a full or closed disk into a StorageError."""
    try:
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                say("the disk is full"), str(place), say("free some space and give the same command: it goes on")
            ) from None
        if fault.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise StorageError(
                say("the folder cannot be written: {fault}", fault=os.strerror(fault.errno)),
                str(place),
                say("give yourself the right to write there, or copy the project to a folder of your own"),
            ) from None
        raise


@contextmanager
def new_file(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """A temporary name beside `path`; when the block ends well it is flushed and takes the name `path`.

    Nobody else can open it before then; `mode` says who may afterwards.
    """
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            os.chmod(temporary, mode)
            _flush(temporary)
            temporary.replace(path)
            _flush(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """The same for a folder; one that is there already is replaced."""
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            yield temporary
            os.chmod(temporary, 0o755)
            for file in temporary.rglob("*"):
                if file.is_file():
                    _flush(file)
            shutil.rmtree(path, ignore_errors=True)
            temporary.replace(path)
            _flush(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file atomically. Raises StorageError."""
    with new_file(path) as temporary:
        temporary.write_bytes(content)


def _flush(path: Path) -> None:
    """Ask the system to put a file, or the names in a folder, on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows has no handle for a folder's names
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def code_version() -> str:
    """A digest of the code and the libraries that work depends on."""
    package = Path(__file__).parent
    parts: list[str | bytes] = [__version__]
    for place in WORKING_CODE:
        files = sorted((package / place).rglob("*.py")) if (package / place).is_dir() else [package / place]
        parts.extend(file.read_bytes() for file in files if file.exists())
    for library in LIBRARIES:
        try:
            parts.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            parts.append(library)
    return digest_of(*parts)
