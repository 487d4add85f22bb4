"""What a run says, in sentences: the answer first. Terminal and report tell the same."""

from __future__ import annotations

from breakeven.core.words import N_, Message, say
from breakeven.outputs import OUTPUTS
from breakeven.outputs.output import Metric
from breakeven.records.cost import Alternative
from breakeven.records.evaluation import Evaluation, Score
from breakeven.records.plan import Plan
from breakeven.records.record import FigureRecord
from breakeven.records.run import Run, Rung
from breakeven.tasks import task_named


def chosen(run: Run) -> Rung | None:
    """The rung that was chosen; None when there was nothing to choose from."""
    return next((rung for rung in run.rungs if run.choice and rung.name == run.choice.name), None)


def metric_named(run: Run, name: str) -> Metric | None:
    """The metric of that name of the run's output."""
    output = OUTPUTS.get(task_named(run.project.product.task).output)
    metrics: dict[str, Metric] = output.metrics()
    return metrics.get(name)


def metric_title(run: Run, name: str) -> Message:
    """What people call a metric: `macro F1`."""
    metric = metric_named(run, name)
    return metric.title if metric else say("{name}", name=name)


def main_metric(run: Run) -> str:
    """The name of the metric that the run is judged by."""
    scored = (rung.evaluation for rung in run.rungs if rung.evaluation)
    first = next(scored, None)
    return first.main.metric if first else run.project.target.metric or task_named(run.project.product.task).metric


def amount(figure: FigureRecord, unit: str) -> float:
    """The value of a figure counted in a unit, however it was kept."""
    return figure.figure().to(unit)


def headline(run: Run) -> Message:
    """What to do, in a few words."""
    name = run.choice.name if run.choice else ""
    if not name:
        return say("No candidate is ready to ship.")
    if run.outcome == "released":
        return say("Ship {name}.", name=name)
    if run.outcome == "target_missed":
        return say("No candidate meets the target; {name} comes nearest.", name=name)
    return say("The run was stopped; {name} is the best so far.", name=name)


def sentences(run: Run) -> tuple[Message, ...]:
    """What stands below the headline: quality, cost, build or buy, break-even; what is unknown is left out."""
    rung = chosen(run)
    found = [stopped(run), why(run), quality(run), cost(run, rung), training(rung), break_even(run.plan)]
    return tuple(sentence for sentence in found if sentence)


def stopped(run: Run) -> Message | None:
    """Why the run ended early, when it did."""
    return say("Stopped early: {reason}.", reason=run.stopped_by.message()) if run.stopped_by else None


def why(run: Run) -> Message | None:
    """Why this candidate; the headline says it where the target was missed."""
    return say("Why: {reason}.", reason=run.choice.why.message()) if run.choice and run.choice.met else None


def quality(run: Run) -> Message | None:
    """The score on the test rows, and beside it the target; on validation rows where no test was made."""
    rung = chosen(run)
    found = run.release.test if run.release else rung.evaluation if rung else None
    if found is None or found.main.value is None:
        return None
    values = {"metric": metric_title(run, found.main.metric), "score": found.main.value, "rows": found.rows}
    if found.part == "test":
        said = say("Quality: {metric} {score} on {rows} test rows that nothing was tuned on", **values)
    else:
        said = say("Quality: {metric} {score} on {rows} validation rows", **values)
    return say("{quality}{interval}{target}.", quality=said, interval=interval(found.main), target=target(run, found))


def interval(score: Score) -> Message:
    """The 95 % interval of a score in brackets, or nothing."""
    if score.low is None or score.high is None:
        return say("{nothing}", nothing="")
    return say(" (95% sure: {low_score} to {high_score})", low_score=score.low, high_score=score.high)


def target(run: Run, found: Evaluation) -> Message:
    """The bound that was asked for, or nothing."""
    wanted = run.project.target
    if wanted.at_least is not None:
        return say("; at least {target_score} was asked for", target_score=wanted.at_least)
    if wanted.at_most is not None:
        return say("; at most {target_score} was asked for", target_score=wanted.at_most)
    return say("{nothing}", nothing="")


def cost(run: Run, rung: Rung | None) -> Message | None:
    """What answering costs at the stated demand."""
    if rung is None or rung.cost is None:
        return None
    return say(
        "Cost: {month_usd} a month at {requests} requests a month, {answer_usd} per 1,000 answers.",
        month_usd=amount(rung.cost.usd_per_month, "usd/month"),
        requests=run.project.demand.requests_per_month.value,
        answer_usd=amount(rung.cost.usd_per_1k, "usd/1k request"),
    )


def training(rung: Rung | None) -> Message | None:
    """What making it took."""
    if rung is None or rung.bill is None or rung.cost is None:
        return None
    return say(
        "Training it took {seconds} and cost {train_usd}.",
        seconds=rung.bill.seconds, train_usd=amount(rung.cost.train_usd, "usd"),
    )


def break_even(plan: Plan | None) -> Message | None:
    """From which month on income covers cost, and how long the money lasts."""
    if plan is None:
        return None
    months = len(plan.months)
    if not any(month.values["revenue"] for month in plan.months):
        first = say("The plan earns nothing, so it cannot break even")
    elif plan.break_even_month is not None:
        first = say("The plan breaks even from month {month} on", month=plan.break_even_month)
    else:
        first = say("The plan does not break even within {months} months", months=months)
    return say("{break_even}; {cash}.", break_even=first, cash=runway(plan))


def runway(plan: Plan) -> Message:
    """How long the money lasts."""
    if plan.runway_months is not None:
        return say(
            "the cash lasts {months} months, {usd} are needed at the start to never run out",
            months=plan.runway_months, usd=plan.capital_need_usd,
        )
    return say(
        "the cash never runs out; it is lowest in month {month}, at {usd}",
        month=plan.lowest_cash_month, usd=plan.lowest_cash_usd,
    )


def bill(run: Run) -> Message:
    """What the run itself took."""
    return say("This run took {seconds} and cost {run_usd}.", seconds=run.seconds, run_usd=run.spent_usd)


def rung_state(rung: Rung, run: Run) -> Message:
    """What became of a rung, in a word or a reason."""
    if run.choice and rung.name == run.choice.name:
        return say("chosen")
    left = next((left.why for left in (run.choice.left if run.choice else ()) if left.name == rung.name), None)
    why_not = left or rung.reason
    if rung.outcome == "trained":
        return why_not.message() if why_not else say("trained")
    return say("{outcome}: {reason}", outcome=OUTCOMES[rung.outcome], reason=why_not.message() if why_not else "—")


OUTCOMES = {
    "trained": say("trained"), "refused": say("does not take part"), "failed": say("failed"), "skipped": say("skipped"),
}
SPLITS = (N_("stratified"), N_("random"), N_("group"), N_("time"), N_("given"))
LEVELS = {"blocking": say("blocking"), "warning": say("warning"), "note": say("note")}
PROVENANCES = {"assumed": say("assumed"), "published": say("published"), "measured": say("measured")}


def alternative(other: Alternative) -> Message:
    """A hosted model beside the chosen candidate."""
    if other.usd_per_1k is None:
        return say("{name}: not priced; {why}", name=other.name, why=other.why.message())
    return say(
        "{name}: {answer_usd} per 1,000 answers; {why}",
        name=other.name, answer_usd=amount(other.usd_per_1k, "usd/1k request"), why=other.why.message(),
    )
