"""What a candidate costs: the bill of training it, and of answering with it at the stated demand.

    machine a month = price an hour × 730 hours
    capacity        = measured rate of one process × processes × planned utilisation × 730 hours
    machines        = requests a month ÷ capacity, rounded up, at least 1
    usd a month     = fixed + per request × requests + machines × machine a month

Answers of a hosted model are paid by the request and need no machine of ours.

Processes: one a core, as many as fit into the memory. The utilisation leaves room for the peaks of a month.
"""

from __future__ import annotations

from breakeven.core.figure import Figure, assumed, constant, measured, pick, published, rounded_down
from breakeven.core.words import N_, Message, say
from breakeven.plan.demand import stated_demand
from breakeven.plan.unit_figures import ONE_MACHINE, UnitFigures
from breakeven.prices.here import this_machine
from breakeven.prices.hourly import HOURS_PER_MONTH, UTILISATION, hourly, machine_price
from breakeven.prices.tables import offer_named
from breakeven.records.cost import CandidateCost
from breakeven.records.job import Bill
from breakeven.records.machine import Machine, Offer
from breakeven.records.measurement import Measurement
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord, MessageRecord
from breakeven.stages.place import training_place

ONE_PROCESS = constant(1.0, "1/machine", N_("one process"))
__all__ = ["capacity", "machine_price", "price", "spot_price", "train_price", "train_usd", "unit_figures"]


def train_price(project: Project, here: Machine | None = None) -> Figure:
    """What the training machine costs, in usd/hour. `here` is this machine when it is not given."""
    place = training_place(project.compute)
    if place.spot:
        return spot_price(offer_named(place.machine))
    return machine_price(place.machine, here or this_machine()).usd_per_hour


def spot_price(offer: Offer) -> Figure:
    """Of a machine that may be taken away at any time; its usual price where no other is known."""
    if offer.spot_usd_per_hour is None:
        return hourly(offer, N_("price of the machine an hour"))
    title = f"{offer.machine.name}: {offer.source}"
    return published(offer.spot_usd_per_hour, "usd/hour", N_("spot price of the machine an hour"), title, offer.date)


def train_usd(project: Project, bill: Bill, here: Machine | None = None) -> Figure:
    """Measured seconds of training × the price of the training machine, in usd."""
    seconds = measured(bill.seconds, "second", N_("seconds of training"), "the run's own clock")
    made = (seconds * train_price(project, here)).counted_in("usd")
    if bill.outside_usd:
        paid = measured(bill.outside_usd, "usd", N_("paid to hosted models"), "the token counts of their replies")
        made = made + paid
    return made.named(N_("training"))


def unit_figures(project: Project, measurement: Measurement) -> UnitFigures:
    """Fixed + per request + step of a candidate served on `compute.serve_on`, with all that they rest on."""
    fixed = assumed(0.0, "usd/month", N_("fixed cost of serving: storage, address, load balancer"), "default")
    if measurement.remote:
        return UnitFigures(fixed, _per_request(measurement), None, None)
    priced = machine_price(project.compute.serve_on, measurement.machine)
    month = (priced.usd_per_hour * HOURS_PER_MONTH / ONE_MACHINE).counted_in("usd/machine/month")
    return UnitFigures(
        fixed=fixed,
        per_request=_per_request(measurement),
        machine_month=month.named(N_("price of a machine a month")),
        capacity=capacity(priced.machine, measurement),
    )


def _per_request(measurement: Measurement) -> Figure:
    """What others ask for an answer, by the tokens that were counted; else the network, which is assumed free."""
    if measurement.usd_per_request is None:
        return assumed(0.0, "usd/request", N_("cost of a request beside the machine: network"), "default")
    return measured(measurement.usd_per_request, "usd/request", N_("price of an answer of a hosted model"),
                    f"the tokens of its own replies at {measurement.usd_source}")


def capacity(machine: Machine, measurement: Measurement) -> Figure:
    """What one machine answers in a month at the planned utilisation, in request/machine/month."""
    rate = measured(measurement.requests_per_second, "request/second", N_("answers a second of one process"),
                    _measured_how(measurement))
    if machine != measurement.machine:
        rate = rate * assumed(1.0, "1", N_("speed of its cores against the cores of this machine"), "default")
    used = assumed(UTILISATION, "1", N_("planned utilisation of a machine"), "default")
    answers = rate * processes(machine, measurement) * used * HOURS_PER_MONTH
    return answers.counted_in("request/machine/month").named(N_("answers of a machine a month"))


def _measured_how(measurement: Measurement) -> str:
    """`7,012 answers of its own server on AMD …`, or `measured in a loop, without a server: …`."""
    where = measurement.machine.processor or measurement.machine.name
    if measurement.served:
        return f"measured on its own server: {measurement.rows_timed} answers on {where}"
    return f"measured in a loop, without a server: {measurement.rows_timed} answers on {where}"


def processes(machine: Machine, measurement: Measurement) -> Figure:
    """Answering processes of a machine: one a core, as many as its memory holds, at least one."""
    cores = measured(max(1, machine.cores), "1/machine", N_("cores"), machine.name)
    if not machine.memory_bytes or not measurement.peak_bytes:
        return cores
    memory = measured(machine.memory_bytes, "byte/machine", N_("memory of the machine"), machine.name)
    its_peak = "the peak of its own server" if measurement.served else "its peak"
    need = measured(measurement.peak_bytes, "byte", N_("memory of one answering process"), its_peak)
    holds = pick(max, (rounded_down(memory / need), ONE_PROCESS))
    return pick(min, (cores, holds), N_("answering processes"))


def price(project: Project, candidate: str, measurement: Measurement, bill: Bill) -> CandidateCost:
    """The bill of a measured candidate at the demand of month 1 as stated.

    Without demand the price per 1,000 is that of one machine answering all it is planned for.
    """
    unit_cost = unit_figures(project, measurement)
    demand = stated_demand(project.demand)
    month = unit_cost.usd_per_month(demand)
    machines = unit_cost.machines(demand)
    each = month / _answered(demand, unit_cost) if demand.value or unit_cost.capacity else unit_cost.per_request
    per_1k = each.counted_in("usd/1k request").named(N_("price per 1,000 answers"))
    return CandidateCost(
        candidate=candidate,
        train_usd=FigureRecord.of(train_usd(project, bill, measurement.machine)),
        unit=unit_cost.record(candidate),
        machines=int(machines.value) if machines else 0,
        usd_per_month=FigureRecord.of(month),
        usd_per_1k=FigureRecord.of(per_1k),
        priced_as=MessageRecord.of(_priced_as(project, measurement)),
    )


def _priced_as(project: Project, measurement: Measurement) -> Message:
    if measurement.remote and measurement.usd_per_request is not None:
        return say(
            "paid by the request, {answer_usd} for an answer on average: the tokens of its own replies at {source}",
            answer_usd=measurement.usd_per_request, source=measurement.usd_source,
        )
    return machine_price(project.compute.serve_on, measurement.machine).why


def _answered(demand: Figure, unit_cost: UnitFigures) -> Figure:
    """The requests that a month's cost is shared among, in request/month."""
    if demand.value > 0 or unit_cost.capacity is None:
        return demand
    return (unit_cost.capacity * ONE_MACHINE).counted_in("request/month")
