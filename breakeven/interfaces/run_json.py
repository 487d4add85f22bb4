"""The record that `run --json` prints: technical, English, the same on every machine.

`RunJson.model_json_schema()` is its JSON schema, for those who read it with a program.
"""

from __future__ import annotations

from typing import Any, Literal

from breakeven.interfaces.answer import amount
from breakeven.interfaces.plan_json import PlanJson, plan_json
from breakeven.interfaces.roadmap_json import risks_json
from breakeven.records.audit import Audit, Finding
from breakeven.records.evaluation import Evaluation, Score
from breakeven.records.record import Record
from breakeven.records.run import Run, Rung
from breakeven.records.variant import Variant
from breakeven.stages.engine_prices import EnginePrice


class Train(Record):
    seconds: float
    peak_bytes: int
    usd: float | None


class Serve(Record):
    p50_ms: float
    p95_ms: float
    requests_per_second: float
    usd_per_1k: float | None
    peak_bytes: int
    """Of one process that answers."""
    measured: Literal["server", "loop"]
    """Where the figures were taken: in our own server, or without one."""


class Size(Record):
    bytes: int


class FormJson(Record):
    """A form of a net (plain, eight bits …) as it was measured."""

    name: str
    bytes: int
    value: float | None
    p50_ms: float
    rows_per_second: float
    kept: bool
    why: str


class CandidateJson(Record):
    """A rung. `forms` stand on nets only, `test` on the released candidate; else they are left out."""

    name: str
    family: str
    outcome: Literal["trained", "refused", "failed", "skipped"]
    reason: str | None
    validation: Score | None
    test: Score | None = None
    train: Train | None
    serve: Serve | None
    artifact: Size | None
    forms: tuple[FormJson, ...] = ()


class LeftJson(Record):
    name: str
    why: str


class ChoiceJson(Record):
    name: str
    why: str
    left: tuple[LeftJson, ...]


class ReleaseJson(Record):
    number: int
    path: str


class RunJson(Record):
    run: str
    outcome: Literal["released", "target_missed", "stopped", "gate_closed"]
    gate: dict[str, Any] | None = None
    """Of a run from feedback: both releases on the test rows and on recent rows."""
    candidates: tuple[CandidateJson, ...]
    choice: ChoiceJson | None
    release: ReleaseJson | None
    plan: PlanJson | None
    risks: tuple[dict[str, Any], ...] = ()
    report: str
    profiles: tuple[str, ...] = ()
    seconds: float


def run_json(run: Run) -> dict[str, Any]:
    """The record of a run, as JSON takes it."""
    choice, release = run.choice, run.release
    left = tuple(LeftJson(name=one.name, why=str(one.why)) for one in choice.left) if choice else ()
    further: dict[str, Any] = {"risks": tuple(risks_json(run.risks))} if run.risks else {}
    further |= {"gate": {**run.gate.model_dump(mode="json"), "passed": run.gate.passed}} if run.gate else {}
    further |= {"profiles": run.profiles} if run.profiles else {}
    record = RunJson(
        **further,
        run=run.id,
        outcome=run.outcome,
        candidates=tuple(_candidate(rung, run) for rung in run.rungs),
        choice=ChoiceJson(name=choice.name, why=str(choice.why), left=left) if choice else None,
        release=ReleaseJson(number=release.number, path=release.path) if release else None,
        plan=plan_json(run.plan) if run.plan else None,
        report=run.report,
        seconds=run.seconds,
    )
    return record.model_dump(mode="json", exclude_unset=True)


def _candidate(rung: Rung, run: Run) -> CandidateJson:
    further: dict[str, Any] = {}
    if run.release and run.release.candidate == rung.name:
        further["test"] = _score(run.release.test)
    if rung.variants:
        further["forms"] = tuple(_form(form) for form in rung.variants)
    return CandidateJson(
        name=rung.name,
        family=rung.family,
        outcome=rung.outcome,
        reason=str(rung.reason) if rung.reason else None,
        validation=_score(rung.evaluation),
        train=_train(rung),
        serve=_serve(rung),
        artifact=Size(bytes=rung.artifact_bytes) if rung.artifact_bytes is not None else None,
        **further,
    )


def _form(form: Variant) -> FormJson:
    return FormJson.model_validate(form.model_dump() | {"why": str(form.why)})


def _score(evaluation: Evaluation | None) -> Score | None:
    """The target's metric, every field written out."""
    main = evaluation.main if evaluation else None
    return Score(metric=main.metric, value=main.value, low=main.low, high=main.high) if main else None


def _train(rung: Rung) -> Train | None:
    if rung.bill is None:
        return None
    usd = amount(rung.cost.train_usd, "usd") if rung.cost else rung.bill.usd
    return Train(seconds=rung.bill.seconds, peak_bytes=rung.bill.peak_bytes, usd=usd)


def _serve(rung: Rung) -> Serve | None:
    found = rung.measurement
    if found is None:
        return None
    return Serve(
        p50_ms=found.p50_ms,
        p95_ms=found.p95_ms,
        requests_per_second=found.requests_per_second,
        usd_per_1k=amount(rung.cost.usd_per_1k, "usd/1k request") if rung.cost else None,
        peak_bytes=found.peak_bytes,
        measured="server" if found.served else "loop",
    )


def audit_json(audit: Audit, prices: tuple[EnginePrice, ...] = ()) -> dict[str, Any]:
    """The record that `check --json` prints; `engines` are what training would take and cost on each."""
    return {
        "blocked": audit.blocked,
        "findings": [_finding(finding) for finding in audit.findings],
        "dataset": audit.dataset.model_dump(mode="json") if audit.dataset else None,
        "seconds": audit.seconds,
        "engines": [
            {"engine": price.engine, "machine": price.machine, "seconds": price.time.to("second"),
             "usd": price.usd.to("usd")}
            for price in prices
        ],
    }  # fmt: skip


def _finding(finding: Finding) -> dict[str, Any]:
    record = finding.model_dump(mode="json")
    return record | {part: str(getattr(finding, part)) for part in ("what", "where", "hint")}
