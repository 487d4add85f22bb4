"""The energy of a day of answering: watts at rest and at work, times the hours of each, times that of the building.

    kWh a day = (idle + busy share × (load − idle)) × 24 h × machines × PUE ÷ 1,000
    busy share = answers a day × seconds of work for one ÷ (86,400 s × cores)

Watts of a core are those that the Cloud Carbon Footprint project derives from SPECpower for the machines of three
clouds (methodology page, read in 2026-11): 0.71 to 0.78 W a core at rest, 3.5 to 4.26 W at work. Watts of a GPU are
those of its data sheet, at the shares for rest and work that `[owned]` states. A machine is rented whole, so that its
rest counts; PUE is that of `[owned]`. It is an estimate, and its range is that of the sources; nothing is measured.
"""

from __future__ import annotations

from breakeven.core.figure import measured
from breakeven.monitoring.money import DAYS_A_MONTH
from breakeven.plan.unit_figures import UnitFigures
from breakeven.prices.chip_names import same_chip
from breakeven.prices.tables import cards
from breakeven.records.health import Energy
from breakeven.records.machine import Machine
from breakeven.records.measurement import Measurement
from breakeven.records.quantity import Quantity
from breakeven.records.run import Run, Rung

DAY = 86_400.0
CORE_IDLE, CORE_LOAD = (0.71, 0.74, 0.78), (3.5, 3.76, 4.26)
"""Watts of a core: the least, the middle and the most of three clouds."""
CLOUD = "Cloud Carbon Footprint, methodology (AWS, Azure, GCP), read 2026-11"
Range = tuple[float, float, float]


def energy_of(run: Run, rung: Rung, per_day: float) -> Energy | None:
    """None where the pace or the watts are not known: a hosted model, a GPU that is in no table."""
    found = rung.measurement
    if found is None or found.remote:
        return None
    watts = _watts(run, found.machine)
    if watts is None:
        return None
    idle, load, source = watts
    share = min(1.0, per_day * _seconds_of_work(found) / (DAY * max(1, found.machine.gpus or found.machine.cores)))
    machines, pue = _machines(rung, per_day), _range(run.project.owned.pue)
    low, middle, high = (
        (rest + share * (work - rest)) * 24 * machines * building / 1_000
        for rest, work, building in zip(idle, load, pue, strict=True)
    )
    return Energy(kwh_per_day=middle, low=low, high=high, busy_share=share, source=source)


def _seconds_of_work(found: Measurement) -> float:
    """Of one core for one answer, one after another."""
    return 1 / found.requests_per_second


def _machines(rung: Rung, per_day: float) -> float:
    if rung.cost is None:
        return 1.0
    asked = measured(per_day * DAYS_A_MONTH, "request/month", "requests a month", "the traffic log")
    machines = UnitFigures.of(rung.cost.unit).machines(asked)
    return machines.value if machines is not None else 1.0


def _watts(run: Run, machine: Machine) -> tuple[Range, Range, str] | None:
    """Of a whole machine at rest and at work, each (least, middle, most), and whose figures these are."""
    if not machine.gpus:
        cores = machine.cores
        return _times(CORE_IDLE, cores), _times(CORE_LOAD, cores), CLOUD
    owned, card = run.project.owned, next((card for card in cards() if same_chip(card.name, machine.gpu)), None)
    rated, source = (owned.watts.value, "breakeven.toml") if owned.watts else (
        card.tdp_watts if card else None, f"{card.source}, {card.date}" if card else "")
    if rated is None:
        return None
    return _times(_range(owned.idle), rated * machine.gpus), _times(_range(owned.load), rated * machine.gpus), source


def _times(values: Range, factor: float) -> Range:
    return values[0] * factor, values[1] * factor, values[2] * factor


def _range(stated: Quantity) -> Range:
    low, high = (stated.value if end is None else end for end in (stated.low, stated.high))
    return low, stated.value, high
