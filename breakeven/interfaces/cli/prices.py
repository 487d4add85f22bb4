"""`breakeven prices`: what machines and hosted models cost; one job on every machine; lists of others brought in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

HELP = N_("What machines and hosted models cost, each with source and date.")

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
import_app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(import_app, name="import", help=N_("Bring in a local copy of a price list of others."))

Text = str | None
Gpu = Annotated[Text, typer.Option("--gpu", help=N_("Only what has this chip."))]
Provider = Annotated[Text, typer.Option("--provider", help=N_("Only what this seller offers."))]
Kind = Annotated[Text, typer.Option("--kind", help=N_("machines, hosted, cards, storage, stated or rates."))]
Currency = Annotated[Text, typer.Option("--currency", help=N_("Show money in CNY, EUR, …; its rate stands beside."))]
Quotes = Annotated[Path | None, typer.Option("--quotes", help=N_("A CSV file of quotes; they go before all prices."))]
GpuHours = Annotated[
    list[str] | None, typer.Option("--gpu-hours", help=N_("The job on a chip: H100=1000; repeatable."))
]
Params = Annotated[Text, typer.Option("--params", help=N_("The job is a training of this many parameters: 7B."))]
Model = Annotated[Text, typer.Option("--model", help=N_("The job is a training of this published model."))]
Tokens = Annotated[float | None, typer.Option("--tokens", help=N_("Tokens to train on."))]
On = Annotated[list[str] | None, typer.Option("--on", help=N_("Only on this chip, for a training; repeatable."))]
Gpus = Annotated[int | None, typer.Option("--gpus", min=1, help=N_("How many GPUs; else what the deadline needs."))]
Deadline = Annotated[float | None, typer.Option("--deadline-days", min=0.001, help=N_("Days it may take."))]
Terms = Annotated[str, typer.Option("--terms", help=N_("What the cheapest is marked by: on_demand, spot or reserved."))]
BuyUsd = Annotated[float | None, typer.Option("--buy-usd", min=0.01, help=N_("Price of one card, if bought."))]
Years = Annotated[float | None, typer.Option("--years", min=0.01, help=N_("Years of its depreciation."))]
Kwh = Annotated[float | None, typer.Option("--usd-per-kwh", min=0, help=N_("Price of electricity."))]
Utilisation = Annotated[
    float | None, typer.Option("--utilisation", min=0.001, max=1, help=N_("Share of the hours a bought GPU is used."))
]
File = Annotated[Path, typer.Argument(help=N_("The local copy."), metavar="FILE", show_default=False)]
Out = Annotated[Path | None, typer.Option("--out", help=N_("The file to make; else one in the project's folder."))]
Date = Annotated[str, typer.Option("--date", help=N_("The day of its prices; else that of the file."))]
Cloud = Annotated[str, typer.Option("--cloud", help=N_("Whose machines these are; else the folder's name."))]
Region = Annotated[str, typer.Option("--region", help=N_("Only this region; else the cheapest of each machine."))]


@app.callback(invoke_without_command=True, help=HELP)
def prices(
    context: typer.Context, gpu: Gpu = None, provider: Provider = None, kind: Kind = None, currency: Currency = None,
    quotes: Quotes = None, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None,
) -> None:
    if context.invoked_subcommand is None:
        _list(gpu, provider, kind, currency, quotes, project, as_json, language)


@app.command("list", help=N_("The price tables, your own prices first."))
def list_(
    gpu: Gpu = None, provider: Provider = None, kind: Kind = None, currency: Currency = None, quotes: Quotes = None,
    project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None,
) -> None:
    _list(gpu, provider, kind, currency, quotes, project, as_json, language)


def _list(
    gpu: Text, provider: Text, kind: Text, currency: Text, quotes: Path | None, project: Path, as_json: bool,
    language: Text,
) -> None:
    from breakeven.interfaces.price_json import list_json
    from breakeven.interfaces.price_verbs import only, price_list
    from breakeven.interfaces.terminal.prices import show_prices

    found = only(price_list(project, quotes, currency), gpu, provider, kind)
    print_json(list_json(found)) if as_json else show_prices(language, found)


@app.command("compare", help=N_("One job on every machine: the cheapest that meets the deadline; buy or rent."))
def compare(
    gpu_hours: GpuHours = None, params: Params = None, model: Model = None, tokens: Tokens = None, on: On = None,
    gpus: Gpus = None,
    deadline_days: Deadline = None, terms: Terms = "on_demand", buy_usd: BuyUsd = None, years: Years = None,
    usd_per_kwh: Kwh = None, utilisation: Utilisation = None, currency: Currency = None, quotes: Quotes = None,
    project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None,
) -> None:
    from breakeven.interfaces.price_json import comparison_json
    from breakeven.interfaces.price_verbs import compare_prices, shown_rate
    from breakeven.interfaces.terminal.compare import show_comparison

    owned = {"usd_per_gpu": buy_usd, "years": years, "usd_per_kwh": usd_per_kwh, "utilisation": utilisation}
    found = compare_prices(
        project, gpu_hours=gpu_hours or (), params=params, model=model, tokens=tokens, on=on or (), gpus=gpus,
        deadline_days=deadline_days, terms=terms, quotes=quotes,
        owned={key: value for key, value in owned.items() if value is not None},
    )
    rate = shown_rate(project, currency)
    print_json(comparison_json(found, rate)) if as_json else show_comparison(language, found, rate)


@import_app.command("litellm", help=N_("LiteLLM's model_prices_and_context_window.json: hosted models."))
def litellm(
    file: File, project: ProjectOption = HERE, out: Out = None, date: Date = "", as_json: AsJson = False,
    language: Language = None,
) -> None:
    _import("litellm", file, project, out, date, "", "", as_json, language)


@import_app.command("skypilot", help=N_("A vms.csv of SkyPilot's catalog: machines of a cloud."))
def skypilot(
    file: File, project: ProjectOption = HERE, out: Out = None, date: Date = "", cloud: Cloud = "",
    region: Region = "", as_json: AsJson = False, language: Language = None,
) -> None:
    _import("skypilot", file, project, out, date, cloud, region, as_json, language)


def _import(
    kind: str, file: Path, project: Path, out: Path | None, date: str, cloud: str, region: str, as_json: bool,
    language: Text,
) -> None:
    from breakeven.interfaces.price_verbs import import_prices
    from breakeven.interfaces.terminal.prices import show_import

    target, rows, left_out = import_prices(kind, file, project, out, date, cloud, region)
    if as_json:
        print_json({"file": str(target), "rows": rows, "left_out": [str(message) for message in left_out]})
    else:
        show_import(language, target, rows, left_out)
