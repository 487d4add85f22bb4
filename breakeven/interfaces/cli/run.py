"""`breakeven run`: the whole road, from the data to a release."""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json

Only = Annotated[str, typer.Option("--only", metavar="FAMILY,…", help=N_("Let only these families take part."))]
Seconds = Annotated[
    float | None, typer.Option("--budget-seconds", min=1, help=N_("The most seconds to spend; before the project's."))
]
Profile = Annotated[
    bool, typer.Option("--profile", help=N_("Write traces of the training of nets for the PyTorch profiler's viewers."))
]
FromFeedback = Annotated[
    bool, typer.Option("--from-feedback", help=N_("Learn from logged truth, too; a gate stands before the release."))
]
Canary = Annotated[
    float | None, typer.Option("--canary", min=0.01, max=100, metavar="PERCENT",
                               help=N_("With --from-feedback: put the release on trial with this share of the users.")),
]
Tolerance = Annotated[
    float | None, typer.Option("--tolerance", min=0, help=N_("With --from-feedback: how much worse it may be on the "
                                                             "test rows, in the metric; 0.02 by default.")),
]  # fmt: skip
BREACHED = 3
"""Released, but a risk of the register has come true."""
EXIT_CODES = {"released": 0, "target_missed": 3, "stopped": 4, "gate_closed": 3}


def command(
    project: ProjectArgument = HERE,
    only: Only = "",
    budget_seconds: Seconds = None,
    profile: Profile = False,
    from_feedback: FromFeedback = False,
    canary: Canary = None,
    tolerance: Tolerance = None,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.interfaces import live, verbs
    from breakeven.interfaces.run_json import run_json
    from breakeven.interfaces.terminal.gate import print_gate
    from breakeven.interfaces.terminal.money import shown_money
    from breakeven.interfaces.terminal.roadmap import print_risks
    from breakeven.interfaces.terminal.screen import Screen

    screen = Screen.of(language)
    families = tuple(name.strip() for name in only.split(",") if name.strip())
    with screen.watching(quiet=as_json) as watcher:
        if from_feedback or canary is not None or tolerance is not None:
            run = live.learn(project, families, budget_seconds, language, watcher, canary, tolerance, from_feedback)
        else:
            run = verbs.run(project, families, budget_seconds, language, watcher, profile)
    if as_json:
        print_json(run_json(run))
    else:
        with shown_money(screen, run.project.money):
            if run.gate is None or run.gate.passed:
                screen.run(run)
            if run.gate:
                print_gate(screen, run, run.gate, canary)
            print_risks(screen, run.risks)
    raise typer.Exit(EXIT_CODES[run.outcome] or (BREACHED if any(risk.breached for risk in run.risks) else 0))


HELP = N_("Climb the ladder: check, train, evaluate, price, choose, release, plan and report.")
