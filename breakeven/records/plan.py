"""The capital plan, month by month; every cell is the number of a ledger entry and so unfolds."""

from __future__ import annotations

from breakeven.records.ledger import Ledger
from breakeven.records.record import FigureRecord, MessageRecord, Record
from breakeven.records.uncertainty import ScenarioOutcome, Tornado, Uncertainty

LINES = (
    "requests", "customers", "revenue", "serving", "training", "research", "marketing", "team", "interest", "tax",
    "net", "received", "rounds", "loans", "cash", "cumulative",
)
"""The rows of the plan. `training` is the whole part compute, `team` the whole part talent. `net` is revenue less all
costs; `received` is what customers pay in the month; `cash` grows by net - revenue + received + rounds + loans."""
PARTS = ("compute", "research", "marketing", "talent")
"""The four parts of the need for capital."""


class Month(Record):
    """One month of the plan: ledger numbers by line, and the plain values beside them."""

    month: int
    cells: dict[str, int]
    values: dict[str, float]
    machines: int


class Sum(Record):
    """A sum of money and the ledger entry that it is the value of."""

    name: str
    usd: float
    cell: int


class Part(Record):
    """One of the four parts: its terms, what they come to until cash is lowest, and in the whole plan."""

    name: str
    terms: tuple[Sum, ...]
    usd: float
    cell: int
    plan_usd: float
    """The same part over all months of the plan."""


class Need(Record):
    """The capital that the product needs from outside, rounds and loans left aside, and where it goes.

    trough = the four parts + serving + interest and tax - what customers paid, all until `month`, when they have
    taken most; total = trough + contingency + buffer.
    """

    month: int
    """When the running sum of all that is paid and received is lowest; 0: it never falls below zero."""
    parts: tuple[Part, ...]
    parts_usd: float
    beside: tuple[Sum, ...]
    """What is added to the four parts (serving, interest and tax) and what is taken off (paid by customers)."""
    trough: Sum
    contingency: Sum
    buffer: Sum
    total: Sum
    funded_usd: float
    """Cash at the start, and rounds and loans that come until then."""


class Kpi(Record):
    """A figure that investors ask for; `value` is None where it cannot be told, and `why` says why, or what it is."""

    name: str
    value: float | None
    unit: str
    cell: int | None = None
    why: MessageRecord


class Volume(Record):
    """A point of the curve of build or buy: what so many requests a month cost either way, a month, in usd."""

    requests_per_month: float
    own_usd: float
    api_usd: float


class BuildOrBuy(Record):
    """Own model or hosted one, over the months of the plan, at the same requests in each month."""

    api: str
    own: str
    volume: float | None
    """Requests a month from which on the own model costs no more; None: at no volume."""
    why: MessageRecord
    once_usd: float
    """What is paid for the own model once: its training and experiments."""
    curve: tuple[Volume, ...]


class NextDollars(Record):
    """What a thousand dollars more in one place would change; None where the plan does not know."""

    where: str
    unit: MessageRecord
    """What the thousand dollars are spent on."""
    end_cash_usd: float | None
    """How much more, or less, is in the bank at the end of the plan."""
    break_even_month: int | None
    why: MessageRecord


class Plan(Record):
    """The plan and what it says. Months count from 1; None means not within the plan."""

    months: tuple[Month, ...]
    ledger: Ledger
    break_even_month: int | None
    """The first month from which on net stays at or above zero to the end of the plan."""
    paid_back_month: int | None
    """The first month from which on cumulative net stays at or above zero."""
    runway_months: int | None
    """The last month before cash first ends below zero (0: in month 1); None if cash never runs out in the plan."""
    lowest_cash_usd: float
    lowest_cash_month: int
    capital_need_usd: float
    """What must be there at the start, rounds and loans as planned, so that cash never falls below zero."""
    assumptions: tuple[FigureRecord, ...]
    """The leaves that the plan rests on, the assumed ones first."""
    unknown: tuple[MessageRecord, ...] = ()
    """What is missing in every sum because nothing tells it."""
    remarks: tuple[MessageRecord, ...] = ()
    uncertainty: Uncertainty | None = None
    """How sure it is; None: not asked."""
    tornado: Tornado | None = None
    scenarios: tuple[ScenarioOutcome, ...] = ()
    zero_cash_month: int | None = None
    """The month in which cash first ends below zero."""
    need: Need | None = None
    kpis: tuple[Kpi, ...] = ()
    build_or_buy: tuple[BuildOrBuy, ...] = ()
    next_dollars: tuple[NextDollars, ...] = ()
