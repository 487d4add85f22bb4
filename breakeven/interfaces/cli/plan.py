"""`breakeven plan`: what the product needs, how long the money lasts and when it pays; no data is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli import shorthand as short
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json

Xlsx = Annotated[
    Path | None, typer.Option("--xlsx", metavar="FILE", help=N_("Write the plan as a spreadsheet with live formulas."))
]
TornadoAll = Annotated[
    bool, typer.Option("--tornado-all", help=N_("Move figures without a range too, each by a tenth."))
]
Open = Annotated[bool, typer.Option("--open", help=N_("Open the page of the plan in the browser."))]

Monthly = Annotated[bool, typer.Option("--monthly", help=N_("Show every month instead of years."))]


def command(
    project: ProjectArgument = HERE,
    monthly: Monthly = False,
    xlsx: Xlsx = None,
    tornado_all: TornadoAll = False,
    open_page: Open = False,
    shorthand: short.Shorthand = False,
    params: short.Params = 175e9,
    tokens: short.Tokens = None,
    gpus_per_node: short.GpusPerNode = 4,
    nodes: short.Nodes = 100,
    days: short.Days = 1,
    k: short.K = 0.5,
    k_p: short.Kp = 0.1,
    gpu: short.Gpu = "H100",
    usd_per_gpu_hour: short.Price = None,
    mfu: short.Mfu = 0.35,
    goodput: short.Goodput = 0.9,
    people: short.People = 20,
    salary: short.Salary = 350_000,
    months: short.Months = 9,
    customers: short.Customers = 3_000,
    usd_per_customer: short.PerCustomer = 300,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    if shorthand:
        return short.show_shorthand(
            as_json, language,
            {"params": params, "gpus_per_node": gpus_per_node, "nodes": nodes, "days": days, "k": k, "k_p": k_p},
            {"tokens": tokens, "chip": gpu, "usd_per_gpu_hour": usd_per_gpu_hour, "mfu": mfu, "goodput": goodput,
             "people": people, "salary_usd_per_year": salary, "months": months, "customers": customers,
             "usd_per_customer": usd_per_customer},
        )
    _plan(project, monthly, xlsx, tornado_all, open_page, as_json, language)


def _plan(project: Path, monthly: bool, xlsx: Path | None, tornado_all: bool, open_page: bool, as_json: bool,
          language: str | None) -> None:  # fmt: skip
    """Make the plan, show it and write what was asked for; leaves with 3 where a risk has come true."""
    from breakeven.interfaces import plan_verbs
    from breakeven.interfaces.plan_json import plan_json
    from breakeven.interfaces.price_verbs import money_of
    from breakeven.interfaces.roadmap_json import risks_json
    from breakeven.interfaces.terminal.money import print_stale, shown_money
    from breakeven.interfaces.terminal.plan import print_plan
    from breakeven.interfaces.terminal.plan_spread import print_files, print_spread
    from breakeven.interfaces.terminal.roadmap import print_risks
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.interfaces.words import language_of

    spoken = language_of(language)
    shown = plan_verbs.show_plan(project, spoken, tornado_all, page=open_page or not as_json)
    if xlsx is not None:
        plan_verbs.export_plan(project, shown.plan, xlsx, spoken)
    if as_json:
        page = {"page": str(shown.page) if shown.page else None}
        print_json(plan_json(shown.plan).model_dump(mode="json") | {"risks": risks_json(shown.risks)} | page)
    else:
        screen = Screen.of(language)
        with shown_money(screen, money_of(project)):
            print_plan(screen, shown.plan, monthly)
            print_spread(screen, shown.plan)
            print_risks(screen, shown.risks)
            print_stale(screen, shown.plan.assumptions)
        print_files(screen, shown.page, xlsx)
    if open_page and shown.page:
        typer.launch(str(shown.page))
    raise typer.Exit(3 if any(risk.breached for risk in shown.risks) else 0)


HELP = N_("Plan the capital: what is needed, how long it lasts, when it pays. Works without data.")
