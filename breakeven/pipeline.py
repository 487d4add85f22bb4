"""The roads: check, run, predict. Each stage is a line, in order; the pipeline calls and never computes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from breakeven.core.errors import BreakevenError, DataError, ProjectError, UsageError
from breakeven.core.words import Message, say
from breakeven.engines import ENGINES
from breakeven.engines.engine import Engine, Room
from breakeven.inputs.parts import read_part
from breakeven.models.artifact import ARTIFACT
from breakeven.monitoring.feedback import Learned, learn_from_feedback
from breakeven.outputs import OUTPUTS
from breakeven.outputs.output import Metric
from breakeven.plan.make_plan import make_plan
from breakeven.plan.spread import with_spread
from breakeven.planning import check_plan, plan
from breakeven.prices.here import usable_cores
from breakeven.project import needs_data, project_file, read_project
from breakeven.records.audit import Audit
from breakeven.records.choice import Choice
from breakeven.records.dataset import Dataset
from breakeven.records.gate import Gate
from breakeven.records.job import Job, Limits, Result
from breakeven.records.means import Means
from breakeven.records.project import Compute, Project
from breakeven.records.record import MessageRecord, digest_of
from breakeven.records.run import Run, Rung
from breakeven.stages.admission import TOLERANCE, ask_gate, check_same_answers
from breakeven.stages.alternatives import alternatives
from breakeven.stages.audit import audit as audit_stage
from breakeven.stages.budget import Budget
from breakeven.stages.card import Known, make_card
from breakeven.stages.choose import bound, choose, meets_latency, meets_quality
from breakeven.stages.engine_prices import EnginePrice, engine_prices
from breakeven.stages.judge import Judge
from breakeven.stages.place import check_compute, engine_name
from breakeven.stages.price import train_price, train_usd, unit_figures
from breakeven.stages.profiles import keep_profiles
from breakeven.stages.propose import propose
from breakeven.stages.prospects import with_prospects
from breakeven.stages.release import Origin, count_opening, release
from breakeven.stages.releases import current_number, verified
from breakeven.stages.roadmap import check_road, with_road
from breakeven.stages.trust import check_signing, is_trusted
from breakeven.stages.watch import Watcher
from breakeven.stages.work import Climb
from breakeven.store import Store
from breakeven.tasks import task_named

__all__ = ["Options", "Outcome", "check", "plan", "predict", "run", "target_metric"]
Outcome = Literal["released", "target_missed", "stopped", "gate_closed"]


@dataclass(frozen=True)
class Options:
    """What a command may change for one run."""

    only: tuple[str, ...] = ()
    budget_seconds: float | None = None
    profile: bool = False
    """Nets leave traces of their training."""
    from_feedback: bool = False
    """Logged truth joins the training rows; a gate stands before the release, which answers nobody by itself."""
    tolerance: float = TOLERANCE
    """How much worse, in the target's metric, what learned from feedback may be on the test rows."""
    speak: Callable[[Message], str] = str
    """Puts what is written into a release for people into the language of the run."""


def check(path: Path, watch: Watcher | None = None) -> Audit:
    """Read the project and look at its data. Raises ProjectError or DataError for what cannot be read."""
    file = project_file(path)
    project = needs_data(read_project(file), file)
    target_metric(project, file)
    check_compute(project)
    check_road(project, file)
    store = Store(file)
    with store.locked():
        return audit_stage(project, file.parent, store)


def training_prices(path: Path, audit: Audit) -> tuple[EnginePrice, ...]:
    """The ladder of a project's data priced on each engine: the seconds that its rungs expect, at most the budget's.

    Nothing where the data gives no ladder.
    """
    file = project_file(path)
    project, dataset = read_project(file), audit.dataset
    if dataset is None or audit.blocked:
        return ()
    means = Means.of(project, str(file.parent))
    candidates, _ = propose(dataset, task_named(dataset.task), means, project.models.only)
    expected = sum(candidate.seconds_hint for candidate in candidates)
    return engine_prices(project, min(expected, project.budget.seconds))


def run(path: Path, options: Options | None = None, watch: Watcher | None = None) -> Run:
    """The whole road: audit, ladder, choice, release, plan. Raises DataError when the data blocks it.

    An interrupt or a spent budget ends the climb; what was trained is judged, chosen and released all the same.
    """
    options, watch = options or Options(), watch or Watcher()
    started = time.monotonic()
    file = project_file(path)
    project = needs_data(read_project(file), file)
    metric = target_metric(project, file)
    check_compute(project)
    check_plan(project)
    check_road(project, file)
    store = Store(file)
    check_signing(store)
    with store.locked(), _engine(project.compute) as (engine, room):
        watch.stage(say("looking at the data"))
        audit = audit_stage(project, file.parent, store)
        learned = _learned(store, _dataset(audit)) if options.from_feedback else None
        audit = audit.model_copy(update={"dataset": learned.dataset}) if learned else audit
        dataset = _dataset(audit)
        task, usd_per_second = task_named(dataset.task), train_price(project).to("usd/second")
        means = Means.of(project, str(file.parent))
        candidates, refusals = propose(dataset, task, means, options.only or project.models.only)
        refusals = with_prospects(refusals, dataset, task, usd_per_second)
        budget = Budget.of(project.budget, usd_per_second, room, options.budget_seconds)
        asked = project.demand.requests_per_month.value
        climb = Climb(store, engine, dataset, metric.name, budget, room, watch, profile=options.profile,
                      requests_per_month=asked)  # fmt: skip
        judge = Judge(project, climb, metric)
        watch.stage(say("climbing the ladder"))
        stopped = climb.climb(candidates, refusals, judge.judge, lambda rung: _enough(rung, project, metric))
        watch.stage(say("choosing, and scoring the choice on the test rows"))
        rungs = judge.compare(tuple(climb.rungs))
        choice = choose(rungs, project.target, metric)
        chosen = next((rung for rung in rungs if choice and rung.name == choice.name), None)
        gate = _gate(judge, chosen, learned, options.tolerance) if learned and chosen else None
        is_open = gate is None or gate.passed
        ending = _ending(store, judge, rungs, chosen if is_open else None, store.new_run_id(), (audit, options.speak),
                         answers=gate is None)  # fmt: skip
        made = Run(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            outcome=_outcome(choice, rungs, stopped) if is_open else "gate_closed",
            gate=gate,
            project=project,
            project_path=str(file),
            audit=audit,
            rungs=rungs,
            choice=choice,
            stopped_by=MessageRecord.of(stopped) if stopped else None,
            seconds=time.monotonic() - started,
            spent_usd=budget.spent_usd(),
            profiles=keep_profiles(store, rungs, ending["id"]) if options.profile else (),
            **ending,
        )
        made = with_road(made, file, datetime.now(UTC).date())
        if is_open:  # behind a closed gate nothing has changed
            store.write(made, store.run_folder(made.id) / "run.json")
        if gate is None:
            _tell_waiting(store, made, watch)
    return made


def _learned(store: Store, base: Dataset) -> Learned:
    """The rows with the truth of the log. Raises UsageError where there is no release to hold them against."""
    beside = store.current_release()
    if beside is None:
        raise UsageError(say("there is no release yet"), str(store.folder), say('make one with "breakeven run"'))
    check_same_answers(store, beside, base)
    return learn_from_feedback(store, base, beside)


def _gate(judge: Judge, chosen: Rung, learned: Learned, tolerance: float) -> Gate:
    """The chosen rung beside the release that answers; the test rows count as opened whatever comes of it."""
    climb = judge.climb
    beside = climb.store.current_release()
    assert beside is not None
    climb.watch.stage(say("holding it against release {number}", number=beside.number))
    count_opening(climb.store, climb.dataset.test_of, chosen.job)
    return ask_gate(climb.store, climb.engine, climb.room.threads, chosen, beside, judge.metric, climb.dataset,
                    learned.recent, learned.taken, tolerance)  # fmt: skip


def _tell_waiting(store: Store, made: Run, watch: Watcher) -> None:
    """Tell of a release that somebody else must sign before it may answer."""
    if made.release and not is_trusted(store, made.release.number):
        watch.stage(say('release {number} answers once it is signed with a trusted key: "breakeven releases sign", '
                        'then "promote"', number=made.release.number))  # fmt: skip


def predict(path: Path, source: Path, target: Path, watch: Watcher | None = None) -> int:
    """Answer a file of rows with the current release; returns how many rows were written.

    Raises UsageError when nothing is released, DataError for a file that cannot be read.
    """
    store = Store(project_file(path))
    number = current_number(store)
    if number is None:
        raise UsageError(say("there is no release yet"), str(store.folder), say('make one with "breakeven run"'))
    verified(store, number)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(
            kind="predict",
            digest=digest_of(str(source.resolve()), str(target.resolve())),
            folder=folder,
            limits=Limits(seconds=float("1e9"), bytes=1 << 60, usd=_usd_to_answer(path)),
            cache=str(store.folder / "cache"),
            threads=usable_cores(),
            artifact=str(store.release_folder(number) / ARTIFACT),
            source=str(source.resolve()),
            target=str(target.resolve()),
        )
        progress = (watch or Watcher()).predicted
        result = ENGINES.get("local").run(job, lambda step: progress(int(step.score or 0)))
        _raise_its_error(Path(folder), result)
    return int(result.values["rows"] or 0)


def _usd_to_answer(path: Path) -> float:
    """What the answers to a file may cost where a hosted model gives them: the budget of the project."""
    try:
        return read_project(path).budget.usd
    except ProjectError:
        return 0.0  # a release answers without its project file; one that costs money does not


@contextmanager
def _engine(compute: Compute) -> Iterator[tuple[Engine, Room]]:
    """The engine that a project trains on, getting ready while the data is looked at, and its room."""
    engine: Engine = ENGINES.get(engine_name(compute))
    try:
        yield engine, engine.prepare(usable_cores(), compute)
    finally:
        engine.close()


# --- what the roads share ------------------------------------------------------------------------------------


def target_metric(project: Project, file: Path) -> Metric:
    """The metric that the project aims at, its task's own by default. Raises ProjectError for an unknown one."""
    task = task_named(project.product.task)
    metrics = OUTPUTS.get(task.output).metrics()
    name = project.target.metric or task.metric
    if name not in metrics:
        raise ProjectError(
            say("{task} has no metric {metric}", task=task.name, metric=name),
            f"{file} target.metric",
            say("it has: {names}", names=sorted(metrics)),
        )
    metric = metrics[name]
    if not metric.aim:
        raise ProjectError(
            say("{metric} is told of the released model alone: it cannot be a target", metric=name),
            f"{file} target.metric",
            say("take one of: {names}", names=sorted(each.name for each in metrics.values() if each.aim)),
        )
    wrong = "at_most" if metric.higher else "at_least"
    if getattr(project.target, wrong) is not None:
        right = "at_least" if metric.higher else "at_most"
        raise ProjectError(
            say("{metric} takes {right}, not {wrong}", metric=name, right=right, wrong=wrong),
            f"{file} target.{wrong}",
            say("more is better for {metric}", metric=name) if metric.higher else say("less is better for {metric}",
                                                                                       metric=name),
        )
    return metric


def _dataset(audit: Audit) -> Dataset:
    """The dataset of an audit that lets the run go on. Raises DataError with all blocking findings."""
    if audit.dataset is not None and not audit.blocked:
        return audit.dataset
    faults = tuple(
        DataError(finding.what.message(), finding.where.message(), finding.hint.message())
        for finding in audit.findings
        if finding.level == "blocking"
    )
    raise DataError(faults[0].what, faults[0].where, faults[0].hint, faults)


def _enough(rung: Rung, project: Project, metric: Metric) -> Message | None:
    """Why no dearer rung can be chosen after this one."""
    if bound(project.target) is None:
        return None
    if meets_quality(rung, project.target, metric) and meets_latency(rung, project.target):
        return say("{name} meets the target already: a dearer candidate would not be chosen", name=rung.name)
    return None


def _ending(store: Store, judge: Judge, rungs: tuple[Rung, ...], chosen: Rung | None, run: str,
            told: tuple[Audit, Callable[[Message], str]], answers: bool = True) -> dict[str, Any]:  # fmt: skip
    """What follows from a choice: the test score, the release, the alternatives and the plan."""
    if chosen is None or chosen.measurement is None or chosen.bill is None:
        return {"id": run, "release": None}
    project, measurement = judge.project, chosen.measurement
    measured = (unit_figures(project, measurement), train_usd(project, chosen.bill))
    test = judge.test(chosen)
    opened = count_opening(store, judge.climb.dataset.test_of or judge.climb.dataset.digest, chosen.job)
    return {
        "id": run,
        "release": release(store, chosen, test, opened, replace(
            _origin(store, judge, chosen, run), speak=told[1],
            card=make_card(Known(project, store.file.parent, told[0], judge.climb.dataset, chosen, test, opened)),
        ), answers),
        "alternatives": alternatives(
            project, judge.climb.dataset, chosen, test.main.value, rungs, judge.metric.higher
        ),
        "plan": with_spread(make_plan(project, *measured), project, measured),
    }


def _origin(store: Store, judge: Judge, chosen: Rung, run: str) -> Origin:
    """Where a release comes from, with rows to take golden ones from where an answer costs nothing."""
    dataset = judge.climb.dataset
    assert chosen.measurement is not None
    free = chosen.measurement.usd_per_request is None
    rows = read_part(store.data_folder(dataset.digest), "validation", "train") if free else None
    names = [column.name for column in dataset.inputs]
    project = digest_of(judge.project.model_dump_json())
    return Origin(run, dataset.digest, project, rows.select(names) if rows else None)


def _outcome(choice: Choice | None, rungs: tuple[Rung, ...], stopped: Message | None) -> Outcome:
    if choice and choice.met and not stopped:
        return "released"
    cut_short = stopped or any(rung.outcome == "skipped" or rung.cut_short for rung in rungs)
    return "stopped" if cut_short or not choice else "target_missed"


def _raise_its_error(folder: Path, result: Result) -> None:
    """Raise on this side of the wall what stopped the worker on the other."""
    if result.outcome == "done":
        return
    kept = folder / "error.json"
    if kept.exists():
        told = json.loads(kept.read_bytes())
        what, where, hint = (MessageRecord.model_validate(line).message() for line in told["lines"])
        raise DataError(what, where, hint)
    reason = result.reason.message() if result.reason else say("the worker ended without a result")
    raise BreakevenError(reason, str(folder), say("this is our fault; please report it with the file and the command"))
