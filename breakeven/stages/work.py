"""Climbing the ladder: each rung is a job behind the wall, the cheapest first, until no dearer one can pay.

As many rungs as the engine has room for are trained at a time. They are judged when all of them have ended, so that
their speed is measured on a quiet machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from breakeven.core.words import Message, say
from breakeven.engines.engine import Engine, Progress, Room
from breakeven.models import MODELS
from breakeven.models.artifact import ARTIFACT
from breakeven.models.measure import folder_bytes
from breakeven.models.model import Model
from breakeven.models.wallet import read_spent
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.job import Bill, Job, JobKind, Limits, Result
from breakeven.records.record import MessageRecord, digest_of
from breakeven.records.run import Rung
from breakeven.stages.budget import Budget
from breakeven.stages.foreseen import forecast_of
from breakeven.stages.groups import longest, together
from breakeven.stages.watch import Watcher
from breakeven.store import Store, code_version

MEASURE_LIMITS = Limits(seconds=60, bytes=8_000_000_000)
HOSTED_SECONDS = 300.0
"""Answers that come from elsewhere take their time: so much for the few that are measured."""
SCORE_PATIENCE = 3.0
"""How often the time that the test rows should take there is waited for."""


@dataclass
class Climb:
    """All that climbing needs; `rungs` grows as it goes, so that an interrupt loses nothing."""

    store: Store
    engine: Engine
    dataset: Dataset
    metric: str
    budget: Budget
    room: Room
    watch: Watcher
    rungs: list[Rung] = field(default_factory=list)
    profile: bool = False
    """Whether nets leave traces of their training; those that were trained without one are trained again."""
    requests_per_month: float = 0.0
    """The stated demand: where it is small, answers paid one by one may cost less than a machine."""

    def climb(
        self,
        candidates: tuple[Candidate, ...],
        refusals: tuple[Refusal, ...],
        judge: Callable[[Rung], Rung],
        enough: Callable[[Rung], Message | None],
    ) -> Message | None:
        """Train candidates in their order, each judged when it is trained (evaluation, measurement, cost).

        After a rung that is `enough`, the dearer ones are skipped, saying why; one whose answers are paid one by one
        may be cheaper and is tried. Ctrl-C ends the climb and keeps what was done. Returns why it ended early, or None.
        """
        reason = None
        try:
            self._climb(candidates, judge, enough)
        except KeyboardInterrupt:
            reason = say("you stopped the run")
            done = {rung.name for rung in self.rungs}
            for candidate in candidates:
                if candidate.name not in done:
                    self._end(self._kept(candidate, judge) or _rung(candidate, "skipped", reason))
        for refusal in refusals:
            self._end(Rung(name=refusal.family, family=refusal.family, outcome="refused", reason=refusal.why,
                           prospect=refusal.prospect))  # fmt: skip
        return reason

    def _climb(
        self,
        candidates: tuple[Candidate, ...],
        judge: Callable[[Rung], Rung],
        enough: Callable[[Rung], Message | None],
    ) -> None:
        reason: Message | None = None
        cheapest = math.inf
        groups = together(candidates, self.room.jobs)
        for place, group in enumerate(groups):
            tried = tuple(each for each in group if not reason or self._may_cost_less(each, cheapest))
            trained = self._try(tried, groups[place + 1 :]) if tried else {}
            for candidate in group:
                rung = trained.get(candidate.name) or _rung(candidate, "skipped", reason)
                if rung.outcome == "trained":
                    rung = judge(rung)
                    met = enough(rung)
                    reason = reason or met
                    if met and rung.cost:
                        cheapest = min(cheapest, rung.cost.usd_per_month.value)
                self._end(rung)

    def _may_cost_less(self, candidate: Candidate, usd_per_month: float) -> bool:
        """Whether answers that are paid one by one should cost less than a candidate that meets the target."""
        each = candidate.usd_per_request
        return each is not None and each * self.requests_per_month < usd_per_month

    def _kept(self, candidate: Candidate, judge: Callable[[Rung], Rung]) -> Rung | None:
        """A rung whose training had ended when the interrupt came; judging it takes a second."""
        job = self._job("train", candidate, Limits(seconds=0, bytes=0), members=self._members(candidate))
        result = kept_result(job)
        rung = self._rung_of(candidate, job, result) if result else None
        return judge(rung) if rung and rung.outcome == "trained" else rung

    def _end(self, rung: Rung) -> None:
        self.rungs.append(rung)
        self.watch.rung_ends(rung, self.budget.spent_usd(), self.budget.seconds_left())

    def _try(self, group: tuple[Candidate, ...], to_come: Sequence[tuple[Candidate, ...]]) -> dict[str, Rung]:
        """The rungs of candidates that train at the same time, by name. They have the time that the longest needs."""
        limits = self.budget.limits(longest(group), tuple(longest(later) for later in to_come), len(group))
        begun = {candidate.name: self._begin(candidate, limits) for candidate in group}
        rungs = {name: ready for name, ready in begun.items() if isinstance(ready, Rung)}
        jobs = [ready for ready in begun.values() if isinstance(ready, Job)]
        for job, result in self._run(jobs):
            assert job.candidate is not None
            self.budget.add_bill(result.bill)
            rungs[job.candidate.name] = self._rung_of(job.candidate, job, result)
        return rungs

    def _begin(self, candidate: Candidate, limits: Limits) -> Rung | Job:
        """The job that trains a candidate; its rung where there is nothing to train: refused, kept, short of time."""
        members = self._members(candidate)
        if candidate.needs and len(members) < 2:
            return _rung(candidate, "refused", say("it needs at least two trained candidates to be made of"))
        job = self._job("train", candidate, limits, members=members)
        result = kept_result(job)
        if result:
            self.budget.add_earlier(result.bill)
            return self._rung_of(candidate, job, result)
        shortage = self.budget.shortage(limits)
        return _rung(candidate, "skipped", shortage) if shortage else job

    def _run(self, jobs: list[Job]) -> Iterator[tuple[Job, Result]]:
        """Jobs and their results as they end, told to who watches. An interrupt goes through when all are ended."""

        def tell(job: Job, progress: Progress) -> None:
            self.watch.rung_goes(_name(job), progress, self.budget.spent_usd(), self.budget.seconds_left())

        going = {job.digest: job for job in jobs}
        for job in jobs:
            self.watch.rung_begins(_name(job), job.limits.seconds)
        try:
            for job, result in self.engine.run_many(jobs, tell):
                del going[job.digest]
                yield job, _with_spent(result, job)
        except BaseException:  # money that was spent stays spent
            self.budget.other_usd += sum(read_spent(Path(job.folder)) for job in going.values())
            raise

    def _members(self, candidate: Candidate) -> tuple[tuple[str, str], ...]:
        """The trained rungs that a candidate is made of, as (name, folder of the training job)."""
        return tuple(
            (rung.name, str(self.store.folder / rung.folder))
            for rung in self.rungs
            if rung.outcome == "trained"
            and (rung.name in candidate.needs or ("*" in candidate.needs and _learns(rung)))
        )

    def _rung_of(self, candidate: Candidate, job: Job, result: Result) -> Rung:
        if result.outcome != "done":
            outcome = result.outcome if result.outcome in ("refused", "skipped") else "failed"
            rung = _rung(candidate, outcome, result.reason)
            return rung.model_copy(update={"bill": self.priced(result), "job": job.digest})
        folder = Path(job.folder) / ARTIFACT
        return Rung(
            name=candidate.name,
            family=candidate.family,
            outcome="trained",
            candidate=candidate,
            job=job.digest,
            folder=str(Path(job.folder).relative_to(self.store.folder)),
            bill=self._with_teacher(self.priced(result), result),
            cut_short=bool(result.values.get("cut_short")),
            artifact=Artifact.model_validate_json((folder / "artifact.json").read_bytes()),
            artifact_bytes=folder_bytes(folder),
            variants=result.variants,
            forecast=forecast_of(result),
        )

    def priced(self, result: Result) -> Bill:
        """The bill of a result with its money: seconds on the training machine at its price, and what it spent else."""
        machine_seconds = result.bill.seconds * result.bill.machines
        usd = machine_seconds * self.budget.usd_per_machine_second + (result.bill.usd or 0.0)
        return result.bill.model_copy(update={"usd": usd})

    def _with_teacher(self, bill: Bill, result: Result) -> Bill:
        """The bill of a model and of the one that taught it (`teacher` among its settings): it would not be without."""
        teacher = next((rung.bill for rung in self.rungs if rung.name == result.values.get("teacher")), None)
        if not teacher:
            return bill
        return bill.model_copy(update={
            "seconds": bill.seconds + teacher.seconds,
            "cpu_seconds": bill.cpu_seconds + teacher.cpu_seconds,
            "usd": (bill.usd or 0.0) + (teacher.usd or 0.0),
            "peak_bytes": max(bill.peak_bytes, teacher.peak_bytes),
        })  # fmt: skip

    def train_value(self, rung: Rung) -> float | None:
        """The metric on the rows that a rung was fitted on, as its training told it."""
        kept = self.store.read(Result, self.store.folder / rung.folder / "result.json")
        value = kept.values.get("train_value") if kept else None
        return float(value) if value is not None else None

    # --- other jobs on a trained rung

    def after(self, kind: JobKind, rung: Rung) -> Result:
        """Score the test rows with a trained rung, or measure it; kept work is not repeated."""
        assert rung.candidate is not None
        artifact = self.store.folder / rung.folder / ARTIFACT
        job = self._job(kind, rung.candidate, self._limits(kind, rung), artifact=str(artifact), made_by=rung.job)
        result = kept_result(job) or _with_spent(self.engine.run(job, lambda progress: None), job)
        self.budget.add_bill(result.bill)
        return result

    def _limits(self, kind: JobKind, rung: Rung) -> Limits:
        """For work on a trained rung; where its answers are paid one by one, with the money that is left."""
        seconds, found = MEASURE_LIMITS.seconds, rung.measurement
        if rung.candidate and rung.candidate.usd_per_request is not None:
            seconds = HOSTED_SECONDS
        if kind == "score" and found:
            seconds += SCORE_PATIENCE * self.dataset.rows["test"] / found.bulk_rows_per_second
        return MEASURE_LIMITS.model_copy(update={"seconds": seconds, "usd": self.budget.usd_left(seconds)})

    def _job(
        self,
        kind: JobKind,
        candidate: Candidate,
        limits: Limits,
        members: tuple[tuple[str, str], ...] = (),
        artifact: str = "",
        made_by: str = "",
    ) -> Job:
        """A job whose digest holds all that decides its result; limits only what time allows is left out."""
        model: Model = MODELS.get(candidate.family.partition("/")[0])
        profile = self.profile and model.gpu and kind == "train"
        processes = self.room.processes if model.distributed and kind == "train" else 1
        digest = digest_of(
            kind,
            candidate.model_dump_json(),
            self.dataset.digest,
            self.metric,
            code_version(),
            str(self.room.threads) if processes == 1 else f"{self.room.threads} threads, {processes} processes",
            made_by or repr(self.budget.seconds),
            *(Path(folder).name for _, folder in members),
            *(("profile",) if profile else ()),
        )
        return Job(
            kind=kind,
            digest=digest,
            folder=str(self.store.job_folder(digest)),
            limits=limits,
            threads=self.room.threads,
            seed=self.dataset.seed,
            candidate=candidate,
            dataset=self.dataset,
            metric=self.metric,
            data_folder=str(self.store.folder / self.dataset.folder),
            artifact=artifact,
            members=members,
            distributed=model.distributed,
            gpu=model.gpu,
            profile=profile,
            stays=candidate.usd_per_request is not None,  # its key and its network are here
            cache=str(self.store.folder / "cache"),
        )


def _name(job: Job) -> str:
    return job.candidate.name if job.candidate else ""


def _with_spent(result: Result, job: Job) -> Result:
    """A worker that was ended could not tell in its result what it had paid; its wallet did."""
    spent = read_spent(Path(job.folder))
    if not spent or result.bill.usd:
        return result
    bill = result.bill.model_copy(update={"usd": spent, "outside_usd": spent})
    return result.model_copy(update={"bill": bill})


def _learns(rung: Rung) -> bool:
    """Whether a rung looks at its rows at all; the baseline brings a blend nothing."""
    return rung.candidate is not None and rung.candidate.cost_rank > 0


def kept_result(job: Job) -> Result | None:
    """The result of the same work done before; failures and stops are tried again."""
    path = Path(job.folder) / "result.json"
    if not path.exists():
        return None
    result = Result.model_validate_json(path.read_bytes())
    return result if result.outcome in ("done", "refused") else None


def _rung(candidate: Candidate, outcome: str, reason: Message | MessageRecord | None) -> Rung:
    kept = MessageRecord.of(reason) if isinstance(reason, Message) else reason
    return Rung.model_validate(
        {"name": candidate.name, "family": candidate.family, "outcome": outcome, "reason": kept, "candidate": candidate}
    )
