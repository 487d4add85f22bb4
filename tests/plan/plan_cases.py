"""Whole projects and unit costs, for the tests of the plan."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from breakeven.core.figure import Figure, assumed, measured, published
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.project import Project

BARE = {"product": {"name": "desk", "task": "text-classification"}, "data": {"train": "a.csv", "answer": "team"}}


def project(**tables: Any) -> Project:
    """A project with these tables beside the two that every project has."""
    return Project.model_validate({**BARE, **tables})


DESK = project(
    demand={"requests_per_month": 200_000, "growth_per_month": "5%..15%", "price_per_1k_requests": 4.0},
    capital={"cash_usd": 500_000, "round": [{"month": 9, "usd": 1_000_000}, {"month": 50, "usd": 7}]},
    team=[
        {"role": "ML engineer", "count": 2, "salary_usd_per_year": 90_000},
        {"role": "sales", "count": 1, "salary_usd_per_year": 60_000, "loaded": 1.4, "from_month": 7, "to_month": 30},
    ],
    marketing=[
        {"channel": "search ads", "usd_per_month": 3_000, "customers_per_1k_usd": 4, "requests_per_customer": 12_000},
        {"channel": "fair", "usd_per_month": 9_000, "customers_per_1k_usd": 1, "requests_per_customer": 80_000,
         "from_month": 12, "to_month": 14},
    ],
)


def unit_figures(
    machine: float = 50.0, capacity: float = 1e6, fixed: float = 0.0, per_request: float = 0.0
) -> UnitFigures:
    return UnitFigures(
        assumed(fixed, "usd/month", "fixed", "default"),
        assumed(per_request, "usd/request", "per request", "default"),
        published(machine, "usd/machine/month", "machine", "a page", "2026-09-24"),
        measured(capacity, "request/machine/month", "capacity", "here"),
    )


def train_usd(usd: float = 12.5) -> Figure:
    return measured(usd, "usd", "training", "the run")


def amounts(most: float) -> st.SearchStrategy[float]:
    """Money and counts as people write them: two decimals."""
    return st.integers(0, int(most * 100)).map(lambda cents: cents / 100)


@st.composite
def spans(draw: st.DrawFn) -> dict[str, int]:
    """from_month and to_month; sometimes upside down, which pays nothing."""
    span = {"from_month": draw(st.integers(1, 40))}
    return span | ({"to_month": draw(st.integers(1, 40))} if draw(st.booleans()) else {})


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Any project that the project file can hold, as far as the plan reads it."""
    return project(
        demand={
            "requests_per_month": draw(amounts(1e6)),
            "growth_per_month": draw(st.floats(-1.5, 0.3)),
            "price_per_1k_requests": draw(amounts(20)),
        },
        capital={
            "cash_usd": draw(amounts(1e6)),
            "round": [
                {"month": draw(st.integers(1, 48)), "usd": draw(amounts(1e6))} for _ in range(draw(st.integers(0, 3)))
            ],
        },
        team=[
            {"role": "engineer", "count": draw(amounts(5)), "salary_usd_per_year": draw(amounts(2e5)),
             "loaded": draw(amounts(2)), **draw(spans())}
            for _ in range(draw(st.integers(0, 3)))
        ],
        marketing=[
            {"channel": "ads", "usd_per_month": draw(amounts(1e4)), "customers_per_1k_usd": draw(amounts(50)),
             "requests_per_customer": draw(amounts(1e4)), **draw(spans())}
            for _ in range(draw(st.integers(0, 3)))
        ],
    )


@st.composite
def unit_costs(draw: st.DrawFn) -> UnitFigures:
    return unit_figures(
        machine=draw(st.floats(1, 1e4)),
        capacity=draw(st.floats(10, 1e7)),
        fixed=draw(amounts(500)),
        per_request=draw(st.floats(0, 0.01)),
    )
