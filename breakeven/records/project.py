"""The project file, as a record: `breakeven.toml` with every default filled in (read by `breakeven/project.py`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from breakeven.records.money import (
    Channel,
    Customers,
    Effect,
    Loan,
    PlanSettings,
    Research,
    Revenue,
    Scenario,
    Serving,
    Storage,
    TrainingJob,
)
from breakeven.records.monitoring import MonitorSettings
from breakeven.records.owned import Owned
from breakeven.records.quantity import NONE, Amount, Count, Money, Month, Quantity, Share
from breakeven.records.quotes import Money as ShownMoney
from breakeven.records.quotes import Quote
from breakeven.records.record import Record
from breakeven.records.risks import Risk
from breakeven.records.roadmap import Milestone, Resource, RoadmapSettings
from breakeven.records.trust import ReleaseTrust

__all__ = ["Amount", "Channel", "Count", "Money", "Month", "Project", "Quantity"]


class Product(Record):
    """What is built: a name and a task of `breakeven/tasks.py`, which a plan alone can do without."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    task: str = ""


class Data(Record):
    """Where the rows are and which columns hold what. Paths are relative to the project file."""

    train: str
    validation: str | None = None
    test: str | None = None
    unlabelled: str | None = None
    input: str | tuple[str, ...] | None = None
    answer: str
    drop: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    slices: tuple[str, ...] = ()
    split: Literal["stratified", "random", "group", "time"] | None = None
    seed: Count = 0


class Target(Record):
    """What is good enough: the metric and its bound, and how quick an answer must be."""

    metric: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    p95_latency_ms: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def has_one_bound(self) -> Target:
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("give at_least or at_most, not both")
        return self


class Budget(Record):
    """What the run may spend: the one dial is `usd`."""

    usd: Money = 20.0
    seconds: Annotated[float, Field(gt=0)] = 600.0
    memory_gb: Annotated[float, Field(gt=0)] | None = None


class Demand(Record):
    """How much will be asked, and what is earned by it."""

    requests_per_month: Amount = Quantity(value=10_000)
    growth_per_month: Quantity = Quantity(value=0.0)
    price_per_1k_requests: Amount = Quantity(value=0.0)


class Round(Record):
    """Money that comes in: a funding round."""

    month: Month
    usd: Amount


class Capital(Record):
    """The cash at the start, the rounds to come, and what is lent."""

    cash_usd: Amount = NONE
    round: tuple[Round, ...] = ()
    loan: tuple[Loan, ...] = ()


class Role(Record):
    """Some people of one kind and what each earns; `loaded` adds what an employer pays on top."""

    role: str
    count: Amount = Quantity(value=1)
    salary_usd_per_year: Amount
    loaded: Amount = Quantity(value=1.25)
    from_month: Month = 1
    to_month: Month | None = None
    hiring_usd: Amount = NONE
    """What it costs to find one; those who begin in month 1 are there already."""
    attrition_per_year: Share = NONE
    """The part of them that leaves in a year; each is replaced at the cost of hiring."""
    ramp_months: Amount = NONE
    """Months that a new one is paid before he or she counts."""


class Compute(Record):
    """Where to train and where to serve: `here`, or a machine of the price tables; training also on an engine."""

    train_on: str = "here"
    serve_on: str = "here"
    machine: str | None = None
    """The machine of the price tables that an engine trains on; sky rents it."""
    processes: Annotated[int, Field(ge=1, le=4096)] | None = None
    """torchrun: processes of a job that can use several; ray: jobs at a time."""
    ray_address: str = ""
    """`host:port` of a running Ray cluster; empty: one of our own, on this machine."""
    spot: bool = False
    """sky: rent what may be taken away, at a lower price; what was lost is begun again elsewhere."""
    bucket: str = ""
    """sky: the bucket where results lie while nobody holds a machine; needed for spot."""


class Models(Record):
    """What the ladder may climb."""

    only: tuple[str, ...] = ()
    encoders: tuple[str, ...] = ()
    language_models: tuple[str, ...] = ()
    quantize: Literal["none", "nf4"] = "none"


class Alternative(Record):
    """A hosted model that could answer instead. Its key is read from the environment variable named here.

    With a `base_url` it is asked as a rung of the ladder: `instructions` stand before the list of labels, `examples`
    are the training rows shown with each request, the rest are limits that its provider sets.
    """

    provider: str = "openai-compatible"
    base_url: str = ""
    model: str
    api_key_env: str = "OPENAI_API_KEY"
    input_tokens_per_request: Amount | None = None
    output_tokens_per_request: Amount | None = None
    usd_per_1m_input_tokens: Amount | None = None
    usd_per_1m_output_tokens: Amount | None = None
    price_falls_per_year: Share = NONE
    """Only for the comparison of build or buy in the plan."""
    quality: float | None = None
    instructions: str = ""
    examples: Annotated[int, Field(ge=0, le=64)] = 8
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4


NO_DATA = Data(train="", answer="")
"""Of a project that is planned before there is a file; `check` and `run` say that they need one."""


class Project(Record):
    """The whole project file."""

    product: Product
    data: Data = NO_DATA
    plan: PlanSettings = PlanSettings()
    target: Target = Target()
    budget: Budget = Budget()
    demand: Demand = Demand()
    capital: Capital = Capital()
    team: tuple[Role, ...] = ()
    marketing: tuple[Channel, ...] = ()
    compute: Compute = Compute()
    models: Models = Models()
    alternative: tuple[Alternative, ...] = ()
    customers: Customers = Customers()
    revenue: tuple[Revenue, ...] = ()
    serving: tuple[Serving, ...] = ()
    training: tuple[TrainingJob, ...] = ()
    research: Research = Research()
    storage: Storage = Storage()
    scenario: tuple[Scenario, ...] = ()
    quote: tuple[Quote, ...] = ()
    money: ShownMoney = ShownMoney()
    owned: Owned = Owned()
    roadmap: RoadmapSettings = RoadmapSettings()
    milestone: tuple[Milestone, ...] = ()
    resource: tuple[Resource, ...] = ()
    risk: tuple[Risk, ...] = ()
    monitor: MonitorSettings = MonitorSettings()
    effect: tuple[Effect, ...] = ()
    release: ReleaseTrust = ReleaseTrust()
