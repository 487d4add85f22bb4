"""The far side of the wall: `python -m breakeven.worker job.json` reads a job and leaves `result.json` beside it.

Everything heavy happens here, in a process of its own, so that time and memory can be limited, every result has
a bill, and a debugger needs no more than the same command by hand. Without a file it is the nursery: it loads the
libraries once and forks a worker for every job whose path comes on standard input.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from breakeven.core.errors import BreakevenError, LimitReached
from breakeven.core.words import say
from breakeven.engines.group import end_with_parent, group_size, rank
from breakeven.models import MODELS
from breakeven.models.artifact import (
    ARTIFACT,
    PREDICTIONS,
    answer_rows,
    load_artifact,
    load_predictions,
    save_predictions,
)
from breakeven.models.model import Billed, Declined, Member, Predictor, Work
from breakeven.models.wallet import SPENT, Wallet, read_spent, write_spent
from breakeven.prices.here import peak_bytes
from breakeven.records.artifact import Artifact
from breakeven.records.job import Bill, Job, Limits, Result
from breakeven.records.measurement import Measurement
from breakeven.records.record import MessageRecord
from breakeven.records.variant import Variant
from breakeven.store import new_file, write_bytes


@dataclass
class Outcome:
    """What a kind of job found, beside its bill."""

    values: dict[str, float | int | str | bool | None]
    measurement: Measurement | None = None
    variants: tuple[Variant, ...] = ()
    usd: float = 0.0
    """Spent besides the time of the machine, and not from the wallet."""


LIBRARIES = ("numpy", "pyarrow", "scipy.sparse", "safetensors.numpy", "sklearn.linear_model", "sklearn.svm", "lightgbm")
"""What workers mostly need, loaded once for all of them."""


def main(arguments: list[str]) -> int:
    """Run the job of the file named; without one, be the nursery."""
    if arguments:
        end_with_parent(os.getppid())
        return run(Path(arguments[0]))
    return nurse()


def nurse() -> int:
    """Fork a worker for every path on standard input; tell its process id and, when it has ended, its exit code."""
    parent = os.getppid()
    for library in LIBRARIES:
        if importlib.util.find_spec(library.partition(".")[0]):
            importlib.import_module(library)
    while path := sys.stdin.readline().strip():
        pid = os.fork()
        if pid == 0:
            os._exit(_be_worker(Path(path)))
        print(pid, flush=True)
        status = _wait_for(pid, parent)
        if status is None:
            return 1
        print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


def _wait_for(pid: int, parent: int) -> int | None:
    """The status of a worker that ended; None when the engine is gone (the worker sees to itself then)."""
    while os.getppid() == parent:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    return None


def _be_worker(path: Path) -> int:
    """The life of a fork: its output goes to the job's log, and it ends with its nursery."""
    log = os.open(path.with_name("log.txt"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    end_with_parent(os.getppid())
    try:
        code = run(path)
    except OSError:
        traceback.print_exc()  # the disk is full: there is no room for a result
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def run(path: Path) -> int:
    """Run the job of a file; always leaves a result unless the process itself is ended.

    One worker at a time works on a job: an orphan of a killed run may need a moment to end, or even to finish.
    """
    job = Job.model_validate_json(path.read_bytes())
    if rank(job):
        return assist(job)
    kept = path.with_name("result.json")
    with FileLock(path.with_name("lock")):
        if kept.exists() and Result.model_validate_json(kept.read_bytes()).outcome == "done":
            return int(job.distributed)  # the processes beside this one wait for it: an error ends them
        kept.unlink(missing_ok=True)
        path.with_name(SPENT).unlink(missing_ok=True)
        return _run(job, time.monotonic())


def _run(job: Job, started: float) -> int:
    try:
        outcome = KINDS[job.kind](job, started)
        result = _result(job, started, "done", None, outcome)
    except Declined as refusal:
        result = _result(job, started, "refused", MessageRecord.of(refusal.what))
    except BreakevenError as fault:
        write_bytes(Path(job.folder) / "error.json", _error_json(fault))
        ending = "skipped" if isinstance(fault, LimitReached) else "failed"
        result = _result(job, started, ending, MessageRecord.of(fault.what))
    except MemoryError:
        result = _result(job, started, "stopped", MessageRecord.of(say("it asked for more memory than there is")))
    except Exception as fault:  # the wall: whatever a model does wrong must not end the run
        traceback.print_exc()
        words = f"{type(fault).__name__}: {fault}".splitlines()[0][:300]
        result = _result(job, started, "failed", MessageRecord.of(say("it failed: {fault}", fault=words)))
    write_bytes(Path(job.folder) / "result.json", result.model_dump_json(indent=1).encode())
    return 0 if result.outcome == "done" else 1


def assist(job: Job) -> int:
    """Train beside the process of rank 0, into a folder of our own that goes when it is done."""
    with tempfile.TemporaryDirectory(prefix=f".rank-{rank(job)}-", dir=job.folder) as own:
        work = replace(make_work(job, time.monotonic()), artifact=Path(own), progress=lambda share, score: None)
        MODELS.get(work.candidate.family.partition("/")[0]).train(work)
    return 0


def _error_json(fault: BreakevenError) -> bytes:
    """The three lines of an error, so that the near side can raise it again."""
    lines = [MessageRecord.of(line).model_dump() for line in fault.lines()]
    return json.dumps({"exit_code": fault.exit_code, "lines": lines}, ensure_ascii=False).encode()


def _result(
    job: Job, started: float, outcome: str, reason: MessageRecord | None, found: Outcome | None = None
) -> Result:
    found = found or Outcome({})
    usd = read_spent(Path(job.folder)) + found.usd
    bill = Bill(seconds=time.monotonic() - started, cpu_seconds=time.process_time(), peak_bytes=peak_bytes(),
                usd=usd or None, outside_usd=usd)  # fmt: skip
    return Result.model_validate(
        {
            "digest": job.digest,
            "outcome": outcome,
            "reason": reason,
            "bill": bill,
            "values": found.values,
            "measurement": found.measurement,
            "variants": found.variants,
        }
    )


# --- train ---------------------------------------------------------------------------------------------------


def train(job: Job, started: float) -> Outcome:
    """Train the job's candidate; leaves the artifact and its out-of-sample predictions in the job's folder."""
    work = make_work(job, started)
    model = MODELS.get(work.candidate.family.partition("/")[0])
    shutil.rmtree(work.artifact, ignore_errors=True)  # an earlier worker may have been ended in the middle
    work.artifact.mkdir(parents=True)
    trained = model.train(work)
    if trained.predictions.shape[0] != len(work.scored):
        raise ValueError(f"{model.name} scored {trained.predictions.shape[0]} of {len(work.scored)} rows")
    save_predictions(Path(job.folder) / PREDICTIONS, trained.predictions)
    _write_artifact(work, model.tag)
    values = {**trained.settings, "train_value": trained.train_value, "cut_short": trained.cut_short}
    return Outcome(values, variants=trained.variants, usd=trained.usd)


def make_work(job: Job, started: float) -> Work:
    """What a family's `train` gets, from the job and the rows in the store."""
    from breakeven.inputs import INPUTS
    from breakeven.inputs.parts import group_values, training_rows, unlabelled_rows
    from breakeven.inputs.split import make_folds
    from breakeven.outputs import OUTPUTS
    from breakeven.tasks import task_named

    assert job.candidate is not None
    assert job.dataset is not None
    task = task_named(job.dataset.task)
    output = OUTPUTS.get(task.output)
    table = training_rows(Path(job.data_folder))
    target = output.encode(table.column(job.dataset.answer).to_pylist(), job.dataset.labels)
    return Work(
        candidate=job.candidate,
        dataset=job.dataset,
        task=task,
        input=INPUTS.get(task.input),
        output=output,
        metric=output.metrics()[str(job.metric)],
        rows=table.select([column.name for column in job.dataset.inputs]),
        target=target,
        folds=make_folds(job.dataset, target, group_values(table, job.dataset)),
        artifact=Path(job.folder) / ARTIFACT,
        deadline=started + _soft_limit(job.limits),
        threads=max(1, job.threads // group_size(job)),
        seed=job.seed,
        cache=Path(job.cache) if job.cache else None,
        unlabelled=unlabelled_rows(Path(job.data_folder)),
        wallet=_wallet(job),
        members=tuple(_member(name, Path(folder)) for name, folder in job.members),
        progress=_progress_writer(Path(job.folder)),
    )


def _soft_limit(limits: Limits) -> float:
    """When training should be back, so that saving and leaving fit under the hard limit."""
    latest = max(limits.seconds * 0.5, limits.seconds * 0.95 - 1.0)
    return min(latest, limits.aim or latest)


def _wallet(job: Job) -> Wallet:
    return Wallet(job.limits.usd, write_spent(Path(job.folder)))


def _load(job: Job, cache: str = "") -> tuple[Artifact, Predictor]:
    """The job's artifact; one whose answers cost money pays from the job's wallet, and keeps its replies in `cache`."""
    artifact, predictor = load_artifact(Path(job.artifact))
    if isinstance(predictor, Billed):
        predictor.spend(_wallet(job), Path(cache) if cache else None)
    return artifact, predictor


def _member(name: str, folder: Path) -> Member:
    return Member(name, folder / ARTIFACT, load_predictions(folder / PREDICTIONS))


def _progress_writer(folder: Path) -> Callable[[float, float | None], None]:
    """Tells the near side how far training is, at most five times a second."""
    last = 0.0

    def write(share: float, score: float | None) -> None:
        nonlocal last
        if time.monotonic() - last < 0.2:
            return
        last = time.monotonic()
        temporary = folder / ".progress.json"
        temporary.write_text(json.dumps({"share": float(share), "score": None if score is None else float(score)}))
        temporary.replace(folder / "progress.json")

    return write


def _write_artifact(work: Work, family: str) -> None:
    """`artifact.json`: what the folder takes and gives, so that nothing else is needed to load it."""
    files = sorted(str(f.relative_to(work.artifact)) for f in work.artifact.rglob("*") if f.is_file())
    artifact = Artifact(
        family=family,
        task=work.task.name,
        input=work.task.input,
        output=work.task.output,
        columns=work.dataset.inputs,
        answer=work.dataset.answer,
        labels=work.dataset.labels,
        files=tuple(files),
    )
    write_bytes(work.artifact / "artifact.json", artifact.model_dump_json(indent=1).encode())


# --- score, predict, measure ---------------------------------------------------------------------------------


def score(job: Job, started: float) -> Outcome:
    """Predictions of the test rows of a dataset."""
    from breakeven.inputs.parts import read_part

    artifact, predictor = _load(job, job.cache)
    rows = read_part(Path(job.data_folder), "test").select([column.name for column in artifact.columns])
    save_predictions(Path(job.folder) / PREDICTIONS, predictor.predict(rows))
    return Outcome({"rows": rows.num_rows})


def predict(job: Job, started: float) -> Outcome:
    """Answers to a file of any size, a batch at a time, in its order."""
    from breakeven.inputs.reader import open_rows
    from breakeven.inputs.writer import open_writer
    from breakeven.outputs import OUTPUTS

    artifact, predictor = _load(job, job.cache)
    output = OUTPUTS.get(artifact.output)
    progress = _progress_writer(Path(job.folder))
    done = 0
    rows = open_rows(Path(job.source), output.reads_answer)
    with new_file(Path(job.target)) as temporary, open_writer(temporary, Path(job.target)) as write:
        for batch in rows:
            write(answer_rows(batch, artifact, predictor, output, job.source))
            done += batch.num_rows
            progress(0.0, float(done))
    return Outcome({"rows": done})


def measure(job: Job, started: float) -> Outcome:
    """Serving figures of an artifact, on the rows of its dataset."""
    from breakeven.inputs.parts import read_part
    from breakeven.models.measure import measure_artifact

    assert job.candidate is not None
    loading = time.perf_counter()
    artifact, predictor = _load(job)
    rows = read_part(Path(job.data_folder), "validation", "train").select([c.name for c in artifact.columns])
    predictor.predict(rows.slice(0, 1))
    load_ms = (time.perf_counter() - loading) * 1e3
    found = measure_artifact(job.candidate.name, Path(job.artifact), predictor, rows, load_ms)
    return Outcome({}, found.model_copy(update={"peak_bytes": peak_bytes()}))


KINDS: dict[str, Callable[[Job, float], Outcome]] = {
    "train": train, "score": score, "predict": predict, "measure": measure,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
