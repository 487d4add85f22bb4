"""The energy of a day of answering: watts at rest and at work, times the hours of each, times that of the building.

    kWh a day = (idle + busy share × (load − idle)) × 24 h × machines × PUE ÷ 1,000
    busy share = answers a day × seconds of work for one ÷ (86,400 s × cores)

Watts and PUE are those of prices/power.py. A machine is rented whole, so that its rest counts. It is an estimate, and
its range is that of the sources; nothing is measured.
"""

from __future__ import annotations

from breakeven.core.figure import measured
from breakeven.monitoring.money import DAYS_A_MONTH
from breakeven.plan.unit_figures import UnitFigures
from breakeven.prices.power import machine_power
from breakeven.records.health import Energy
from breakeven.records.measurement import Measurement
from breakeven.records.run import Run, Rung

DAY = 86_400.0


def energy_of(run: Run, rung: Rung, per_day: float) -> Energy | None:
    """None where the pace or the watts are not known: a hosted model, a GPU that is in no table."""
    found = rung.measurement
    if found is None or found.remote:
        return None
    power = machine_power(found.machine, run.project.owned)
    if power is None:
        return None
    share = min(1.0, per_day * _seconds_of_work(found) / (DAY * max(1, found.machine.gpus or found.machine.cores)))
    low, middle, high = power.of_time(24.0, share, _machines(rung, per_day))
    return Energy(kwh_per_day=middle, low=low, high=high, busy_share=share, source=power.source)


def _seconds_of_work(found: Measurement) -> float:
    """Of one core for one answer, one after another."""
    return 1 / found.requests_per_second


def _machines(rung: Rung, per_day: float) -> float:
    if rung.cost is None:
        return 1.0
    asked = measured(per_day * DAYS_A_MONTH, "request/month", "requests a month", "the traffic log")
    machines = UnitFigures.of(rung.cost.unit).machines(asked)
    return machines.value if machines is not None else 1.0
