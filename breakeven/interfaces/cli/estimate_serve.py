"""`breakeven estimate serve`: speed, latency, memory and cost of answering with a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import AsJson, Language, print_json

Text = str | None
Model = Annotated[Text, typer.Option("--model", help=N_("A published model whose shape is taken."))]
Params = Annotated[Text, typer.Option("--params", help=N_("Parameters, such as 7B or 175e9."))]
Active = Annotated[Text, typer.Option("--active", help=N_("Parameters that a token passes, in a mixture of experts."))]
Config = Annotated[Path | None, typer.Option("--config", help=N_("A config.json whose shape is taken."))]
Gpu = Annotated[Text, typer.Option("--gpu", help=N_("The chip, such as H100 or A100-80GB."))]
Gpus = Annotated[int, typer.Option("--gpus", min=1, help=N_("How many of them a machine has."))]
Parallel = Annotated[int | None, typer.Option("--tensor-parallel", min=1, help=N_("Devices that share a copy."))]
Framework = Annotated[str, typer.Option("--framework", help=N_("What serves it, such as vLLM or llama.cpp."))]
WeightBits = Annotated[float | None, typer.Option("--weight-bits", help=N_("Bits of a weight."))]
KvBits = Annotated[float | None, typer.Option("--kv-bits", help=N_("Bits of a number in the KV cache."))]
Input = Annotated[float | None, typer.Option("--input", min=0, help=N_("Tokens of a prompt."))]
Output = Annotated[float | None, typer.Option("--output", min=1, help=N_("Tokens of an answer."))]
Batch = Annotated[float | None, typer.Option("--batch", min=1, help=N_("Sequences at once; else as many as fit."))]
Load = Annotated[float | None, typer.Option("--requests-per-second", min=0, help=N_("The load to be served."))]
Tpot = Annotated[float | None, typer.Option("--tpot-ms", min=0, help=N_("Longest time between two tokens, in ms."))]
UsdPerHour = Annotated[float | None, typer.Option("--usd-per-hour", min=0, help=N_("What one device costs an hour."))]
From = Annotated[Path | None, typer.Option("--from", help=N_("A CSV file with one service a row."))]


def command(
    model: Model = None,
    params: Params = None,
    active: Active = None,
    config: Config = None,
    gpu: Gpu = None,
    gpus: Gpus = 1,
    tensor_parallel: Parallel = None,
    framework: Framework = "",
    weight_bits: WeightBits = None,
    kv_bits: KvBits = None,
    input_tokens: Input = None,
    output_tokens: Output = None,
    batch: Batch = None,
    requests_per_second: Load = None,
    tpot_ms: Tpot = None,
    usd_per_hour: UsdPerHour = None,
    source: From = None,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.estimate.serving import estimate_serving
    from breakeven.estimate.serving_rows import row_answers
    from breakeven.estimate.serving_words import Asked, spec_of_words
    from breakeven.estimate.training_rows import rows_of
    from breakeven.interfaces.serving_json import serving_json
    from breakeven.interfaces.terminal.serving import show_serving, show_servings

    if source is not None:
        found = {"rows": row_answers(rows_of(source))}
        print_json(found) if as_json else show_servings(found, language)
        return
    spec, price = spec_of_words(Asked(
        model=model, params=params, active=active, config=config, gpu=gpu, gpus=gpus, tensor_parallel=tensor_parallel,
        framework=framework, weight_bits=weight_bits, kv_bits=kv_bits, input_tokens=input_tokens,
        output_tokens=output_tokens, batch=batch, requests_per_second=requests_per_second, tpot_ms=tpot_ms,
        usd_per_hour=usd_per_hour))  # fmt: skip
    answer = estimate_serving(spec)
    print_json(serving_json(spec, answer, price)) if as_json else show_serving(spec, answer, price, language)


HELP = N_("Tokens per second, latency, memory and cost of answering, each with its 80% interval.")
