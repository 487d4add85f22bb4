"""The options of `plan --shorthand`: a handful of numbers instead of a project file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from breakeven.core.words import N_

if TYPE_CHECKING:
    from breakeven.estimate.interval import Estimate
    from breakeven.plan.quick_costs import QuickCosts
    from breakeven.plan.shorthand import Checked

PANEL = N_("With --shorthand")


def _option(name: str, text: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(name, help=text, min=0, rich_help_panel=PANEL)
    return info


def _amount(text: str | float) -> float:
    """`175e9`, `7B`, `2T` as a number."""
    from breakeven.records.quantity import Quantity

    try:
        number = text if isinstance(text, int | float) else Quantity.model_validate(text).value
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number") from None
    if number < 0:
        raise typer.BadParameter(f"{text} is below zero")
    return float(number)


def _size(name: str, text: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(name, help=text, parser=_amount, metavar="7B", rich_help_panel=PANEL)
    return info


Shorthand = Annotated[
    bool, typer.Option("--shorthand", help=N_("Check the shorthand C = C_r + C_d + C_m + C_p; no project is needed."))
]
Params = Annotated[float, _size("--params", N_("Parameters, M."))]
Tokens = Annotated[float | None, _size("--tokens", N_("Training tokens; else 300 billion, or 20 a parameter."))]
GpusPerNode = Annotated[float, _option("--gpus-per-node", N_("GPUs of a node, S."))]
Nodes = Annotated[float, _option("--nodes", N_("Nodes, P."))]
Days = Annotated[float, _option("--days", N_("Days, t."))]
K = Annotated[float, _option("--k", N_("Experiments over the final training, k."))]
Kp = Annotated[float, _option("--k-p", N_("The shorthand's share for people, k_p."))]
Gpu = Annotated[str, typer.Option("--gpu", help=N_("The GPU, for the version in dollars."), rich_help_panel=PANEL)]
Price = Annotated[float | None, _option("--usd-per-gpu-hour", N_("Its price; else that of the price tables."))]
Mfu = Annotated[float, _option("--mfu", N_("Part of its peak that training reaches."))]
Goodput = Annotated[float, _option("--goodput", N_("Part of the paid time that moves the training forward."))]
People = Annotated[float, _option("--people", N_("People."))]
Salary = Annotated[float, _option("--salary", N_("What one costs a year, employer's costs included."))]
Months = Annotated[float, _option("--months", N_("Months that they work on it."))]
Customers = Annotated[float, _option("--customers", N_("Customers to win."))]
PerCustomer = Annotated[float, _option("--usd-per-customer", N_("What winning one costs."))]
GPT3_TOKENS = 300e9
TOKENS_PER_PARAMETER = 20
"""Where no tokens are told: about what compute-optimal training takes (Hoffmann et al., arXiv:2203.15556)."""
POSITIVE = ("params", "gpus_per_node", "nodes", "days", "mfu", "goodput", "tokens")


def show_shorthand(as_json: bool, language: str | None, classic: dict[str, float], quick: dict[str, object]) -> None:
    """Check, compute and print. Raises UsageError for a number that must not be zero."""
    from breakeven.core.errors import UsageError
    from breakeven.core.words import say
    from breakeven.interfaces.cli.options import print_json
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.interfaces.terminal.shorthand import print_shorthand, shorthand_json

    zero = next((name for name in POSITIVE if ({**classic, **quick}).get(name) == 0), None)
    if zero:
        raise UsageError(say("{name} must be more than 0", name=zero.replace("_", "-")), f"--{zero.replace('_', '-')}",
                         say("give a larger number"))
    found = checked(classic, quick)
    if as_json:
        print_json(shorthand_json(*found))
    else:
        print_shorthand(Screen.of(language), *found)


def checked(
    classic: dict[str, float], quick: dict[str, object]
) -> tuple[Checked, QuickCosts, QuickCosts, Estimate | None]:
    """The shorthand; the version that adds up, at the given k and at the largest one published; predicted GPU-hours."""
    from dataclasses import replace

    from breakeven.core.errors import UsageError
    from breakeven.core.words import say
    from breakeven.plan.quick_costs import K_LARGEST, QuickInputs, predicted_gpu_hours, quick_costs
    from breakeven.plan.shorthand import GPT3_PARAMS, Shorthand, check

    inputs = Shorthand(**classic)
    known = GPT3_TOKENS if inputs.params == GPT3_PARAMS else inputs.params * TOKENS_PER_PARAMETER
    asked = QuickInputs(
        params=inputs.params, gpus=inputs.nodes * inputs.gpus_per_node, k=inputs.k,
        **({"tokens": known} | {name: value for name, value in quick.items() if value is not None}),  # type: ignore[arg-type]
    )
    try:
        return (check(inputs), quick_costs(asked), quick_costs(replace(asked, k=K_LARGEST)),
                predicted_gpu_hours(asked))
    except LookupError:
        raise UsageError(say("no price of {name} is known", name=asked.chip), "--gpu",
                         say("give --usd-per-gpu-hour")) from None
