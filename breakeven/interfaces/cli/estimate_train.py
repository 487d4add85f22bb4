"""`breakeven estimate train`: hours, days, memory, layout and money of a training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import AsJson, Language, print_json

if TYPE_CHECKING:
    from breakeven.estimate.training_spec import TrainingSpec

Text = str | None
Params = Annotated[Text, typer.Option("--params", help=N_("Parameters, such as 7B or 175e9."))]
Active = Annotated[Text, typer.Option("--active", help=N_("Parameters that a token passes, in a mixture of experts."))]
Model = Annotated[Text, typer.Option("--model", help=N_("A published model whose shape is taken."))]
Config = Annotated[Path | None, typer.Option("--config", help=N_("A config.json whose shape is taken."))]
Tokens = Annotated[float | None, typer.Option("--tokens", help=N_("Tokens to train on."))]
Gpu = Annotated[Text, typer.Option("--gpu", help=N_("The chip, such as H100 or A100-80GB."))]
Gpus = Annotated[int | None, typer.Option("--gpus", min=1, help=N_("How many of them."))]
Sequence = Annotated[float | None, typer.Option("--sequence", min=1, help=N_("Tokens in a row."))]
Precision = Annotated[str, typer.Option("--precision", help=N_("bf16, fp16, fp8, mxfp8, nvfp4 or fp32."))]
Layout = Annotated[Text, typer.Option("--layout", help=N_("The division: tp=8,pp=16,zero=1,recompute=full,micro=1."))]
Batch = Annotated[float | None, typer.Option("--batch", min=1, help=N_("Rows in a batch, over all devices."))]
UsdPerHour = Annotated[float | None, typer.Option("--usd-per-hour", min=0, help=N_("What one device costs an hour."))]
Deadline = Annotated[float | None, typer.Option("--deadline-days", min=0, help=N_("Days it may take."))]
Measured = Annotated[Text, typer.Option("--measured", help=N_("A short run of your own: tokens_per_second=12000."))]
Year = Annotated[float | None, typer.Option("--year", help=N_("The year whose software is used; else today's."))]
From = Annotated[Path | None, typer.Option("--from", help=N_("A CSV file with one training a row."))]


def command(
    params: Params = None,
    active: Active = None,
    model: Model = None,
    config: Config = None,
    tokens: Tokens = None,
    gpu: Gpu = None,
    gpus: Gpus = None,
    sequence: Sequence = None,
    precision: Precision = "bf16",
    layout: Layout = None,
    batch: Batch = None,
    usd_per_hour: UsdPerHour = None,
    deadline_days: Deadline = None,
    measured: Measured = None,
    year: Year = None,
    source: From = None,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.interfaces.terminal.training import show_training, show_trainings
    from breakeven.interfaces.training_json import rows_json, training_json

    if source is not None:
        found = rows_json(source)
        print_json(found) if as_json else show_trainings(found, language)
        return
    from breakeven.estimate.training_words import answer, spec_of_words

    spec: TrainingSpec = spec_of_words(
        params=params, active=active, model=model, config=config, tokens=tokens, gpu=gpu, gpus=gpus,
        sequence=sequence, precision=precision, layout=layout, batch=batch, usd_per_hour=usd_per_hour,
        measured=measured, year=year)  # fmt: skip
    estimate = answer(spec, deadline_days)
    print_json(training_json(estimate)) if as_json else show_training(spec, estimate, language)


HELP = N_("Hours, days, memory, layout and money of a training, each with its 80% interval.")
