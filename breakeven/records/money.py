"""The tables of the project file that only the plan reads: what is sold, to whom, by whom, and what it takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from breakeven.records.quantity import LONGEST_PLAN, NONE, Amount, Count, Month, Quantity, Share
from breakeven.records.record import Record


class PlanSettings(Record):
    """How far the plan looks and by what it is judged."""

    months: Annotated[int, Field(ge=1, le=LONGEST_PLAN)] = 36
    discount_rate_per_year: Amount = Quantity(value=0.10)
    tax_rate: Share = NONE
    contingency: Share = NONE
    """What is put aside for what nobody thought of, as a part of the four parts."""
    buffer_months: Count = 0
    """How many months of the costs around the lowest cash are kept in the bank."""
    buffer_usd: Amount = NONE


class Customers(Record):
    """Who is there at the start, who leaves, and who comes unasked; what one of them asks for."""

    at_start: Amount = NONE
    churn_per_month: Share = NONE
    organic_per_month: Amount = NONE
    """The brand: customers who come by themselves."""
    word_of_mouth_per_month: Amount = NONE
    """New customers that each customer brings."""
    requests_per_customer: Amount = NONE
    seats_per_customer: Amount = Quantity(value=1)


class Channel(Record):
    """A way to win customers: what it costs a month and how many customers a thousand dollars bring.

    Instead of `customers_per_1k_usd` a funnel may be given: `usd_per_lead` and `conversion` of leads to customers.
    """

    channel: str
    usd_per_month: Amount
    customers_per_1k_usd: Amount = NONE
    usd_per_lead: Amount | None = None
    conversion: Share = NONE
    saturates_at_usd: Amount | None = None
    """The spending at which a dollar brings half of what the first one brought."""
    requests_per_customer: Amount = NONE
    from_month: Month = 1
    to_month: Month | None = None

    @model_validator(mode="after")
    def wins_in_one_way(self) -> Channel:
        if self.usd_per_lead is not None and "customers_per_1k_usd" in self.model_fields_set:
            raise ValueError("give customers_per_1k_usd, or usd_per_lead and conversion, not both")
        if self.usd_per_lead is not None and not self.usd_per_lead.value:
            raise ValueError("usd_per_lead must be more than 0")
        if self.saturates_at_usd is not None and not self.saturates_at_usd.value:
            raise ValueError("saturates_at_usd must be more than 0")
        return self


KeysOfKind = dict[str, tuple[str, ...]]
NEEDED: KeysOfKind = {
    "request": ("usd_per_1k_requests",),
    "token": ("usd_per_1m_output_tokens", "output_tokens_per_request"),
    "seat": ("usd_per_seat_month",),
    "subscription": ("usd_per_customer_month",),
    "licence": ("usd_per_licence",),
    "freemium": ("usd_per_customer_month", "new_free_users_per_month", "conversion_per_month"),
    "project": ("usd", "month"),
}
FURTHER: KeysOfKind = {
    "token": ("usd_per_1m_input_tokens", "input_tokens_per_request"),
    "subscription": ("share_of_customers",),
    "licence": ("maintenance_per_year",),
    "freemium": ("free_users_at_start", "free_churn_per_month", "churn_per_month", "requests_per_free_user",
                 "requests_per_customer"),
    "project": ("every_months",),
}
OF_ALL_KINDS = ("kind", "name", "discount", "payment_days", "from_month", "to_month")


class Revenue(Record):
    """One way to earn. `kind` says by what is billed, and which of the other keys it takes."""

    kind: Literal["request", "token", "seat", "subscription", "licence", "freemium", "project"]
    name: str = ""
    usd_per_1k_requests: Amount | None = None
    usd_per_1m_input_tokens: Amount | None = None
    usd_per_1m_output_tokens: Amount | None = None
    input_tokens_per_request: Amount | None = None
    output_tokens_per_request: Amount | None = None
    usd_per_seat_month: Amount | None = None
    usd_per_customer_month: Amount | None = None
    share_of_customers: Share = Quantity(value=1)
    usd_per_licence: Amount | None = None
    maintenance_per_year: Share = NONE
    free_users_at_start: Amount = NONE
    new_free_users_per_month: Amount | None = None
    free_churn_per_month: Share = NONE
    conversion_per_month: Share | None = None
    churn_per_month: Share | None = None
    """Of those who pay for a freemium product; else that of [customers]."""
    requests_per_free_user: Amount = NONE
    requests_per_customer: Amount | None = None
    usd: Amount | None = None
    month: Month | None = None
    every_months: Annotated[int, Field(ge=1)] | None = None
    discount: Share = NONE
    payment_days: Annotated[float, Field(ge=0, le=720)] = 0.0
    """Days from the invoice to the money; 30 days are a month."""
    from_month: Month = 1
    to_month: Month | None = None

    @model_validator(mode="after")
    def has_the_keys_of_its_kind(self) -> Revenue:
        missing = [key for key in NEEDED[self.kind] if getattr(self, key) is None]
        if missing:
            raise ValueError(f"kind = \"{self.kind}\" needs {', '.join(missing)}")
        known = (*OF_ALL_KINDS, *NEEDED[self.kind], *FURTHER.get(self.kind, ()))
        foreign = sorted(self.model_fields_set - set(known))
        if foreign:
            raise ValueError(f"kind = \"{self.kind}\" takes no {', '.join(foreign)}")
        return self


class Loan(Record):
    """Money that is lent: interest on what is owed each month, repaid in equal parts after the first months."""

    month: Month
    usd: Amount
    rate_per_year: Amount
    term_months: Annotated[int, Field(ge=1, le=LONGEST_PLAN)]
    grace_months: Count = 0
    """Months in which only interest is paid."""


class Serving(Record):
    """Who answers from a month on: a hosted model (`api`), or our own on whole machines (`own`).

    `own` without a rate means the model that the latest run released, as it was measured.
    """

    by: Literal["own", "api"] = "own"
    name: str = ""
    from_month: Month = 1
    model: str = ""
    input_tokens_per_request: Amount | None = None
    output_tokens_per_request: Amount | None = None
    usd_per_1m_input_tokens: Amount | None = None
    usd_per_1m_output_tokens: Amount | None = None
    price_falls_per_year: Share = NONE
    machine: str = ""
    usd_per_machine_hour: Amount | None = None
    requests_per_second: Amount | None = None
    """Of one machine, when it is busy all the time."""
    utilisation: Share = Quantity(value=0.5)
    fixed_usd_per_month: Amount = NONE
    usd_per_request: Amount = NONE
    params: Amount | None = None
    shape: str = ""
    gpu: str = ""
    gpus: Annotated[int, Field(ge=1, le=4096)] = 1


class TrainingJob(Record):
    """A training: its GPU-hours as given, or predicted from parameters, tokens and GPUs."""

    name: str = "training"
    params: Amount | None = None
    shape: str = ""
    """A published shape by its name, for the parameters and all that follows from them."""
    tokens: Amount | None = None
    gpu: str = ""
    gpus: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    gpu_hours: Amount | None = None
    usd_per_gpu_hour: Amount | None = None
    failures: Amount = Quantity(value=0.05, low=0.0, high=0.1)
    """Work that is lost and done again, as a part of the hours."""
    from_month: Month = 1
    months: Annotated[int, Field(ge=1, le=LONGEST_PLAN)] | None = None
    """Over how many months the cost is spread; else as long as its hours take on its GPUs."""
    every_months: Annotated[int, Field(ge=1, le=LONGEST_PLAN)] | None = None

    @model_validator(mode="after")
    def says_its_hours(self) -> TrainingJob:
        if self.gpu_hours is None and (self.tokens is None or (self.params is None and not self.shape)):
            raise ValueError("give gpu_hours, or params (or shape), tokens, gpu and gpus")
        if not self.gpu and (self.gpu_hours is None or self.usd_per_gpu_hour is None):
            raise ValueError("give gpu, the accelerator that it runs on, or gpu_hours and usd_per_gpu_hour")
        return self


class Dataset(Record):
    """Data that is bought or labelled, in a month."""

    name: str = "data"
    month: Month = 1
    licence_usd: Amount = NONE
    rows: Amount = NONE
    usd_per_row: Amount = NONE


class Research(Record):
    """What is spent to find out: experiments as a multiple of the training compute, data, evaluation."""

    experiments: Amount | None = None
    """k: experiments and failed runs for one dollar of training; None: the published range."""
    evaluation_usd_per_month: Amount = NONE
    evaluation_usd_per_training: Amount = NONE
    dataset: tuple[Dataset, ...] = ()


class Storage(Record):
    """What is kept and what is moved, each month."""

    gb: Amount = NONE
    usd_per_gb_month: Amount | None = None
    network_gb_per_month: Amount = NONE
    usd_per_network_gb: Amount | None = None
    from_month: Month = 1


class Scenario(Record):
    """Another course of things: a name, and what is then different by its dotted key.

    `"demand.requests_per_month" = 5_000` sets it; `"*0.5"` halves it; `team[1].count` is of the first of a list,
    `team[*].count` of each.
    """

    name: str
    changes: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def gather(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or "changes" in raw:
            return raw
        return {"name": raw.get("name"), "changes": flat({k: v for k, v in raw.items() if k != "name"})}


class Effect(Record):
    """What a thousand dollars more in one place would change, as the user believes or has measured it.

    Changes are written as in a scenario: `"customers.churn_per_month" = "*0.99"`.
    """

    where: Literal["data", "compute", "people", "marketing"]
    changes: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def gather(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or "changes" in raw:
            return raw
        return {"where": raw.get("where"), "changes": flat({k: v for k, v in raw.items() if k != "where"})}


def flat(tables: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Tables inside tables as dotted keys: TOML reads an unquoted `a.b = 1` as a table in a table."""
    found: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            found |= flat(value, f"{above}{key}.")
        else:
            found[f"{above}{key}"] = value
    return found
