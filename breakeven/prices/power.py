"""The power that a machine draws, at rest and at work, from what others published: nothing here is measured.

Watts of a core are those that the Cloud Carbon Footprint project derives from SPECpower for the machines of three
clouds (methodology page, read in 2026-11): 0.71 to 0.78 W a core at rest, 3.5 to 4.26 W at work. Watts of a GPU are
those of its data sheet, at the shares for rest and work that `[owned]` states. The building takes PUE times as much.

    energy of work = watts at work × hours × machines × PUE ÷ 1,000                                     kWh
    energy of time = (rest + busy share × (work − rest)) × hours × machines × PUE ÷ 1,000               kWh
"""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.prices.chip_names import same_chip
from breakeven.prices.tables import cards
from breakeven.records.machine import Machine
from breakeven.records.owned import Owned
from breakeven.records.quantity import Quantity

CORE_REST, CORE_WORK = (0.71, 0.74, 0.78), (3.5, 3.76, 4.26)
"""Watts of a core: the least, the middle and the most of three clouds."""
CLOUD = "Cloud Carbon Footprint, methodology (AWS, Azure, GCP), read 2026-11"
Range = tuple[float, float, float]


@dataclass(frozen=True)
class Power:
    """Watts of a whole machine, each (least, middle, most), the PUE of its building, and whose figures these are."""

    rest: Range
    work: Range
    pue: Range
    source: str

    def of_work(self, seconds: float, machines: float) -> Range:
        """kWh of so many seconds at full work."""
        return _each(lambda work, pue: work * seconds / 3600 * machines * pue / 1000, self.work, self.pue)

    def of_time(self, hours: float, busy_share: float, machines: float) -> Range:
        """kWh of hours in which machines are rented whole and at work for a share of them."""
        drawn = _each(lambda rest, work: rest + busy_share * (work - rest), self.rest, self.work)
        return _each(lambda watts, pue: watts * hours * machines * pue / 1000, drawn, self.pue)


def machine_power(machine: Machine, owned: Owned) -> Power | None:
    """What a machine draws; None for a GPU whose watts nobody has stated."""
    if not machine.gpus:
        return Power(_times(CORE_REST, machine.cores), _times(CORE_WORK, machine.cores), _range(owned.pue), CLOUD)
    rated, source = _gpu_watts(machine.gpu, owned)
    if rated is None:
        return None
    rest, work = (_times(_range(share), rated * machine.gpus) for share in (owned.idle, owned.load))
    return Power(rest, work, _range(owned.pue), source)


def _gpu_watts(gpu: str, owned: Owned) -> tuple[float | None, str]:
    if owned.watts is not None:
        return owned.watts.value, "breakeven.toml owned.watts"
    card = next((card for card in cards() if same_chip(card.name, gpu)), None)
    return (card.tdp_watts, f"{card.source}, {card.date}") if card else (None, "")


def _each(made, first: Range, second: Range) -> Range:  # type: ignore[no-untyped-def]
    low, middle, high = (made(one, other) for one, other in zip(first, second, strict=True))
    return low, middle, high


def _times(values: Range, factor: float) -> Range:
    return values[0] * factor, values[1] * factor, values[2] * factor


def _range(stated: Quantity) -> Range:
    low, high = (stated.value if end is None else end for end in (stated.low, stated.high))
    return low, stated.value, high
