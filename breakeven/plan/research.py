"""Research and development month by month: experiments, data that is bought and labelled, evaluation.

    experiments(m) = k × training runs(m)
    k              = what the file states; else 0.5 to 4.6 as published, by their geometric mean 1.5: OLMo 2 says that
                     development took about half of what training took, Olmo 3 that 82 % of its GPU-hours were
                     experiments and failed runs, which is 4.6 for each hour of the final runs
    labelling(m)   = rows × usd_per_row, in the month of the data

The bill of a run is multiplied by a stated k only: its ladder of candidates were its experiments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from breakeven.core.figure import Figure, Provenance, Source, between
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.compute import Training
from breakeven.plan.months import MONTH, NO_USD, Series, added, paid
from breakeven.records.money import Dataset
from breakeven.records.project import Project

LOW, HIGH = 0.5, 4.6
SOURCES = (
    Source("OLMo 2, arXiv 2503.05804: development about 50 % of training", "2025-03"),
    Source("Olmo 3, arXiv 2605.01158: 82 % of GPU-hours were experiments and failed runs", "2026-05"),
)


def research(project: Project, months: int, trained: Sequence[Training]) -> dict[str, Series]:
    """The terms of the second part, each in usd of each month."""
    data = list(enumerate(project.research.dataset, 1))
    counted = [one.usd for one in trained if not one.measured or counts(project.research, "experiments")]
    runs = added(counted, months, N_("training runs"))
    return {
        N_("experiments"): _experiments(project, runs),
        N_("data licences"): added([_licence(one, n, months) for n, one in data], months, N_("data licences")),
        N_("labelling"): added([_labelling(one, n, months) for n, one in data], months, N_("labelling")),
        N_("evaluation"): _evaluation(project, months, trained),
    }


def experiments_factor(project: Project) -> Figure:
    """k: dollars of experiments for one dollar of training."""
    name = N_("experiments for a dollar of training")
    if project.research.experiments is not None:
        return assumption(project.research, "experiments", "1", name, "research")
    middle = Figure(math.sqrt(LOW * HIGH), provenance=Provenance.PUBLISHED, sources=SOURCES, name=name)
    return between(middle, LOW, HIGH)


def _experiments(project: Project, runs: Series) -> Series:
    k = experiments_factor(project)
    return tuple(
        (usd * k).named(N_("experiments")) if usd.parts or usd.value else NO_USD for usd in runs
    )


def _licence(data: Dataset, number: int, months: int) -> Series:
    if not counts(data, "licence_usd"):
        return (NO_USD,) * months
    usd = assumption(data, "licence_usd", "usd", N_("licence of data"), f"research.dataset[{number}]")
    return paid(usd, months, data.month, data.month)


def _labelling(data: Dataset, number: int, months: int) -> Series:
    if not counts(data, "rows"):
        return (NO_USD,) * months
    key = f"research.dataset[{number}]"
    rows = assumption(data, "rows", "row", N_("rows to label"), key)
    usd = (rows * assumption(data, "usd_per_row", "usd/row", N_("price of labelling a row"), key)).named(data.name)
    return paid(usd, months, data.month, data.month)


def _evaluation(project: Project, months: int, trained: Sequence[Training]) -> Series:
    series: list[Series] = []
    asked = project.research
    if counts(asked, "evaluation_usd_per_month"):
        each = assumption(asked, "evaluation_usd_per_month", "usd/month", N_("evaluation a month"), "research")
        series.append(paid((each * MONTH).counted_in("usd"), months))
    if counts(asked, "evaluation_usd_per_training"):
        once = assumption(asked, "evaluation_usd_per_training", "usd", N_("evaluation of a training"), "research")
        series += [paid(once, months, first, first) for one in trained for first in one.begins]
    return added(series, months, N_("evaluation"))
