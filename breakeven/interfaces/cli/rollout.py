"""`breakeven rollout`: a release on trial beside the one that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from breakeven.core.words import N_, say
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

if TYPE_CHECKING:
    from breakeven.records.rollout import TestedMetric

app = typer.Typer(no_args_is_help=True, add_completion=False)
Number = Annotated[int, typer.Argument(help=N_("The number of a release."), metavar="NUMBER", show_default=False)]
Percent = Annotated[float, typer.Option("--percent", min=0.01, max=100, help=N_("The share of users that meets it."))]
Shadow = Annotated[bool, typer.Option("--shadow", help=N_("Ask it too, but answer nobody with it."))]
Worse = Annotated[float, typer.Option("--worse-points", min=0, help=N_("How many points worse it may surely be."))]


AB = Annotated[bool, typer.Option("--ab", help=N_("An A/B test: half of the users, and an end."))]
Metric = Annotated[str, typer.Option("--metric", help=N_("Test this alone: accuracy, conversion, click or reward."))]
Gain = Annotated[float, typer.Option("--gain-points", min=0.01, help=N_("The gain that is hoped for, in points."))]
Decide = Annotated[bool, typer.Option("--decide", help=N_("Promote it, or take it back, when the test is over."))]
Dearer = Annotated[float, typer.Option("--dearer-times", min=1.01,
                                       help=N_("How many times as dear an answer may be."))]  # fmt: skip
Base = Annotated[float | None, typer.Option("--base", help=N_("The metric of the present release; else as seen."))]
Deviation = Annotated[float | None, typer.Option("--deviation", min=1e-9, help=N_("Of a reward; else as seen."))]
ADay = Annotated[float | None, typer.Option("--rows-per-day", min=0.001,
                                            help=N_("Rows a day with the metric; else as seen."))]  # fmt: skip
Power = Annotated[float, typer.Option("--power", min=0.5, max=0.999, help=N_("The chance to find such a gain."))]
RewardGain = Annotated[float | None, typer.Option("--gain", min=1e-12,
                                                  help=N_("The gain in the reward's own unit."))]  # fmt: skip
HALF = 50.0


@app.command("start", help=N_("Put a release on trial; a server takes it back by itself when it is worse."))
def start(number: Number, percent: Percent | None = None, shadow: Shadow = False, ab: AB = False,
          metric: Metric = "", gain_points: Gain | None = None, decide: Decide = False, worse_points: Worse = 0.0,
          dearer_times: Dearer = 2.0, project: ProjectOption = HERE, as_json: AsJson = False,
          language: Language = None) -> None:  # fmt: skip
    from breakeven.interfaces import live

    mode = "shadow" if shadow else "ab" if ab else "canary"
    share = percent or (HALF if ab else 10.0)
    settings = {"metric": _metric(metric) if metric else None, "gain_points": gain_points, "decides": decide,
                "worse_points": worse_points, "dearer_times": dearer_times}  # fmt: skip
    _tell(live.start_rollout(project, number, mode, share, **settings), as_json, language)


@app.command("plan", help=N_("How many rows and days it takes to find a gain."))
def plan(gain_points: Gain = 2.0, metric: Metric = "accuracy", gain: RewardGain = None, percent: Percent = HALF,
         base: Base = None, deviation: Deviation = None, rows_per_day: ADay = None, power: Power = 0.8,
         project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:  # fmt: skip
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.rollout import show_plan
    from breakeven.monitoring.rollout_plan import Asked

    found = live.plan_rollout(project, Asked(
        gain or gain_points / 100, _metric(metric), min(percent, 99.99), base, deviation, rows_per_day, power))
    print_json(found.model_dump(mode="json")) if as_json else show_plan(language, found)


@app.command("status", help=N_("What both did so far; the interval may be looked at any time."))
def status(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.rollout_status(project), as_json, language)


@app.command("stop", help=N_("Take it back."))
def stop(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    verdict = live.rollout_status(project)
    live.stop_rollout(project)
    _tell(verdict, as_json, language)


@app.command("finish", help=N_("Make it the release that answers."))
def finish(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    verdict = live.rollout_status(project)
    live.finish_rollout(project)
    _tell(verdict, as_json, language)


def _metric(name: str) -> TestedMetric:
    """Raises UsageError for a metric that nothing tests."""
    from typing import get_args

    from breakeven.core.errors import UsageError
    from breakeven.records.rollout import TestedMetric

    if name not in get_args(TestedMetric):
        raise UsageError(say("there is no metric {name} to test", name=name), "--metric",
                         say("known: {names}", names=get_args(TestedMetric)))  # fmt: skip
    return name  # type: ignore[return-value]


def _tell(verdict, as_json: bool, language: str | None) -> None:  # type: ignore[no-untyped-def]
    from breakeven.interfaces.terminal.rollout import show_verdict

    if as_json:
        print_json(verdict.model_dump(mode="json"))
    else:
        show_verdict(language, verdict)


HELP = N_("Try a release on a share of the users: plan, start, status, stop, finish.")
