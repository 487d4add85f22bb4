"""A finished run: everything that `show`, the report and `run --json` tell of it."""

from __future__ import annotations

from typing import Literal

from breakeven.records.artifact import Artifact
from breakeven.records.audit import Audit
from breakeven.records.candidate import Candidate
from breakeven.records.choice import Choice
from breakeven.records.cost import Alternative, CandidateCost
from breakeven.records.evaluation import Evaluation
from breakeven.records.forecast import Forecast
from breakeven.records.gate import Gate
from breakeven.records.job import Bill
from breakeven.records.measurement import Measurement
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.record import MessageRecord, Record
from breakeven.records.release import Release
from breakeven.records.roadmap_state import RiskState, RoadmapState
from breakeven.records.variant import Variant


class Rung(Record):
    """A step of the ladder: the candidate and all that is known of it so far."""

    name: str
    family: str
    outcome: Literal["trained", "refused", "failed", "skipped"]
    reason: MessageRecord | None = None
    prospect: MessageRecord | None = None
    """Of a refused one: what it would need, cost and probably bring."""
    candidate: Candidate | None = None
    job: str = ""
    """The digest of its training job."""
    folder: str = ""
    """The folder of its training job, below the run folder; the artifact is `artifact` in it."""
    bill: Bill | None = None
    cut_short: bool = False
    """The time did not suffice for all that its family would have tried."""
    artifact: Artifact | None = None
    artifact_bytes: int | None = None
    variants: tuple[Variant, ...] = ()
    """The forms of the model that were measured (plain, eight bits, pruned …); the kept one is the artifact."""
    forecast: Forecast | None = None
    """Of a net: what its training was foreseen to take."""
    evaluation: Evaluation | None = None
    measurement: Measurement | None = None
    cost: CandidateCost | None = None


class Run(Record):
    """One climb of the road."""

    id: str
    created: str
    outcome: Literal["released", "target_missed", "stopped", "gate_closed"]
    """gate_closed: what learned from feedback is not better than the release that answers; nothing has changed."""
    project: Project
    project_path: str
    audit: Audit
    rungs: tuple[Rung, ...]
    choice: Choice | None
    release: Release | None
    alternatives: tuple[Alternative, ...] = ()
    plan: Plan | None = None
    roadmap: RoadmapState | None = None
    risks: tuple[RiskState, ...] = ()
    report: str = ""
    profiles: tuple[str, ...] = ()
    """Files with traces of the training of nets, where they were asked for."""
    seconds: float
    spent_usd: float
    stopped_by: MessageRecord | None = None
    gate: Gate | None = None
    """Of a run from feedback."""
