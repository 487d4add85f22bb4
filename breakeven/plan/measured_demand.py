"""Measured demand in the place of the assumed one: the plan starts now, with the traffic of now.

    requests a month, stated = measured − those of the customers of month 1, which the plan counts by themselves
"""

from __future__ import annotations

from breakeven.core.words import N_
from breakeven.plan.lines import plan_lines
from breakeven.plan.serving import FREE
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.project import Demand, Project
from breakeven.records.quantity import MeasuredQuantity
from breakeven.records.record import FigureRecord
from breakeven.records.traffic_figures import TrafficFigures


def with_traffic(project: Project, found: TrafficFigures) -> Project:
    """The project with the demand and the growth that were measured; what was not stays as it is."""
    values = dict(vars(project.demand))
    fields = set(project.demand.model_fields_set)
    if found.requests_per_month:
        values["requests_per_month"] = _quantity(found.requests_per_month, _of_customers(project))
        fields.add("requests_per_month")
    if found.growth_per_month:
        values["growth_per_month"] = _quantity(found.growth_per_month, 0.0)
        fields.add("growth_per_month")
    demand = Demand.model_construct(_fields_set=fields, **values)
    return project.model_copy(update={"demand": demand})


def _of_customers(project: Project) -> float:
    """Requests of month 1 that the plan counts by customers and free users."""
    values = dict(vars(project.demand)) | {"requests_per_month": MeasuredQuantity(value=0.0, source="none")}
    demand = Demand.model_construct(_fields_set={*project.demand.model_fields_set, "requests_per_month"}, **values)
    bare = project.model_copy(update={"demand": demand})
    return plan_lines(bare, 1, FREE, None).asked[0].to("request/month")


def _quantity(figure: FigureRecord, less: float) -> MeasuredQuantity:
    source = figure.sources[0][0]
    if less:
        source += f", less {less:,.0f} a month of customers as planned"
    low, high = (None if end is None else _less(end, less) for end in (figure.low, figure.high))
    return MeasuredQuantity(value=_less(figure.value, less), low=low, high=high, source=source)


def _less(value: float, less: float) -> float:
    return max(0.0, value - less) if less else value


def priced_traffic(found: TrafficFigures, unit: UnitFigures | None) -> TrafficFigures:
    """With what 1,000 answers cost at the measured demand, where a run has measured the unit cost."""
    if unit is None or not found.requests_per_month or not found.requests_per_month.value:
        return found
    asked = found.requests_per_month.figure()
    each = (unit.usd_per_month(asked) / asked).counted_in("usd/1k request")
    return found.model_copy(update={"usd_per_1k": FigureRecord.of(each.named(N_("price per 1,000 answers")))})
