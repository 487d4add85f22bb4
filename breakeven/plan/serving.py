"""Who answers in each month, and what it costs: phases of hosted models and of own, whole machines.

    api(m) = tokens of a request × price × (1 - falls a year)^((m - 1) ÷ 12) × requests
    own(m) = fixed + per request × requests + machines × price of a machine a month
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from breakeven.core.errors import ProjectError, UsageError
from breakeven.core.figure import Figure, constant, power, published
from breakeven.core.words import N_, say
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.customers import ALL
from breakeven.plan.months import MONTH, NO_USD, Series
from breakeven.plan.predicted import predicted_rate
from breakeven.plan.unit_figures import ONE_MACHINE, UnitFigures
from breakeven.prices.gpu_hours import gpu_hour_price
from breakeven.prices.here import this_machine
from breakeven.prices.hourly import HOURS_PER_MONTH, machine_price
from breakeven.prices.tables import hosted_named
from breakeven.records.machine import HostedModel
from breakeven.records.money import Serving
from breakeven.records.project import Alternative, Project
from breakeven.records.record import Record

Rates = Callable[[int], UnitFigures]
"""What answering costs in a month (from 1)."""
FREE = UnitFigures(constant(0.0, "usd/month"), constant(0.0, "usd/request"), None, None)
"""Of a plan that does not say who answers."""


def unit_figures_by_month(project: Project, measured: UnitFigures | None, months: int) -> tuple[UnitFigures, ...]:
    """The cost of answering in each month. `measured` is what a run found; it stands for every own phase.

    Raises ProjectError for a phase that cannot be priced.
    """
    phases = sorted(enumerate(project.serving, 1), key=lambda pair: pair[1].from_month)
    if not phases:
        return (measured or FREE,) * months
    rates = [(phase.from_month, rates_of(project, phase, f"serving[{number}]", measured)) for number, phase in phases]
    series = []
    for month in range(1, months + 1):
        begun = [rate for first, rate in rates if first <= month]
        series.append(begun[-1](month) if begun else FREE)
    return tuple(series)


def serving(requests: Sequence[Figure], rates: Sequence[UnitFigures]) -> Series:
    """The cost of answering each month's requests (request/month), in usd."""
    return tuple(
        NO_USD if rate is FREE else (rate.usd_per_month(asked) * MONTH).counted_in("usd").named(N_("serving"))
        for asked, rate in zip(requests, rates, strict=True)
    )


def rates_of(project: Project, phase: Serving, key: str, measured: UnitFigures | None) -> Rates:
    """What answering costs in each month while a phase lasts. Raises ProjectError."""
    if phase.by == "api":
        return partial(_api, _answer_price(project, phase, key), _fixed(phase, key), phase, key)
    figures = measured or own_figures(project, phase, key)
    return lambda month: figures


# --- a hosted model


def _api(each: Figure, fixed: Figure, phase: Serving, key: str, month: int) -> UnitFigures:
    if month > 1 and counts(phase, "price_falls_per_year"):
        falls = assumption(phase, "price_falls_per_year", "1", N_("fall of the price in a year"), key)
        each = each * power(ALL - falls, (month - 1) / 12, N_("price against that of month 1"))
    price = each.counted_in("usd/request").named(N_("price of an answer of a hosted model"))
    return UnitFigures(fixed, price, None, None)


def _answer_price(project: Project, phase: Serving, key: str) -> Figure:
    """What a hosted model asks for one answer in month 1, in usd/request."""
    owners = [(phase, key), *_alternatives(project, phase.model)]
    listed = hosted_named(phase.model) if phase.model else None
    parts = [
        _stated(owners, f"{kind}_tokens_per_request", "token/request", TOKENS[kind], key)
        * _token_price(owners, kind, listed, phase, key)
        for kind in ("input", "output")
    ]
    each = parts[0] + parts[1]
    if counts(phase, "usd_per_request"):
        each = each + _per_request(phase, key)
    return each.counted_in("usd/request")


TOKENS = {"input": N_("input tokens of a request"), "output": N_("output tokens of a request")}
PRICES = {"input": N_("price of a million input tokens"), "output": N_("price of a million output tokens")}


def _alternatives(project: Project, model: str) -> list[tuple[Record, str]]:
    """The [[alternative]] of that name, whose keys stand in for those that the phase leaves out."""
    found: list[tuple[Record, str]] = []
    for number, other in enumerate(project.alternative, 1):
        if isinstance(other, Alternative) and other.model == model:
            found.append((other, f"alternative[{number}]"))
    return found


def _stated(owners: Sequence[tuple[Record, str]], field: str, unit: str, name: str, key: str) -> Figure:
    for owner, place in owners:
        if getattr(owner, field) is not None:
            return assumption(owner, field, unit, name, place)
    raise ProjectError(
        say("{key} is missing", key=f"{key}.{field}"), f"breakeven.toml {key}",
        say("tell how many tokens an answer takes, here or in the [[alternative]] of that model"),
    )


def _token_price(
    owners: Sequence[tuple[Record, str]], kind: str, listed: HostedModel | None, phase: Serving, key: str
) -> Figure:
    """The project's own quote, else the price table's."""
    field = f"usd_per_1m_{kind}_tokens"
    for owner, place in owners:
        if getattr(owner, field) is not None:
            return assumption(owner, field, "usd/1m token", PRICES[kind], place)
    if listed is None:
        raise ProjectError(
            say("{name} is in no price table", name=phase.model or phase.name or "api"), f"breakeven.toml {key}.model",
            say("give usd_per_1m_input_tokens and usd_per_1m_output_tokens"),
        )
    usd = listed.usd_per_1m_input if kind == "input" else listed.usd_per_1m_output
    title = f"{listed.provider}/{listed.item}: {listed.source}"
    return published(usd, "usd/1m token", PRICES[kind], title, listed.date)


# --- our own


def own_figures(project: Project, phase: Serving, key: str) -> UnitFigures:
    """Whole machines of ours at a stated or predicted rate. Raises ProjectError where neither is possible."""
    rate = _rate(phase, key)
    used = assumption(phase, "utilisation", "1", N_("planned utilisation of a machine"), key)
    capacity = (rate * used * HOURS_PER_MONTH).counted_in("request/machine/month")
    if not capacity.value:
        raise ProjectError(say("a machine that answers nothing serves nobody"), f"breakeven.toml {key}",
                           say("requests_per_second and utilisation must be more than 0"))
    month = (_machine_hour(project, phase, key) * HOURS_PER_MONTH / ONE_MACHINE).counted_in("usd/machine/month")
    return UnitFigures(
        fixed=_fixed(phase, key),
        per_request=_per_request(phase, key),
        machine_month=month.named(N_("price of a machine a month")),
        capacity=capacity.named(N_("answers of a machine a month")),
    )


def _rate(phase: Serving, key: str) -> Figure:
    if phase.requests_per_second is not None:
        name = N_("answers a second of a busy machine")
        return assumption(phase, "requests_per_second", "request/second/machine", name, key)
    if phase.gpu and (phase.params is not None or phase.shape) and phase.output_tokens_per_request is not None:
        return predicted_rate(phase, key)
    raise ProjectError(
        say("it is not known how fast the own model answers"), f"breakeven.toml {key}",
        say("give requests_per_second; or params, gpu and output_tokens_per_request; or measure it with "
            '"breakeven run"'),
    )  # fmt: skip


def _machine_hour(project: Project, phase: Serving, key: str) -> Figure:
    """What the machine costs, in usd/hour: your own quote, its GPUs, or a machine of the price table."""
    if phase.usd_per_machine_hour is not None:
        return assumption(phase, "usd_per_machine_hour", "usd/hour", N_("price of the machine an hour"), key)
    if phase.gpu and not phase.machine:
        listed = gpu_hour_price(phase.gpu)
        if listed is not None:
            gpus = constant(phase.gpus, "1", N_("GPUs of the machine"))
            return (listed * gpus).named(N_("price of the machine an hour"))
    try:
        name = phase.machine or project.compute.serve_on
        return machine_price(name, this_machine()).usd_per_hour
    except UsageError as fault:
        raise ProjectError(fault.what, f"breakeven.toml {key}.machine", fault.hint) from None


def _fixed(phase: Serving, key: str) -> Figure:
    return assumption(phase, "fixed_usd_per_month", "usd/month",
                      N_("fixed cost of serving: storage, address, load balancer"), key)


def _per_request(phase: Serving, key: str) -> Figure:
    return assumption(phase, "usd_per_request", "usd/request",
                      N_("cost of a request beside the machine: network"), key)
