"""The far side of the wall: `python -m breakeven.worker job.json` reads a job and leaves `result.json` beside it.

Everything heavy happens here, in a process of its own, so that time and memory can be limited, every result has
a bill, and a debugger needs no more than the same command by hand. Without a file it is the nursery (nursery.py).
"""

from __future__ import annotations

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
from typing import TYPE_CHECKING, Any

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
from breakeven.models.model import Billed, Declined, Member, Predictor, Work, Writer
from breakeven.models.wallet import SPENT, Wallet, read_spent, write_spent
from breakeven.nursery import nurse
from breakeven.prices.here import peak_bytes
from breakeven.records.artifact import Artifact
from breakeven.records.curve import Curve
from breakeven.records.job import PROFILE, Bill, Job, Limits, Result
from breakeven.records.measurement import Measurement
from breakeven.records.record import MessageRecord
from breakeven.records.variant import Variant
from breakeven.store import new_file, write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

WRITING_SHARE = 0.3
"""Of the time for scoring, at most, in which answers are written."""


@dataclass
class Outcome:
    """What a kind of job found, beside its bill."""

    values: dict[str, float | int | str | bool | None]
    measurement: Measurement | None = None
    variants: tuple[Variant, ...] = ()
    curves: tuple[Curve, ...] = ()
    usd: float = 0.0
    """Spent besides the time of the machine, and not from the wallet."""


def main(arguments: list[str]) -> int:
    """Run the job of the file named; without one, be the nursery."""
    if arguments:
        end_with_parent(os.getppid())
        return run(Path(arguments[0]))
    return nurse(run)


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
        work = replace(make_work(job, time.monotonic()), artifact=Path(own), progress=lambda share, score: None,
                       foresee=lambda seconds, size: None)  # fmt: skip
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
            "curves": found.curves,
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
    return Outcome(values, variants=trained.variants, curves=trained.curves, usd=trained.usd)


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
    teller = Teller(Path(job.folder))
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
        profile=Path(job.folder) / PROFILE if job.profile else None,
        wallet=_wallet(job),
        members=tuple(_member(name, Path(folder)) for name, folder in job.members),
        progress=teller.progress,
        foresee=teller.foresee,
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


class Teller:
    """Tells the near side how far training is, at most five times a second, and what it is foreseen to take."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last = 0.0
        self.foreseen: dict[str, float | int | None] = {}

    def foresee(self, seconds: float, size: int | None) -> None:
        self.foreseen = {"foreseen_seconds": float(seconds), "foreseen_bytes": size}
        self.last = 0.0
        self.progress(0.0, None)

    def progress(self, share: float, score: float | None) -> None:
        if time.monotonic() - self.last < 0.2:
            return
        self.last = time.monotonic()
        temporary = self.folder / ".progress.json"
        told = {"share": float(share), "score": None if score is None else float(score), **self.foreseen}
        temporary.write_text(json.dumps(told))
        temporary.replace(self.folder / "progress.json")


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
    """Predictions of the test rows of a dataset; what a writer answers to some of them is counted beside."""
    import numpy as np

    from breakeven.inputs.parts import read_part
    from breakeven.models.written import written_scores

    artifact, predictor = _load(job, job.cache)
    rows = read_part(Path(job.data_folder), "test").select([column.name for column in artifact.columns])
    predictions = predictor.predict(rows)
    if isinstance(predictor, Writer):
        seconds = WRITING_SHARE * (job.limits.seconds - (time.monotonic() - started))
        answer = artifact.answer
        predictions = np.hstack([predictions, written_scores(predictor, rows, answer, seconds)])
    save_predictions(Path(job.folder) / PREDICTIONS, predictions)
    return Outcome({"rows": rows.num_rows})


def predict(job: Job, started: float) -> Outcome:
    """Answers to a file of any size, a batch at a time, in its order."""
    from breakeven.inputs.reader import open_rows
    from breakeven.inputs.writer import open_writer
    from breakeven.outputs import OUTPUTS

    artifact, predictor = _load(job, job.cache)
    output = OUTPUTS.get(artifact.output)
    progress = Teller(Path(job.folder)).progress
    done = 0
    rows = open_rows(Path(job.source), output.reads_answer)
    with new_file(Path(job.target)) as temporary, open_writer(temporary, Path(job.target)) as write:
        for batch in rows:
            write(answer_rows(batch, artifact, predictor, output, job.source))
            done += batch.num_rows
            progress(0.0, float(done))
    return Outcome({"rows": done})


def measure(job: Job, started: float) -> Outcome:
    """Serving figures of an artifact, on the rows of its dataset: in our own server where it can be served."""
    from breakeven.inputs.parts import read_part
    from breakeven.models.measure import measure_artifact

    assert job.candidate is not None
    loading = time.perf_counter()
    artifact, predictor = _load(job)
    rows = read_part(Path(job.data_folder), "validation", "train").select([c.name for c in artifact.columns])
    predictor.predict(rows.slice(0, 1))
    load_ms = (time.perf_counter() - loading) * 1e3
    found = measure_artifact(job.candidate.name, Path(job.artifact), predictor, rows, load_ms)
    return Outcome({}, found.model_copy(update=_served(Path(job.artifact), artifact, predictor, rows)))


def _served(folder: Path, artifact: Artifact, predictor: Predictor, rows: pa.Table) -> dict[str, Any]:
    """What of a Measurement is known from our own server; else why it is not, and the memory of this process."""
    from breakeven.serving.measuring import HOW, NotServed, can_be_served, is_wanted, measure_served

    if not is_wanted():
        why = say("it was measured in a loop, as {name} asks for", name=HOW)
        return {"peak_bytes": peak_bytes(), "why_not_served": MessageRecord.of(why)}
    if not can_be_served(artifact, predictor):
        why = say("it was measured in a loop: texts and hosted models are not timed in the server")
        return {"peak_bytes": peak_bytes(), "why_not_served": MessageRecord.of(why)}
    try:
        found = measure_served(folder, artifact, predictor, rows)
    except NotServed as fault:
        why = say("it was measured in a loop: the server did not answer ({fault})", fault=str(fault))
        return {"peak_bytes": peak_bytes(), "why_not_served": MessageRecord.of(why)}
    return {
        "served": True, "peak_bytes": found.peak_bytes, "ready_seconds": found.ready_seconds,
        "p50_ms": found.light.quantile(0.5) * 1e3, "p95_ms": found.light.quantile(0.95) * 1e3,
        "requests_per_second": found.per_second, "served_rows_per_second": found.bulk_rows_per_second,
        "rows_timed": found.answers,
    }  # fmt: skip


KINDS: dict[str, Callable[[Job, float], Outcome]] = {
    "train": train, "score": score, "predict": predict, "measure": measure,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
