"""Run records made by hand, so that the interfaces are tested without climbing a ladder: `support_run()` and kin."""

from __future__ import annotations

import math
import random
from typing import Any, Literal

from breakeven.core.figure import Figure, assumed, constant, measured, published, total
from breakeven.core.words import say
from breakeven.plan.ledger import LedgerWriter
from breakeven.records.artifact import Artifact
from breakeven.records.audit import Audit, Finding
from breakeven.records.candidate import Candidate
from breakeven.records.choice import Choice, Left
from breakeven.records.cost import Alternative, CandidateCost, UnitCost
from breakeven.records.dataset import Column, Dataset
from breakeven.records.evaluation import Bin, Comparison, Confusion, Evaluation, Mistake, Score, Slice
from breakeven.records.job import Bill
from breakeven.records.machine import Machine
from breakeven.records.measurement import Measurement
from breakeven.records.plan import LINES, Month, Plan
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord, MessageRecord
from breakeven.records.release import Release
from breakeven.records.run import Run, Rung
from breakeven.records.variant import Variant

TEAMS = ("account access", "billing", "bugs", "cancellation", "data export", "delivery", "integrations",
         "privacy", "refunds", "sales")
HOSTILE = "<script>alert('stolen')</script> \"quotes\" & [bold]brackets[/bold] \x1b[31mred"
MACHINE = Machine(name="here", cores=2, memory_bytes=24_000_000_000, processor="x86-64 server, 2 cores")

note = MessageRecord.of


def project(**changes: Any) -> Project:
    """A project of ten support teams, with a team of people, marketing and a hosted model beside it."""
    tables: dict[str, Any] = {
        "product": {"name": "support-desk", "task": "text-classification"},
        "data": {"train": "messages.csv", "input": "message", "answer": "team", "slices": ["channel"]},
        "target": {"metric": "macro_f1", "at_least": 0.85, "p95_latency_ms": 50},
        "demand": {"requests_per_month": 200_000, "growth_per_month": "5%..15%", "price_per_1k_requests": 4.0},
        "capital": {"cash_usd": 500_000, "round": [{"month": 9, "usd": 1_000_000}]},
        "team": [{"role": "ML engineer", "count": 2, "salary_usd_per_year": 90_000}],
        "marketing": [{"channel": "search ads", "usd_per_month": 3_000, "customers_per_1k_usd": 4}],
        "alternative": [{"model": "small-model", "base_url": "http://localhost:8000/v1"}],
    }
    return Project.model_validate(tables | changes)


def dataset(labels: tuple[str, ...] = TEAMS) -> Dataset:
    return Dataset(
        digest="0123456789abcdef", folder="data", task="text-classification",
        columns=(Column(name="message", kind="text"), Column(name="channel", kind="category", role="slice")),
        answer="team", labels=labels, rows={"train": 800, "validation": 200, "test": 200}, split="stratified",
        seed=7, bytes=180_000,
    )


def audit(level: Literal["blocking", "warning", "note"] = "warning") -> Audit:
    """Two findings, one of them of `level`; a blocking one leaves no dataset."""
    findings = (
        Finding(
            check="duplicates", level=level,
            what=note(say("{count} rows stand in more than one part of the data", count=12)),
            where=note(say("{place}", place="messages.csv")),
            hint=note(say("keep each row in one part only")), rows=(17, 230, 1544), count=12,
        ),
        Finding(
            check="balance", level="note", what=note(say("the class {label} has few rows", label=HOSTILE)),
            where=note(say("{place}", place="messages.csv:team")), hint=note(say("collect more of it")), column="team",
        ),
    )
    return Audit(findings=findings, dataset=None if level == "blocking" else dataset(), seconds=0.4)


def confusion(labels: tuple[str, ...], accuracy: float, rows: int, seed: int = 0) -> Confusion:
    """Counts in which most answers are right and the rest fall near the diagonal."""
    dice = random.Random(seed)
    counts = [[0] * len(labels) for _ in labels]
    for row in range(rows):
        true = row % len(labels)
        wrong = (true + dice.choice((1, 1, 2, len(labels) - 1))) % len(labels)
        counts[true][true if dice.random() < accuracy else wrong] += 1
    return Confusion(labels=labels, counts=tuple(tuple(row) for row in counts))


def evaluation(
    name: str, value: float, part: Literal["validation", "test"] = "validation", labels: tuple[str, ...] = TEAMS,
    metric: str = "macro_f1",
) -> Evaluation:
    half = 0.02
    return Evaluation(
        candidate=name, part=part, rows=200,
        scores=(
            Score(metric=metric, value=value, low=value - half, high=value + half),
            Score(metric="accuracy", value=value + 0.01, low=value - 0.01, high=value + 0.03),
            Score(metric="roc_auc", value=None),
        ),
        train_value=min(1.0, value + 0.08),
        gap=note(say("it fits its training rows clearly better: more rows would help")),
        confusion=confusion(labels, value, 200) if labels else None,
        slices=(
            Slice(column="channel", value="mail", rows=120, score=Score(metric=metric, value=value + 0.01)),
            Slice(column="channel", value="chat", rows=80,
                  score=Score(metric=metric, value=value - 0.06, low=value - 0.11, high=value - 0.01)),
        ),
        mistakes=(
            Mistake(row=31, shown="I was charged twice and now I cannot log in", truth="billing",
                    answer="account access", confidence=0.93),
            Mistake(row=77, shown=HOSTILE, truth="bugs", answer="refunds", confidence=0.71),
        ),
        reliability=tuple(Bin(confidence=c, right=c * 0.92, rows=int(300 * c**3)) for c in (0.3, 0.5, 0.7, 0.85, 0.97))
        if labels else (),
        comparisons=(Comparison(other="baseline", difference=-0.6, low=-0.65, high=-0.55, verdict="better"),)
        if name != "baseline" else (),
    )


def machine_price() -> Figure:
    return published(0.096, "usd/hour", "a machine with 2 cores", "price list of a cloud", "2026-11-20")


def cost(name: str, seconds: float, usd_per_month: float, usd_per_1k: float) -> CandidateCost:
    of = FigureRecord.of
    made = machine_price() * measured(seconds / 3600, "hour", "training time", "this machine")
    unit = UnitCost(
        candidate=name,
        fixed_usd_per_month=of(published(4.0, "usd/month", "storage", "price list of a cloud", "2026-11-20")),
        usd_per_request=of(measured(0.0, "usd/request", "traffic", "this machine")),
        machine_usd_per_month=of(published(70.08, "usd/machine/month", "machine", "price list", "2026-11-20")),
        requests_per_machine_month=of(measured(9.2e8, "request/machine/month", "capacity", "this machine")),
    )
    return CandidateCost(
        candidate=name, train_usd=of(made.named("training")), unit=unit, machines=1,
        usd_per_month=of(published(usd_per_month, "usd/month", "serving", "price list", "2026-11-20")),
        usd_per_1k=of(published(usd_per_1k, "usd/1k request", "an answer", "price list", "2026-11-20")),
        priced_as=note(say("priced as {item} of {provider}, the nearest offer", item="c-2", provider="a cloud")),
    )


def rung(
    name: str, value: float, seconds: float = 5.0, p95: float = 1.0, bytes_: int = 2_000_000,
    usd_per_month: float = 74.0, labels: tuple[str, ...] = TEAMS, metric: str = "macro_f1",
) -> Rung:
    """A trained rung with all that is known of one."""
    return Rung(
        name=name, family=f"{name}/1", outcome="trained",
        candidate=Candidate(name=name, family=f"{name}/1", cost_rank=1.0), job="ab" * 8, folder=f"jobs/{name}",
        bill=Bill(seconds=seconds, cpu_seconds=seconds * 1.8, peak_bytes=420_000_000, usd=seconds * 0.096 / 3600),
        artifact=Artifact(family=f"{name}/1", task="text-classification", input="text", output="label",
                          columns=(Column(name="message", kind="text"),), answer="team", labels=labels),
        artifact_bytes=bytes_, evaluation=evaluation(name, value, labels=labels, metric=metric),
        measurement=Measurement(
            candidate=name, machine=MACHINE, p50_ms=p95 * 0.6, p95_ms=p95, requests_per_second=900 / p95,
            bulk_rows_per_second=40_000 / p95, load_ms=120, peak_bytes=160_000_000, artifact_bytes=bytes_,
            rows_timed=500,
        ),
        cost=cost(name, seconds, usd_per_month, usd_per_month / 200),
    )


def with_forms(net: Rung) -> Rung:
    """The rung of a net that was measured plain and in eight bits, of which the latter is kept."""
    plain = Variant(name="plain", bytes=91_000_000, value=0.88, p50_ms=6.2, rows_per_second=240.0, kept=False,
                    why=note(say("{name} is as good and costs less", name="int8")))  # fmt: skip
    small = plain.model_copy(update={"name": "int8", "bytes": 23_000_000, "value": 0.879, "p50_ms": 2.1, "kept": True})
    return net.model_copy(update={"variants": (plain, small)})


def refused(name: str) -> Rung:
    return Rung(name=name, family=f"{name}/1", outcome="refused",
                reason=note(say("it needs at least {count} rows", count=5000)))


def failed(name: str) -> Rung:
    return Rung(name=name, family=f"{name}/1", outcome="failed", bill=Bill(seconds=61.0, peak_bytes=8_000_000_000),
                reason=note(say("it was stopped at its memory limit of {bytes}", bytes=8_000_000_000)))


def plan(months: int = 36, start: float = 500_000, growth: float = 0.1) -> Plan:
    """A plan made of figures: revenue grows, people and marketing cost the same each month, one round comes."""
    writer = LedgerWriter()
    requests = assumed(200_000, "request/month", "requests a month", "breakeven.toml: demand.requests_per_month")
    price = assumed(0.04, "usd/request", "price of a request", "breakeven.toml: demand.price_per_1k_requests")
    people = assumed(2 * 90_000 * 1.25 / 12, "usd/month", "ML engineer", "breakeven.toml: team",)
    ads = assumed(3_000, "usd/month", "search ads", "breakeven.toml: marketing", 2_000, 4_000)
    serving = machine_price() * measured(730, "hour/month", "hours a month")
    cash, cumulative, rows = start, 0.0, []
    for month in range(1, months + 1):
        asked = (requests * math.pow(1 + growth, month - 1)).named("requests")
        earned = (asked * price).named("revenue")
        raised = assumed(1_000_000 if month == 9 else 0, "usd/month", "round", "breakeven.toml: capital.round")
        trained = assumed(0.0, "usd/month", "training") if month > 1 else measured(0.02, "usd/month", "training")
        net = (earned - total((people, ads, serving, trained), "usd/month")).named("net")
        cash += net.value + raised.value
        cumulative += net.value
        figures = dict.fromkeys(LINES, constant(0.0, "usd")) | {
            "requests": asked, "revenue": earned, "received": earned, "serving": serving, "training": trained,
            "team": people, "marketing": ads, "rounds": raised, "net": net, "cash": measured(cash, "usd", "cash"),
            "cumulative": measured(cumulative, "usd", "cumulative"),
        }  # fmt: skip
        rows.append(Month(
            month=month, cells={line: writer.number(figure) for line, figure in figures.items()},
            values={line: figure.value for line, figure in figures.items()}, machines=1,
        ))
    nets = [row.values["net"] for row in rows]
    lowest = min(rows, key=lambda row: row.values["cash"])
    return Plan(
        months=tuple(rows), ledger=writer.ledger(),
        break_even_month=next((m for m in range(1, months + 1) if min(nets[m - 1:]) >= 0), None),
        paid_back_month=next((r.month for r in rows if r.values["cumulative"] >= 0), None), runway_months=None,
        lowest_cash_usd=lowest.values["cash"], lowest_cash_month=lowest.month, capital_need_usd=212_345.0,
        assumptions=tuple(FigureRecord.of(f) for f in (requests, price, people, ads, machine_price())),
        remarks=(note(say("growth is taken at the middle of its range, {share} a month", share=growth)),),
    )


def alternative() -> Alternative:
    return Alternative(
        name="small-model",
        usd_per_1k=FigureRecord.of(published(0.42, "usd/1k request", "an answer", "price list", "2026-11-20")),
        same_cost_at_requests_per_month=176_000.0, quality=0.88,
        why=note(say("above {count} requests a month the own model is cheaper", count=176_000)),
    )


def support_run(**changes: Any) -> Run:
    """A released run of four rungs, of which `linear` is shipped."""
    rungs = (
        rung("baseline", 0.1, seconds=0.2, p95=0.02, bytes_=2_000, usd_per_month=41.0),
        rung("linear", 0.87, seconds=4.2, p95=0.9),
        rung("boosted", 0.84, seconds=48.0, p95=2.9, bytes_=6_100_000, usd_per_month=93.0),
        rung("blend", 0.88, seconds=9.0, p95=4.1, bytes_=8_300_000, usd_per_month=148.0),
        refused("encoder"), failed("greedy"),
    )
    fields: dict[str, Any] = {
        "id": "20261122T071500Z", "created": "2026-11-22T07:15:00+00:00", "outcome": "released",
        "project": project(), "project_path": "support-desk/breakeven.toml", "audit": audit(), "rungs": rungs,
        "choice": Choice(
            name="linear", why=note(say("the cheapest that meets the targets")), met=True,
            left=(
                Left(name="baseline", why=note(say("{score} misses the target {target}", score=0.1, target=0.85))),
                Left(name="boosted", why=note(say("{score} misses the target {target}", score=0.84, target=0.85))),
                Left(name="blend", why=note(say("it costs {usd} a month more for no clear gain", usd=74.0))),
            ),
        ),
        "release": Release(
            number=1, candidate="linear", run="20261122T071500Z", path="releases/1", files=(("weights", "00" * 32),),
            test=evaluation("linear", 0.863, "test"), test_opened=1, created="2026-11-22T07:16:00+00:00",
        ),
        "alternatives": (alternative(),), "plan": plan(), "report": "runs/20261122T071500Z/report.html",
        "seconds": 71.5, "spent_usd": 0.0019,
    }
    return Run.model_validate(fields | changes)


def missed_run() -> Run:
    """No candidate meets the target: the nearest one is released all the same, with what is missing."""
    choice = Choice(
        name="linear", why=note(say("the nearest to the targets")), met=False,
        missing=(note(say("macro_f1 {value} is {gap} below the target {target}", value=0.87, gap=0.13, target=0.999)),),
        remedies=(note(say("about {count} more rows", count=4_000)),),
        left=(Left(name="blend", why=note(say("no better, and dearer"))),),
    )
    return support_run(outcome="target_missed", choice=choice)


def stopped_run() -> Run:
    """Stopped before anything could be chosen: no choice, no release, no plan."""
    return support_run(
        outcome="stopped", choice=None, release=None, plan=None, alternatives=(),
        rungs=(rung("baseline", 0.1), Rung(name="linear", family="linear/1", outcome="skipped",
                                           reason=note(say("the time was used up")))),
        stopped_by=note(say("stopped by hand")),
    )


def many_classes_run() -> Run:
    """77 classes with long names, one candidate, no plan."""
    labels = tuple(f"a rather long name of the intent number {n}" for n in range(77))
    one = rung("linear", 0.91, labels=labels)
    choice = Choice(name="linear", why=note(say("the only one that was trained")), met=True)
    release = support_run().release
    assert release is not None
    tested = release.model_copy(update={"test": evaluation("linear", 0.905, "test", labels)})
    return support_run(rungs=(one,), choice=choice, plan=None, alternatives=(), release=tested)


def number_run() -> Run:
    """A regression: an error metric, no classes, lower is better."""
    asked = project(product={"name": "rents", "task": "regression"}, target={"metric": "rmse", "at_most": 52_000})
    values = {"baseline": 98_000.0, "linear": 61_200.0, "boosted": 48_700.0}
    rungs = tuple(rung(name, 0.5, labels=(), metric="rmse").model_copy(update={"evaluation": _number(name, value)})
                  for name, value in values.items())
    choice = Choice(name="boosted", why=note(say("the cheapest that meets the targets")), met=True,
                    left=(Left(name="linear", why=note(say("misses the target"))),))
    release = support_run().release
    assert release is not None
    tested = release.model_copy(update={"candidate": "boosted", "test": _number("boosted", 49_100.0, "test")})
    return support_run(alternatives=(), project=asked, rungs=rungs, choice=choice, release=tested)


def _number(name: str, value: float, part: Literal["validation", "test"] = "validation") -> Evaluation:
    return Evaluation(
        candidate=name, part=part, rows=200,
        scores=(Score(metric="rmse", value=value, low=value * 0.95, high=value * 1.06),
                Score(metric="r2", value=0.71, low=0.66, high=0.75)),
        mistakes=(Mistake(row=5, shown="area=320; rooms=9", truth="940,000", answer="410,000"),),
    )
